"""Thread pools on a virtual loop: a job starts when its turn comes, and waiting gives it back."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    Future,
    ThreadPoolExecutor,
)
from concurrent.futures._base import DoneAndNotDoneFutures
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from harness.clock.baton import Baton, ScenarioOver, Wake, Worker, on_loop_thread
from harness.clock.places import caller_place
from harness.clock.swap import swapped
from harness.errors import IntegrationError

if TYPE_CHECKING:
    from harness.clock.loop import VirtualLoop

T = TypeVar("T")

_real_submit = ThreadPoolExecutor.submit
_real_shutdown = ThreadPoolExecutor.shutdown
_real_result = Future.result
_real_exception = Future.exception


@dataclass(slots=True, eq=False)
class _Job:
    executor: ThreadPoolExecutor
    call: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)
    worker: Worker = field(default_factory=Worker)
    began: bool = False


@dataclass(slots=True)
class _Slots:
    """The threads of one pool: how many are taken, and who waits for one."""

    busy: int = 0
    waiting: deque[_Job] = field(default_factory=deque)
    when_empty: list[Wake] = field(default_factory=list)


class Pools:
    """The jobs of every thread pool that the integration uses while a scenario runs."""

    def __init__(self, loop: VirtualLoop, baton: Baton) -> None:
        self._loop = loop
        self._baton = baton
        self._slots: WeakKeyDictionary[ThreadPoolExecutor, _Slots] = WeakKeyDictionary()
        self._installed = False

    def run(
        self, executor: ThreadPoolExecutor, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run a call in a pool's thread; from the loop's thread."""
        if type(executor).submit in (_real_submit, ThreadPoolExecutor.submit):
            future = self.submit(executor, partial(func, *args))
        else:
            # A pool with a submit of its own (one that carries context, say) keeps it; its thread
            # comes under the baton where that submit reaches the class it extends.
            future = executor.submit(func, *args)
            if not self._installed:
                return self._loop.hold_until(asyncio.wrap_future(future, loop=self._loop))
        return asyncio.wrap_future(future, loop=self._loop)

    def submit(self, executor: ThreadPoolExecutor, call: Callable[[], T]) -> Future[T]:
        """Queue a job; from the loop's thread or a worker's."""
        if getattr(executor, "_shutdown", False):
            raise RuntimeError("cannot schedule new futures after shutdown")
        job = _Job(executor, call)
        if on_loop_thread(self._loop):
            self._admit(job)
        else:
            self._loop.call_soon_threadsafe(self._admit, job)
        return job.future

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Bring pools and futures used directly, and anyio's threads, under the baton."""
        ours = self._replacements()
        with ExitStack() as stack:
            stack.enter_context(swapped(ThreadPoolExecutor, "submit", ours["submit"]))
            stack.enter_context(swapped(ThreadPoolExecutor, "shutdown", ours["shutdown"]))
            stack.enter_context(swapped(Future, "result", ours["result"]))
            stack.enter_context(swapped(Future, "exception", ours["exception"]))
            if "anyio" in sys.modules:
                stack.enter_context(self._anyio())
            self._installed = True
            try:
                yield
            finally:
                self._installed = False

    def wait(
        self,
        futures: Iterable[Future[T]],
        timeout: float | None = None,
        return_when: str = ALL_COMPLETED,
    ) -> DoneAndNotDoneFutures[T]:
        """Wait like ``concurrent.futures.wait``, in virtual time."""
        if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
            raise ValueError(f"Invalid return condition: {return_when!r}")
        every = list(dict.fromkeys(futures))
        until = self._deadline(timeout)
        while True:
            done = {future for future in every if future.done()}
            pending = [future for future in every if future not in done]
            failed = any(not f.cancelled() and _real_exception(f) is not None for f in done)
            enough = (return_when == FIRST_COMPLETED and done) or (
                return_when == FIRST_EXCEPTION and failed
            )
            if not pending or enough or self._past(until):
                return DoneAndNotDoneFutures(done, set(pending))
            self._any(pending, until)

    def as_completed(
        self, futures: Iterable[Future[T]], timeout: float | None = None
    ) -> Iterator[Future[T]]:
        """Yield like ``concurrent.futures.as_completed``, in virtual time."""
        pending = list(dict.fromkeys(futures))
        total = len(pending)
        until = self._deadline(timeout)
        while pending:
            done = [future for future in pending if future.done()]
            if not done:
                if self._past(until):
                    raise TimeoutError(f"{len(pending)} (of {total}) futures unfinished")
                self._any(pending, until)
            for future in done:
                pending.remove(future)
                yield future

    def ours(self) -> bool:
        """Return whether this thread's waiting is the clock's business."""
        return self._baton.current() is not None or on_loop_thread(self._loop)

    def _replacements(self) -> dict[str, Callable[..., Any]]:
        pools = self

        def submit(
            self: ThreadPoolExecutor, fn: Callable[..., T], /, *args: Any, **kwargs: Any
        ) -> Future[T]:
            if not pools.ours():
                return _real_submit(self, fn, *args, **kwargs)
            return pools.submit(self, partial(fn, *args, **kwargs))

        def shutdown(
            self: ThreadPoolExecutor,
            wait: bool = True,  # noqa: FBT001, FBT002 - the signature it stands in for
            *,
            cancel_futures: bool = False,
        ) -> None:
            end = partial(_real_shutdown, self, wait, cancel_futures=cancel_futures)
            if not pools.ours():
                end()
            elif wait:
                pools._settle(self, cancel=cancel_futures)
                end()
            else:
                # In line with the jobs, which are queued on the loop as well.
                later = partial(pools._when_empty, self, end, cancel=cancel_futures)
                pools._loop.call_soon_threadsafe(later)

        def result(self: Future[T], timeout: float | None = None) -> T:
            return _real_result(self, pools._wait_for(self, timeout))

        def exception(self: Future[T], timeout: float | None = None) -> BaseException | None:
            return _real_exception(self, pools._wait_for(self, timeout))

        return {"submit": submit, "shutdown": shutdown, "result": result, "exception": exception}

    def _admit(self, job: _Job) -> None:
        slots = self._slots.setdefault(job.executor, _Slots())
        if slots.busy >= _size(job.executor):
            slots.waiting.append(job)
            return
        slots.busy += 1
        self._baton.enter(job.worker, lambda: self._start(job))

    def _start(self, job: _Job) -> None:
        if self._baton.closing:
            job.future.cancel()
        if not job.future.set_running_or_notify_cancel():
            self._finish(job)
            self._baton.leave(job.worker)
            return
        try:
            thread = _real_submit(job.executor, self._run, job)
        except RuntimeError as error:  # the pool was shut down since the job was queued
            job.future.set_exception(error)
            self._finish(job)
            self._baton.leave(job.worker)
            return
        thread.add_done_callback(lambda ended: self._never_began(job, ended))

    def _run(self, job: _Job) -> None:
        job.began = True
        self._baton.begin(job.worker)
        try:
            value = job.call()
        except ScenarioOver:
            settle = partial(job.future.set_exception, asyncio.CancelledError())
        except BaseException as error:  # noqa: BLE001 - a pool hands every error to the future
            settle = partial(job.future.set_exception, error)
        else:
            settle = partial(job.future.set_result, value)

        def then() -> None:
            settle()
            self._finish(job)

        self._baton.end(job.worker, then)

    def _never_began(self, job: _Job, ended: Future[None]) -> None:
        """Pass on why a pool's thread could not start (a failing initializer)."""
        if job.began:
            return
        error = _real_exception(ended) or RuntimeError("the pool's thread did not start")

        def then() -> None:
            job.future.set_exception(error)
            self._finish(job)

        self._baton.end(job.worker, then)

    def _finish(self, job: _Job) -> None:
        slots = self._slots[job.executor]
        slots.busy -= 1
        if slots.waiting:
            self._admit(slots.waiting.popleft())
        elif slots.busy == 0:
            wakes, slots.when_empty = slots.when_empty, []
            for wake in wakes:
                wake()

    def _settle(self, executor: ThreadPoolExecutor, *, cancel: bool) -> None:
        """Wait until a pool has no more jobs, so that joining its threads takes no virtual time."""
        if not on_loop_thread(self._loop):
            self._baton.park(lambda wake: self._when_empty(executor, wake, cancel=cancel))
            return
        slots = self._slots.get(executor)
        if slots is not None and slots.busy:
            raise IntegrationError(_blocking("a thread pool to shut down"))

    def _when_empty(self, executor: ThreadPoolExecutor, then: Wake, *, cancel: bool) -> None:
        """Call back when the pool's last job has ended; a job still queued could not begin."""
        slots = self._slots.get(executor)
        if slots is not None and cancel:
            while slots.waiting:
                slots.waiting.popleft().future.cancel()
        if slots is None or slots.busy == 0:
            then()
        else:
            slots.when_empty.append(then)

    def _wait_for(self, future: Future[Any], timeout: float | None) -> float | None:
        """Wait in virtual time where it applies; return the timeout that is left to real time."""
        if future.done() or not self.ours():
            return timeout
        until = self._deadline(timeout)
        while not future.done() and not self._past(until):
            self._any([future], until)
        return 0

    def _any(self, futures: list[Future[Any]], until: float | None) -> None:
        """Park until one of the futures is done, or the moment has come."""
        if on_loop_thread(self._loop):
            raise IntegrationError(_blocking("the result of a thread"))
        timers: list[asyncio.TimerHandle] = []

        def arrange(wake: Wake) -> None:
            def done(_: Future[Any]) -> None:
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(wake)

            for future in futures:
                future.add_done_callback(done)
            if until is not None:
                timers.append(self._loop.call_at(until, wake))

        self._baton.park(arrange)
        for timer in timers:
            timer.cancel()

    def _deadline(self, timeout: float | None) -> float | None:
        return None if timeout is None else self._loop.time() + timeout

    def _past(self, until: float | None) -> bool:
        return until is not None and self._loop.time() >= until - 1e-9

    @contextmanager
    def _anyio(self) -> Iterator[None]:
        """Give anyio's own worker threads (FastAPI's ``def`` endpoints) turns as well.

        They do not pass the loop's executor; the backend's method is the one place they all pass.
        """
        from anyio import CapacityLimiter  # noqa: PLC0415 - only where the integration has it
        from anyio._backends._asyncio import AsyncIOBackend  # noqa: PLC0415

        real = AsyncIOBackend.run_sync_in_worker_thread
        pools = self

        async def held(
            cls: type[AsyncIOBackend],
            func: Callable[..., Any],
            args: tuple[Any, ...],
            abandon_on_cancel: bool = False,  # noqa: FBT001, FBT002 - anyio's signature
            limiter: CapacityLimiter | None = None,
        ) -> Any:
            if not on_loop_thread(pools._loop):
                return await real(func, args, abandon_on_cancel, limiter)
            async with limiter or cls.current_default_thread_limiter():
                turn = _AnyioTurn(pools._loop, pools._baton)
                await turn.come()
                try:
                    return await real(
                        turn.take(func), args, abandon_on_cancel, CapacityLimiter(float("inf"))
                    )
                finally:
                    turn.give_back()

        with swapped(AsyncIOBackend, "run_sync_in_worker_thread", classmethod(held)):
            yield


