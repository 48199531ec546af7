"""Ill-behaved peers: raw sockets by the thousand from an address of their own.

Owns: connecting, sending, reading and leaving, without waiting for any one of them. Does not own: what is sent. All come from
127.0.0.2, so that a limit on connections from one address meets them and not the good client.
"""

import asyncio
import socket
import struct

from calls import framed

ADDRESS = "127.0.0.2"
CONNECT_SECONDS = 20
AT_ONCE = 200


class Closed(Exception):
    """The broker ended the connection."""


class Peer:
    """One connection."""

    def __init__(self, sock):
        self.socket = sock

    @classmethod
    async def connect(cls, node, receive_bytes=None):
        sock = socket.socket()
        sock.setblocking(False)
        if receive_bytes:
            # A client that does not read: the kernel takes less for it, the broker has more left.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((ADDRESS, 0))
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", node.port)), CONNECT_SECONDS)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def send(self, data):
        try:
            await asyncio.get_running_loop().sock_sendall(self.socket, data)
        except ConnectionError as error:
            raise Closed(str(error)) from error

    def send_some(self, data):
        """What the kernel takes at once, in bytes; 0 if nothing, also after the broker has closed."""
        try:
            return self.socket.send(data)
        except (BlockingIOError, ConnectionError):
            return 0

    async def exactly(self, count):
        parts = []
        while count:
            try:
                part = await asyncio.get_running_loop().sock_recv(self.socket, min(count, 1 << 18))
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not part:
                raise Closed("the broker closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    async def answer(self):
        return await self.exactly(struct.unpack(">i", await self.exactly(4))[0])

    async def passed_over(self):
        """Reads an answer and keeps nothing of it; returns its size."""
        left = size = struct.unpack(">i", await self.exactly(4))[0]
        while left:
            left -= len(await self.exactly(min(left, 1 << 18)))
        return size

    async def ask(self, body):
        await self.send(framed(body))
        return await self.answer()

    def is_closed(self):
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def leave(self):
        self.socket.close()

    def reset(self):
        """Leaves without a word: the broker gets a reset where it would get an end."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            self.socket.close()


async def crowd(node, count, **how):
    """So many connections, some hundred at once. Those that the broker turns away are found closed later."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with gate:
            return await Peer.connect(node, **how)

    return list(await asyncio.gather(*(one() for _ in range(count))))


def leave_all(peers, choose=None):
    for peer in peers:
        if choose and choose.random() < 0.5:
            peer.reset()
        else:
            peer.leave()
