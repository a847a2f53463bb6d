"""An asyncio loop on a virtual clock: it polls real I/O first, then jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar, TypeVarTuple

from harness.clock.baton import Baton, Bridge
from harness.clock.places import caller_place, listed, waiting_tasks
from harness.clock.pools import Pools
from harness.clock.virtual import NANOSECONDS, VirtualClock
from harness.errors import IntegrationError, Stalled

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# A machine that has been up for a while. Code such as ``if monotonic() - last > 60`` with ``last``
# at 0 takes its first step on any real machine, and would not on a clock that starts at 0. Small
# enough for a float to hold nanoseconds for months.
UPTIME = float(2**17)
_UPTIME_NS = int(UPTIME) * NANOSECONDS
MAX_JUMPS = 2_000_000
MAX_SPINS = 1_000_000  # turns at one instant; a loop around sleep(0) never lets time pass
PATIENCE = 30.0
_POOL_SIZE = 32  # asyncio's own depends on the number of cores, and so would the trace
_CLOSING_JUMPS = 10_000

_real_monotonic = time.monotonic
_ReadyEvents = list[tuple[selectors.SelectorKey, int]]


class VirtualLoop(asyncio.SelectorEventLoop):
    """Run coroutines on a virtual clock.

    While ``outside`` is above 0, a thread or a real call is out: the clock stands still and the
    loop waits for it in real time, at most ``patience`` seconds. Otherwise idle time is jumped
    over. Loop time agrees with the clock, counted from ``UPTIME``.

    Attributes:
        jumps: How often the clock was moved.
        blocked: Nanoseconds for which a blocking sleep held up the whole loop, by place.
    """

    def __init__(
        self,
        clock: VirtualClock,
        *,
        max_elapsed: int | None = None,
        max_jumps: int | None = MAX_JUMPS,
        patience: float = PATIENCE,
    ) -> None:
        """Make a loop on the clock.

        Args:
            clock: The clock that this loop moves.
            max_elapsed: Virtual nanoseconds after which a scenario is taken to be endless.
            max_jumps: Moves of the clock after which a scenario is taken to be endless.
            patience: Real seconds to wait for a thread or a real call before giving up.
        """
        self.clock = clock
        self.jumps = 0
        self.blocked: dict[str, int] = {}
        self.max_elapsed = max_elapsed
        self.max_jumps = max_jumps
        self.patience = patience
        self.baton = Baton(self)
        self.bridge = Bridge(self, self.baton)
        self.pools = Pools(self, self.baton)
        self._real_work = 0
        self._pool: Executor | None = None
        super().__init__(_JumpSelector(self))
        # With asyncio's 1e-9 a timer is never due once a float cannot tell it from now (at 2**24
        # seconds), and the loop spins for ever.
        self._clock_resolution = 1e-6

    @property
    def outside(self) -> int:
        """Return how many threads and real calls hold the clock now."""
        return self._real_work + (self.baton.holder is not None)

    def time(self) -> float:
        """Return the clock's seconds since the start, plus ``UPTIME``."""
        return UPTIME + self.clock.monotonic()

    def time_ns(self) -> int:
        """Return the loop's time in nanoseconds."""
        return _UPTIME_NS + self.clock.elapsed

    def real_work(self) -> RealWork:
        """Hold the clock while something outside this process is awaited; ``with`` on the loop."""
        return RealWork(self)

    def call_at_ns(self, when: int, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back at a moment given in nanoseconds since the epoch; a past one is due at once."""
        due = max(when - self.clock.start, self.clock.elapsed)
        return self.call_at(UPTIME + due / NANOSECONDS, callback)

    def block(self, ns: int) -> None:
        """Let time pass with the whole loop standing, as a blocking sleep on its thread does.

        Nothing else runs meanwhile, the simulated systems included; what was due is late. Where
        it happened is kept in ``blocked``.
        """
        place = caller_place()
        self.blocked[place] = self.blocked.get(place, 0) + ns
        self._move(ns)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run a call in a thread that holds the clock while it runs, in its turn."""
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        if executor is None:
            if self._pool is None:
                self.set_default_executor(ThreadPoolExecutor(_POOL_SIZE, "asyncio"))
            executor = self._pool
        if isinstance(executor, ThreadPoolExecutor):
            return self.pools.run(executor, func, *args)
        # A process cannot park on our clock: it is real work from beginning to end.
        return self.hold_until(super().run_in_executor(executor, func, *args))

    def hold_until(self, future: asyncio.Future[T]) -> asyncio.Future[T]:
        """Hold the clock until the future is done; return it."""
        self.work_begins()
        future.add_done_callback(lambda _: self.work_ends())
        return future

    def set_default_executor(self, executor: Any) -> None:
        """Use this executor where none is named."""
        super().set_default_executor(executor)
        self._pool = executor

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ARG002 - real seconds; ``patience`` is the limit
    ) -> None:
        """Unwind the threads that still wait, then end the default executor."""
        await self.baton.drain()
        if self.baton.lost:
            return  # joining a thread that is known to hang would hang as well
        with self.real_work():
            await super().shutdown_default_executor()

    def close(self) -> None:
        """Close the loop; threads that still wait are let go."""
        if not self.is_closed():
            self.baton.release_all()
        super().close()

    def prepare_closing(self) -> None:
        """Allow what remains a little more time to end, however long the scenario was."""
        if self.max_jumps is not None:
            self.max_jumps = self.jumps + _CLOSING_JUMPS
        self.max_elapsed = None

    def work_begins(self) -> None:
        """Hold the clock, until as many ends as beginnings were told."""
        self._real_work += 1

    def work_ends(self) -> None:
        """Let the clock go again."""
        self._real_work -= 1

    def jump(self, timeout: float) -> None:
        """Move the clock to the next timer, so many seconds away."""
        # Rounding the moment, not the distance, keeps whole milliseconds whole.
        target = round((self.clock.monotonic() + timeout) * NANOSECONDS)
        self._move(max(1, target - self.clock.elapsed))

    def _move(self, ns: int) -> None:
        self.jumps += 1
        if self.max_jumps is not None and self.jumps > self.max_jumps:
            raise Stalled(
                f"the integration woke up {self.max_jumps} times without the scenario ending; "
                f"something repeats for ever, or the scenario needs a higher limit:{self.waiting()}"
            )
        if self.max_elapsed is not None and self.clock.elapsed + ns > self.max_elapsed:
            raise Stalled(
                f"the scenario did not end within {self.max_elapsed / NANOSECONDS:g} s of its own "
                f"time; something waits too long, or the scenario needs more:{self.waiting()}"
            )
        self.clock.advance(ns)

    def waiting(self) -> str:
        """Return where every task waits, for an error."""
        return listed(waiting_tasks(self)) or " no task is left"


