"""Stands between the broker and the store, and makes the way slow or the store overloaded. Standard library only.

    proxy.py UPSTREAM_PORT      prints `ready PORT CONTROL_PORT`

A line to the control port sets what happens from then on, also to connections that are open; the answer is a line of figures.

    pass                        everything goes through
    slow MILLISECONDS BYTES     each piece waits so long, and each direction carries so many bytes a second in all
    overloaded                  every request is taken in whole and answered 503 SlowDown, by the proxy itself
"""

import asyncio
import sys
import time

PIECE = 65536
HEAD_MAX = 65536
SLOW_DOWN = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'


class Line:
    """One direction of all connections together, so many bytes a second."""

    def __init__(self):
        self.free_at = 0.0

    async def carry(self, count, bytes_per_second):
        now = time.monotonic()
        self.free_at = max(self.free_at, now) + count / bytes_per_second
        await asyncio.sleep(self.free_at - now)


class Proxy:
    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self.mode, self.delay, self.bytes_per_second = "pass", 0.0, 0
        self.lines = {"up": Line(), "down": Line()}
        self.open = set()
        self.refused = self.slowed = self.connections = 0

    async def serve(self, reader, writer):
        self.connections += 1
        self.open.add(writer)
        try:
            if self.mode == "overloaded":
                await self._refuse(reader, writer)
            else:
                await self._hand_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # One side is gone: so is the connection.
        finally:
            self.open.discard(writer)
            writer.close()

    async def _hand_on(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        self.open.add(up_writer)
        try:
            await asyncio.gather(self._pump(reader, up_writer, "up"), self._pump(up_reader, writer, "down"))
        finally:
            self.open.discard(up_writer)
            up_writer.close()

    async def _pump(self, reader, writer, direction):
        try:
            while piece := await reader.read(PIECE):
                if self.mode == "slow":
                    self.slowed += 1
                    await asyncio.sleep(self.delay)
                    await self.lines[direction].carry(len(piece), self.bytes_per_second)
                writer.write(piece)
                await writer.drain()
        finally:
            # The other direction ends with this one.
            writer.close()

    async def _refuse(self, reader, writer):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(":", 1) for line in head.split("\r\n")[1:] if ":" in line)
            left = int(fields.get("content-length", "0"))
            while left > 0:
                piece = await reader.read(min(left, PIECE))
                if not piece:
                    return
                left -= len(piece)
            self.refused += 1
            body = b"" if head.startswith("HEAD ") else SLOW_DOWN
            writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(SLOW_DOWN), body))
            await writer.drain()

    async def control(self, reader, writer):
        words = (await reader.readline()).decode().split()
        before, self.mode = self.mode, words[0]
        if self.mode == "slow":
            self.delay, self.bytes_per_second = int(words[1]) / 1000, int(words[2])
        if "overloaded" in (before, self.mode) and before != self.mode:
            for one in list(self.open):
                one.close()
        writer.write(f"refused={self.refused} slowed={self.slowed} connections={self.connections}\n".encode())
        await writer.drain()
        writer.close()


async def main(upstream_port):
    proxy = Proxy(int(upstream_port))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=HEAD_MAX)
    control = await asyncio.start_server(proxy.control, "127.0.0.1", 0)
    print("ready", *(one.sockets[0].getsockname()[1] for one in (server, control)), flush=True)
    async with server, control:
        await asyncio.gather(server.serve_forever(), control.serve_forever())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
