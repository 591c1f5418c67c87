#!/usr/bin/env python3
"""The other side of a connection: another process, another language, nothing but the standard library.

What it sees is what is on the wire, and not what a runtime makes of it. It prints the port of its control connection
and does what it is told there, a JSON object a line: {"id": 1, "do": "read", "connection": 3} is answered by
{"id": 1, ...} when it is done, which may be long after other commands. A command that fails is answered by
{"id": 1, "failed": "..."}. On its standard input it can be told the process that it is to measure: {"pid": 4711}.

What it sends is a pattern, and what it reads has to be one: so any prefix can be told whole or not.

It ends when its last control connection ends, when its input ends, or after a minute without a command.
"""

import asyncio
import errno
import fcntl
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import termios
import threading
import time

PERIOD = 251
CHUNK = 65536
TABLE = bytes(i % PERIOD for i in range(CHUNK + PERIOD))
IDLE = 60
CERTIFICATES = pathlib.Path(__file__).parents[2] / "test/sockets/certificates"


def pattern(offset, length):
    start = offset % PERIOD
    return TABLE[start : start + length]


class TLS:
    """One end of a TLS connection between what is sent and read and what is on the wire."""

    def __init__(self, connection, context, server, name):
        self.connection = connection
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_side=server, server_hostname=name)

    async def flush(self):
        if self.outgoing.pending:
            await self.connection.send_raw(self.outgoing.read())

    async def run(self, step):
        """Does a step of TLS, with as much reading and writing as that takes."""
        while True:
            try:
                result = step()
                await self.flush()
                return result
            except ssl.SSLWantReadError:
                await self.flush()
                data = await self.connection.receive_raw(CHUNK)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    async def receive(self, size):
        """The end of TLS (close_notify) is b''; a FIN without one is None."""
        try:
            return await self.run(lambda: self.object.read(size))
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            return None


class Connection:
    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock
        self.tls = None
        self.sent = 0
        self.received = 0
        self.intact = True
        self.tasks = set()

    async def send_raw(self, data):
        await loop().sock_sendall(self.sock, data)

    async def receive_raw(self, size):
        return await loop().sock_recv(self.sock, size)

    async def receive(self, size):
        return await (self.tls.receive(size) if self.tls else self.receive_raw(size))

    async def send(self, data):
        """Sends what fits, at least one byte, and says how much that was."""
        if self.tls:
            return await self.tls.run(lambda: self.tls.object.write(data))
        while True:
            try:
                return self.sock.send(data)
            except BlockingIOError:
                await self.writable()

    async def writable(self):
        room = loop().create_future()
        fileno = self.sock.fileno()
        loop().add_writer(fileno, lambda: room.done() or room.set_result(None))
        try:
            await room
        finally:
            loop().remove_writer(fileno)

    def counts(self):
        return {"sent": self.sent, "received": self.received, "intact": self.intact}

    def stop(self):
        """Ends what is under way, so that nothing keeps the socket alive behind its close."""
        for task in self.tasks:
            task.cancel()

    def reset(self):
        self.stop()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def loop():
    return asyncio.get_running_loop()


def code(error):
    return errno.errorcode.get(error.errno, str(error)) if isinstance(error, OSError) and error.errno else str(error)


