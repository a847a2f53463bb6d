"""Worker threads beside a virtual loop: one runs at a time, and only while the loop is idle.

The clock stands still while a thread runs, and a thread that waits on virtual time waits *parked*,
its turn given back. Turns are handed out in the order in which they were asked for on the loop, so
the same program leaves the same trace with one thread or with sixteen.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from harness.clock.places import caller_place, thread_place
from harness.errors import IntegrationError

if TYPE_CHECKING:
    from harness.clock.loop import VirtualLoop

T = TypeVar("T")
Wake = Callable[[], None]


class ScenarioOver(SystemExit):
    """Unwinds a thread that still waits when its scenario ends.

    A SystemExit, because retry loops do not catch it and a thread ends by it without a word.
    """


class Worker:
    """A thread under the baton, from its first turn to its last."""

    __slots__ = ("abandoned", "adopted", "gate", "queued", "thread", "waits")

    def __init__(self, *, adopted: bool = False) -> None:
        self.gate = threading.Semaphore(0)
        self.thread: threading.Thread | None = None
        self.adopted = adopted
        self.queued = False
        self.abandoned = False
        self.waits = 0


class Baton:
    """Who may run. All of it is touched on the loop's thread, except where a method says so."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.holder: Worker | None = None
        self.closing = False
        self.lost: list[str] = []
        self._loop = loop
        self._turns: deque[tuple[Worker, Callable[[], None]]] = deque()
        self._parked: dict[Worker, None] = {}
        self._local = threading.local()
        self._quiet: asyncio.Future[None] | None = None

    def enter(self, worker: Worker, go: Callable[[], None]) -> None:
        """Queue a turn; ``go`` is called on the loop's thread when it comes."""
        self._turns.append((worker, go))

    def grant(self) -> bool:
        """Give the baton to the next in the queue; whether somebody got it."""
        if self.holder is not None or not self._turns:
            return False
        worker, go = self._turns.popleft()
        self.holder = worker
        go()
        return True

    def leave(self, worker: Worker) -> None:
        """Take the baton back from a worker that has nothing more to do; harmless twice."""
        if self.holder is worker:
            self.holder = None
        self._tell_quiet()

    def reap(self) -> bool:
        """Take the baton back from a thread that ended without a word; whether it had."""
        holder = self.holder
        if holder is None or not holder.adopted or holder.thread is None:
            return False
        if holder.thread.is_alive():
            return False
        self.leave(holder)
        return True

    def lose(self) -> str:
        """Give up on a holder that never comes back; return who it is and where it is."""
        holder = self.holder
        if holder is None:
            return ""
        name = holder.thread.name if holder.thread else "a thread that has not started"
        place = thread_place(holder.thread)
        self.lost.append(name)
        self.leave(holder)
        return f"thread {name!r}" + (f" is at {place}" if place else "")

    def current(self) -> Worker | None:
        """Return the worker of this thread, from any thread."""
        worker: Worker | None = getattr(self._local, "worker", None)
        return worker

    def begin(self, worker: Worker) -> None:
        """Make this thread the worker; called on the thread when its first turn has come."""
        worker.thread = threading.current_thread()
        self._local.worker = worker

    def forget(self) -> None:
        """Make this thread no worker any more; called on the thread."""
        self._local.worker = None

    def end(self, worker: Worker, then: Callable[[], None] | None = None) -> None:
        """Give the baton back for good; called on the worker's thread.

        ``then`` runs on the loop's thread first, so that what it schedules is seen by the next.
        """
        self.forget()

        def gone() -> None:
            if then is not None:
                then()
            self.leave(worker)

        try:
            self._loop.call_soon_threadsafe(gone)
        except RuntimeError:
            gone()  # the loop is closed, so no other thread can be in the way

    def park(self, arrange: Callable[[Wake], None]) -> None:
        """Wait without holding the clock until ``wake`` is called; on the worker's thread.

        ``arrange`` runs on the loop's thread and is handed ``wake``. A thread that the loop did
        not start is adopted: from its first wait on, it holds the clock while it runs.

        Raises:
            ScenarioOver: The scenario ended meanwhile.
        """
        worker = self.current()
        if worker is None:
            worker = Worker(adopted=True)
            self.begin(worker)
        if self.closing:
            raise ScenarioOver
        try:
            self._loop.call_soon_threadsafe(self._park, worker, arrange)
        except RuntimeError:
            raise ScenarioOver from None
        worker.gate.acquire()
        if worker.abandoned:
            raise ScenarioOver

    def _park(self, worker: Worker, arrange: Callable[[Wake], None]) -> None:
        if self.holder is worker:
            self.holder = None
        self._parked[worker] = None
        worker.waits += 1
        this_wait = worker.waits
        if self.closing:
            self._abandon(worker)
        else:
            arrange(lambda: self._wake(worker, this_wait))

    def _wake(self, worker: Worker, wait: int) -> None:
        # A late timer or callback of an earlier wait must not end this one.
        if worker.queued or worker.waits != wait or worker not in self._parked:
            return
        worker.queued = True
        self.enter(worker, lambda: self._resume(worker))

    def _resume(self, worker: Worker) -> None:
        worker.queued = False
        self._parked.pop(worker, None)
        worker.gate.release()

    def _abandon(self, worker: Worker) -> None:
        worker.abandoned = True
        self._wake(worker, worker.waits)

    async def drain(self) -> None:
        """Unwind every parked thread, one after the other, and wait until all are gone."""
        self.closing = True
        for worker in list(self._parked):
            self._abandon(worker)
        while self._busy():
            self._quiet = self._loop.create_future()
            await self._quiet

    def release_all(self) -> None:
        """Let every thread go at once, for a loop that is closed without being drained."""
        self.closing = True
        for worker in list(self._parked):
            worker.abandoned = True
            self._resume(worker)
        self._turns.clear()

    def _busy(self) -> bool:
        return self.holder is not None or bool(self._turns) or bool(self._parked)

    def _tell_quiet(self) -> None:
        if self._quiet is not None and not self._quiet.done() and not self._busy():
            self._quiet.set_result(None)


class Bridge:
    """How a worker thread reaches the simulated world: it parks, and the loop does the work."""

    def __init__(self, loop: VirtualLoop, baton: Baton) -> None:
        self._loop = loop
        self._baton = baton

    def call(self, coro: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return what it returns; from a worker thread only.

        Raises:
            IntegrationError: The caller is on the loop's own thread, where waiting for the loop
                would wait for ever.
        """
        if on_loop_thread(self._loop):
            coro.close()
            raise IntegrationError(
                f"a blocking call was made on the event loop's thread (at {caller_place()}), where "
                "nobody is left to answer it; make the call with an async client, or move it to a "
                "thread with asyncio.to_thread"
            )
        tasks: list[asyncio.Task[T]] = []
        context = contextvars.copy_context()
        name = f"call from {threading.current_thread().name}"

        def start(wake: Wake) -> None:
            task = self._loop.create_task(coro, name=name, context=context)
            tasks.append(task)
            task.add_done_callback(lambda _: wake())

        try:
            self._baton.park(start)
        finally:
            if not tasks:
                coro.close()
        return tasks[0].result()

    def sleep(self, seconds: float) -> None:
        """Wait so many virtual seconds; from a worker thread only."""

        def start(wake: Wake) -> None:
            self._loop.call_later(seconds, wake)

        self._baton.park(start)


def on_loop_thread(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether the caller runs inside this loop."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