class _AnyioTurn:
    """One call in a thread of anyio's.

    The turn ends on the loop, when the answer has arrived there; only where the caller was
    cancelled and left the thread behind does the thread end it.
    """

    def __init__(self, loop: VirtualLoop, baton: Baton) -> None:
        self._baton = baton
        self._worker = Worker()
        self._come = loop.create_future()
        self._lock = threading.Lock()
        self._running = False
        self._left = False

    async def come(self) -> None:
        """Wait for the turn."""
        self._baton.enter(self._worker, self._go)
        try:
            await self._come
        except asyncio.CancelledError:
            self._baton.leave(self._worker)
            raise

    def take(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call as the thread must make it."""

        def run(*args: Any) -> Any:
            with self._lock:
                self._running = True
            self._baton.begin(self._worker)
            try:
                return func(*args)
            except ScenarioOver:
                raise asyncio.CancelledError from None
            finally:
                self._baton.forget()
                with self._lock:
                    self._running = False
                    left = self._left
                if left:
                    self._baton.end(self._worker)

        return run

    def give_back(self) -> None:
        """End the turn, unless the thread still runs."""
        with self._lock:
            self._left = True
            running = self._running
        if not running:
            self._baton.leave(self._worker)

    def _go(self) -> None:
        if self._come.done():
            self._baton.leave(self._worker)
        else:
            self._come.set_result(None)


def _size(executor: ThreadPoolExecutor) -> int:
    return executor._max_workers  # noqa: SLF001 - there is no public way to ask


def _blocking(what: str) -> str:
    return (
        f"the event loop's thread waits for {what}, and no thread can get its turn meanwhile "
        f"(at {caller_place()}); await it instead, with asyncio.wrap_future or asyncio.to_thread"
    )
