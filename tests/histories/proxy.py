"""A proxy that cuts connections in the middle of a reply, or lets the server do what was asked and swallows the answer."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from threading import Event, Thread

__all__ = ["Proxy", "proxied"]

_PIECE = 65_536
_SECONDS_TO_ACT = 0.1
"""That the server has for what it was asked, before its client goes."""


class Proxy:
    """Listens on a port of 127.0.0.1, and forwards to another; the dice say when a connection's end comes."""

    def __init__(self, port: int, dice: Random) -> None:
        self.port = 0
        self.struck = 0
        self._to = port
        self._dice = dice

    async def listen(self, ready: Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await over.wait()

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            to_server, from_server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        fate = _Fate(self._dice)
        pumps = [
            asyncio.ensure_future(self._pump(reader, from_server, fate.request)),
            asyncio.ensure_future(self._pump(to_server, writer, fate.reply)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if fate.struck:
            self.struck += 1
            await asyncio.sleep(_SECONDS_TO_ACT)
        for pump in pumps:
            pump.cancel()
        for each in (writer, from_server):
            each.close()

    async def _pump(
        self, source: StreamReader, target: StreamWriter, passes: Callable[[bytes], bytes]
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(_PIECE):
                passing = passes(piece)
                target.write(passing)
                await target.drain()
                if len(passing) < len(piece):
                    return


class _Fate:
    """When one connection's end comes: after so many bytes of replies, or with the answer to its n-th request."""

    def __init__(self, dice: Random) -> None:
        self.struck = False
        self._bytes = int(10 ** dice.uniform(3.3, 5)) if dice.random() < 0.5 else None
        self._requests = dice.randint(10, 200)

    def request(self, piece: bytes) -> bytes:
        self._requests -= 1
        return piece

    def reply(self, piece: bytes) -> bytes:
        if self._bytes is not None:
            passing = piece[: self._bytes]
            self._bytes -= len(passing)
        else:
            passing = piece if self._requests > 0 else b""
        self.struck = len(passing) < len(piece)
        return passing


@contextmanager
def proxied(port: int, dice: Random) -> Iterator[Proxy]:
    """A proxy before that port of 127.0.0.1, in a thread of its own."""
    proxy, ready = Proxy(port, dice), Event()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(proxy.listen(ready, over))
        _end(loop)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Have what is on its way end, so that nothing is left behind."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
