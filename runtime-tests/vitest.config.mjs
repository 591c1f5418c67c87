// For Node and Deno. Which files run is said on the command line.
import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

export default mergeConfig(base, defineConfig({ test: { include: ['runtime-tests/probe.test.ts'] } }))
