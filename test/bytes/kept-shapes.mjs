// Prints the names of the classes of which an object is alive although nobody uses the library any more. Run with --expose-gc.

import { getHeapSnapshot } from 'node:v8'
import { delimiterEncoder, delimiterFramer } from 'framewright'

for (const entry of ['framewright/node', 'framewright/socket']) await import(entry)

/** Some objects are made when the first stream of an implementation is. */
async function use() {
  const framer = delimiterFramer('\n')
  void framer.readable.pipeThrough(delimiterEncoder('\n')).pipeTo(new WritableStream())
  await framer.writable.close()
  const reader = delimiterFramer('\n').readable.getReader()
  const writer = delimiterEncoder('\n').writable.getWriter()
  reader.releaseLock()
  writer.releaseLock()
}

await use()
for (let i = 0; i < 5; i++) {
  globalThis.gc()
  await new Promise((resolve) => setImmediate(resolve))
}

const parts = []
for await (const part of getHeapSnapshot()) parts.push(part)
const { snapshot, nodes, strings } = JSON.parse(Buffer.concat(parts).toString())
const { node_fields: fields, node_types: types } = snapshot.meta
const object = types[fields.indexOf('type')].indexOf('object')
const names = new Set()
for (let at = 0; at < nodes.length; at += fields.length) {
  if (nodes[at + fields.indexOf('type')] === object) names.add(strings[nodes[at + fields.indexOf('name')]])
}
console.log(JSON.stringify([...names]))