class _JumpSelector(selectors.DefaultSelector):
    """What asyncio asks to wait: real events first, then a thread's turn, then a jump in time."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop
        self._spins = 0

    def select(self, timeout: float | None = None) -> _ReadyEvents:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            self._spin()
            return ready
        loop = self._loop
        self._spins = 0
        if loop.baton.grant():
            return []  # the turn may have scheduled something on the loop itself
        if loop.outside:
            return self._wait()
        if timeout is None:
            raise Stalled(
                "nothing is scheduled and nothing is in flight, so nothing can ever happen; "
                f"still waiting:{loop.waiting()}"
            )
        loop.jump(timeout)
        return []

    def _wait(self) -> _ReadyEvents:
        """Wait in real time for a thread or a real call, the clock standing still."""
        loop = self._loop
        began = _real_monotonic()
        while True:
            holder = loop.baton.holder
            left = loop.patience - (_real_monotonic() - began)
            # An adopted thread may end without telling; nothing but looking finds out.
            ready = super().select(min(0.002, left) if holder and holder.adopted else left)
            if ready or loop.baton.reap():
                return ready
            if _real_monotonic() - began >= loop.patience:
                self._give_up()

    def _give_up(self) -> None:
        loop = self._loop
        what = loop.baton.lose() or "a real call"
        raise Stalled(
            f"the clock stood still for {loop.patience:g} real seconds, because {what} did not "
            "come back; a thread may wait on virtual time only through time.sleep, its calls and "
            f"futures, not on locks, queues or drivers. Still waiting:{loop.waiting()}"
        )

    def _spin(self) -> None:
        self._spins += 1
        if self._spins > MAX_SPINS:
            self._spins = 0
            raise Stalled(
                f"the loop went round {MAX_SPINS} times without any time passing; something "
                f"repeats without ever waiting:{self._loop.waiting()}"
            )


class RealWork:
    """Holds a loop's clock while real work is out, as ``with`` or ``async with``."""

    __slots__ = ("_loop",)

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def __enter__(self) -> None:
        self._loop.work_begins()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.work_ends()

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)


def current_loop() -> VirtualLoop:
    """Return the running virtual loop.

    Raises:
        IntegrationError: Another kind of loop runs here, or none; virtual time cannot work.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise IntegrationError(
            "no asyncio event loop runs here, so there is no virtual time; "
            "trio and plain threads need the command or url binding"
        ) from None
    return virtual_loop(loop)


def virtual_loop(loop: asyncio.AbstractEventLoop) -> VirtualLoop:
    """Return the loop as the virtual loop that it is.

    Raises:
        IntegrationError: It is another kind, which cannot follow a scenario's clock.
    """
    if not isinstance(loop, VirtualLoop):
        kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
        raise IntegrationError(
            f"the integration runs on an event loop of its own ({kind}), which cannot follow the "
            "scenario's clock; let it run on the loop that calls it, or use the command binding"
        )
    return loop
