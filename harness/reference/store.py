"""The newest version of each message, and one worker at a time for each key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from harness.reference.mapping import Message
from harness.reference.problems import Undeliverable, Withdrawn

Version = tuple[Any, ...]
Handle = Callable[[Message, Callable[[], Message]], Awaitable[bool]]
Park = Callable[[str, Undeliverable], Awaitable[None]]

_log = logging.getLogger(__name__)


class Background:
    """Work that goes on after a webhook was answered."""

    def __init__(self) -> None:
        # Not a set: whatever is left at the end is cancelled in the order in which it began.
        self._tasks: dict[asyncio.Task[None], None] = {}

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin work and keep hold of it."""
        task = asyncio.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)

    async def close(self, *, grace: float) -> None:
        """Let work finish for so many seconds, then cancel what is left."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=grace)
        left = tuple(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class Inbox:
    """Takes messages that come twice, out of order or at once, and handles each key only once.

    ``handle`` is given a message and a way to ask for its newest version; it returns whether the
    key is finished for good. What it cannot deliver is handed to ``park``, which finishes the key
    too, if ``parked_is_final``: people replay it.

    It lives in memory. After a restart orders come back by polling and the OMS knows them again;
    for shipments Shopify is asked first.
    """

    def __init__(
        self,
        *,
        handle: Handle,
        park: Park,
        background: Background,
        parked_is_final: bool = True,
    ) -> None:
        self._handle = handle
        self._park = park
        self._parked_is_final = parked_is_final
        self._background = background
        self._newest: dict[str, tuple[Version, Message]] = {}
        self._finished: set[str] = set()
        self._working: set[str] = set()

    def offer(self, key: str, version: Version, message: Message) -> None:
        """Take a message, unless it is finished or older than what is known; never waits."""
        known = self._newest.get(key)
        if key in self._finished or (known is not None and version < known[0]):
            return
        self._newest[key] = version, message
        if key not in self._working:
            self._working.add(key)
            self._background.start(self._work(key))

    async def _work(self, key: str) -> None:
        try:
            while True:
                seen = self._newest[key]
                if await self._finishes(key, seen[1]):
                    self._finished.add(key)
                    del self._newest[key]
                    return
                if self._newest[key] is seen:
                    return
        except asyncio.CancelledError:
            _log.warning("stopped before %s went through", key)
            raise
        finally:
            self._working.discard(key)

    async def _finishes(self, key: str, message: Message) -> bool:
        try:
            return await self._handle(message, lambda: self._newest[key][1])
        except Withdrawn:
            return False
        except Undeliverable as problem:
            await self._park(key, problem)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not lose a message
            _log.exception("handling %s failed", key)
            await self._park(key, Undeliverable(f"internal error: {type(error).__name__}"))
        return self._parked_is_final