def kernel_connections():
    """What Linux knows of each IPv4 connection: its state, its ports, and bytes in its send and receive queues."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            _, local, remote, state, queues = line.split()[:5]
            sending, receiving = (int(queue, 16) for queue in queues.split(":"))
            ports = (int(address.split(":")[1], 16) for address in (local, remote))
            yield (int(state, 16), *ports, sending, receiving)


class Session:
    """What one control connection has made. It goes with it."""

    def __init__(self):
        self.connections = {}
        self.listeners = {}
        self.others = []
        self.last = 0

    def number(self):
        self.last += 1
        return self.last

    def adopt(self, sock):
        number = self.number()
        self.connections[number] = Connection(sock)
        return {"connection": number}

    # Connections

    async def listen(self, path=None, host="127.0.0.1", backlog=511):
        if path is None:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, 0))
        else:
            sock = socket.socket(socket.AF_UNIX)
            sock.bind(path)
        sock.listen(backlog)
        sock.setblocking(False)
        number = self.number()
        self.listeners[number] = sock
        return {"listener": number, "port": 0 if path else sock.getsockname()[1]}

    async def accept(self, listener):
        sock, _ = await loop().sock_accept(self.listeners[listener])
        return self.adopt(sock)

    async def connect(self, port=None, host="127.0.0.1", path=None):
        family = socket.AF_UNIX if path is not None else socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family)
        sock.setblocking(False)
        try:
            await loop().sock_connect(sock, path if path is not None else (host, port))
        except OSError as error:
            sock.close()
            return {"error": code(error)}
        return self.adopt(sock)

    async def forget(self):
        """Closes everything."""
        for connection in self.connections.values():
            connection.stop()
            connection.sock.close()
        for sock in [*self.listeners.values(), *self.others]:
            loop().remove_reader(sock)
            sock.close()
        self.connections, self.listeners, self.others = {}, {}, []
        return {}

    async def full(self):
        """A port whose queue is full: the kernel answers no handshake there."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.others.append(listener)
        for _ in range(16):
            client = socket.socket()
            client.setblocking(False)
            self.others.append(client)
            try:
                await asyncio.wait_for(loop().sock_connect(client, listener.getsockname()), 0.3)
            except asyncio.TimeoutError:
                return {"port": listener.getsockname()[1]}
        raise RuntimeError("the queue of a listener does not get full")

    async def unused(self):
        """A port where nobody listens."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        sock.close()
        return {"port": port}

    # One connection

    async def send(self, connection, count):
        """Sends a piece of the pattern; done when the kernel has it."""
        it = self.connections[connection]
        end = it.sent + count
        try:
            while it.sent < end:
                data = pattern(it.sent, min(CHUNK, end - it.sent))
                it.sent += await it.send(data)
        except OSError as error:
            return {**it.counts(), "error": code(error)}
        return it.counts()

    async def write(self, connection, text):
        """Sends these very bytes, at once."""
        it = self.connections[connection]
        data = text.encode("latin-1")
        if it.tls:
            await it.send(data)
        else:
            await it.send_raw(data)
        return {}

    async def trickle(self, connection, count, pause):
        """Sends the pattern byte by byte, so many ms apart."""
        it = self.connections[connection]
        it.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            await it.send(pattern(it.sent, 1))
            it.sent += 1
            await asyncio.sleep(pause / 1000)
        return it.counts()

    async def read(self, connection, count=None, rate=None):
        """Reads the pattern to the end, or so many bytes, at most `rate` bytes a ms. `end`: how it ended."""
        it = self.connections[connection]
        stop = None if count is None else it.received + count
        end = None
        start, before = time.monotonic(), it.received
        try:
            while stop is None or it.received < stop:
                size = CHUNK if stop is None else min(CHUNK, stop - it.received)
                data = await it.receive(size)
                if not data:
                    end = "cut" if data is None else "fin"
                    break
                it.intact = it.intact and data == pattern(it.received, len(data))
                it.received += len(data)
                if rate:
                    ahead = (it.received - before) / rate / 1000 - (time.monotonic() - start)
                    if ahead > 0.005:
                        await asyncio.sleep(ahead)
        except ConnectionResetError:
            end = "reset"
        except OSError as error:
            end = code(error)
        return {**it.counts(), "end": end}

    async def line(self, connection):
        """Reads up to an LF, and not a byte more."""
        it = self.connections[connection]
        text = b""
        while not text.endswith(b"\n"):
            data = await it.receive(1)
            if not data:
                break
            text += data
        return {"text": text.decode("latin-1")}

    async def counts(self, connection):
        return self.connections[connection].counts()

    async def arrived(self, connection):
        """Bytes that the other kernel has."""
        it = self.connections[connection]
        (waiting,) = struct.unpack("i", fcntl.ioctl(it.sock, termios.TIOCOUTQ, b"\0\0\0\0"))
        return {"arrived": it.sent - waiting}

    async def taken(self, connection):
        """Bytes that the other program has taken from its kernel: all that was sent, but for both kernels' queues."""
        it = self.connections[connection]
        here, there = it.sock.getsockname()[1], it.sock.getpeername()[1]
        waiting = 0
        for _, local, remote, sending, receiving in kernel_connections():
            if (local, remote) == (here, there):
                waiting += sending
            if (local, remote) == (there, here):
                waiting += receiving
        return {"taken": it.sent - waiting}

    async def waiting(self, connection):
        """The other end's queues in the kernel, as the kernel tells anybody."""
        sock = self.connections[connection].sock
        here, there = sock.getsockname()[1], sock.getpeername()[1]
        for _, local, remote, sending, receiving in kernel_connections():
            if (local, remote) == (there, here):
                return {"outgoing": sending, "incoming": receiving}

    async def lingering(self, port):
        """How many connections of that local port are in TIME_WAIT."""
        return {"count": sum(state == 6 and local == port for state, local, *_ in kernel_connections())}

    async def fin(self, connection):
        it = self.connections[connection]
        it.sock.shutdown(socket.SHUT_WR)
        return it.counts()

    async def reset(self, connection):
        self.connections[connection].reset()
        return {}

    async def close(self, connection):
        it = self.connections[connection]
        it.stop()
        it.sock.close()
        return it.counts()

    # TLS

    def context(self, server, ca, cert, key, alpn):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        if server:
            context.load_cert_chain(CERTIFICATES / cert, CERTIFICATES / key)
        else:
            context.load_verify_locations(CERTIFICATES / ca)
        if alpn:
            context.set_alpn_protocols(alpn)
        return context

    async def certificates(self):
        """For the other side: whom to trust, and who a server is."""
        names = {"ca": "ca.pem", "cert": "server.pem", "key": "server-key.pem"}
        return {name: (CERTIFICATES / file).read_text() for name, file in names.items()}

    async def tls(self, connection, server, ca=None, cert=None, key=None, name=None, alpn=None, prefix=None):
        """TLS from here on. `prefix` leaves in one piece with the first flight."""
        it = self.connections[connection]
        tls = TLS(it, self.context(server, ca, cert, key, alpn), server, name)
        if prefix:
            it.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                tls.object.do_handshake()
            except ssl.SSLWantReadError:
                pass
            await it.send_raw(prefix.encode("latin-1") + tls.outgoing.read())
        try:
            await tls.run(tls.object.do_handshake)
        except (ssl.SSLError, OSError) as error:
            return {"error": getattr(error, "reason", None) or code(error)}
        it.tls = tls
        return {"version": tls.object.version(), "alpn": tls.object.selected_alpn_protocol()}

    async def notify(self, connection):
        """Ends our direction of TLS (close_notify) and leaves the other one and TCP open."""
        tls = self.connections[connection].tls
        try:
            tls.object.unwrap()
        except ssl.SSLWantReadError:
            pass
        await tls.flush()
        return {}

    # Many connections

    async def echo(self, listener):
        """Accepts everything there from now on and sends back what comes, and then FIN for FIN."""
        sock = self.listeners[listener]

        def ready():
            for _ in range(64):
                try:
                    conversation, _ = sock.accept()
                except (BlockingIOError, OSError):
                    return
                conversation.setblocking(False)
                task = loop().create_task(self.echo_one(conversation))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        tasks = set()
        loop().add_reader(sock, ready)
        return {}

    async def echo_one(self, sock):
        with sock:
            try:
                while True:
                    data = await loop().sock_recv(sock, CHUNK)
                    touch()
                    if not data:
                        sock.shutdown(socket.SHUT_WR)
                        return
                    await loop().sock_sendall(sock, data)
            except OSError:
                pass

    async def dial(self, count, port=None, together=50, size=1000, abrupt=False):
        """Opens so many connections to an echo, some at a time, sends `size` bytes, FIN, and wants them back."""
        whole = 0
        errors = {}

        async def one():
            nonlocal whole
            with socket.socket() as sock:
                sock.setblocking(False)
                try:
                    await loop().sock_connect(sock, ("127.0.0.1", port))
                    await loop().sock_sendall(sock, pattern(0, size))
                    if abrupt:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    sock.shutdown(socket.SHUT_WR)
                    back = b""
                    while True:
                        data = await loop().sock_recv(sock, CHUNK)
                        if not data:
                            break
                        back += data
                    touch()
                    whole += back == pattern(0, size)
                except OSError as error:
                    errors[code(error)] = errors.get(code(error), 0) + 1

        for start in range(0, count, together):
            await asyncio.gather(*(one() for _ in range(min(together, count - start))))
        return {"whole": whole, "errors": errors}

    async def hold(self, port, count):
        """Opens so many connections at once and keeps them. Says how many the kernel has opened within a second."""

        async def one():
            sock = socket.socket()
            sock.setblocking(False)
            try:
                await asyncio.wait_for(loop().sock_connect(sock, ("127.0.0.1", port)), 1)
                return self.adopt(sock)["connection"]
            except (OSError, asyncio.TimeoutError):
                sock.close()
                return None

        opened = await asyncio.gather(*(one() for _ in range(count)))
        return {"connections": [number for number in opened if number is not None]}

    # The process on the other side

    async def process(self):
        """Its resident memory in bytes and its open files; null where the system does not say."""
        rss = files = None
        if measured is not None:
            try:
                with open(f"/proc/{measured}/statm", encoding="ascii") as statm:
                    rss = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                files = len(os.listdir(f"/proc/{measured}/fd"))
            except OSError:
                if shutil.which("ps"):
                    shown = subprocess.run(
                        ["ps", "-o", "rss=", "-p", str(measured)], capture_output=True, text=True, check=False
                    )
                    rss = int(shown.stdout) * 1024 if shown.stdout.strip() else None
        return {"rss": rss, "files": files}


measured = None
active = time.monotonic()
sessions = 0


def touch():
    global active
    active = time.monotonic()


async def control(reader, writer):
    global sessions
    sessions += 1
    session = Session()

    async def answer(request):
        number, name, connection = request.pop("id"), request.pop("do"), request.get("connection")
        task = asyncio.current_task()
        it = session.connections.get(connection)
        if it:
            it.tasks.add(task)
        try:
            if name in ("reset", "close") and it:
                it.tasks.discard(task)  # it stops all that is under way, but not itself
            result = await getattr(session, name)(**request)
        except asyncio.CancelledError:
            result = {**(it.counts() if it else {}), "end": "stopped"}
        except Exception as error:  # whatever it is, whoever asked wants to know
            result = {"failed": f"{name}: {type(error).__name__}: {error}"}
        if it:
            it.tasks.discard(task)
        writer.write((json.dumps({"id": number, **result}) + "\n").encode())

    pending = set()
    try:
        while line := await reader.readline():
            touch()
            task = loop().create_task(answer(json.loads(line)))
            pending.add(task)
            task.add_done_callback(pending.discard)
    except OSError:
        pass
    await session.forget()
    sessions -= 1
    if sessions == 0:
        os._exit(0)


def watch_input():
    global measured
    for line in sys.stdin:
        measured = json.loads(line)["pid"]
    os._exit(0)


async def main():
    server = await asyncio.start_server(control, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    threading.Thread(target=watch_input, daemon=True).start()
    while time.monotonic() - active < IDLE:
        await asyncio.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
