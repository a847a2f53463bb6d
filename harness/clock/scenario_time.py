"""Everything that makes a piece of this process live in a scenario's time, and its undoing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from harness.clock.baton import Bridge
from harness.clock.chance import seeded
from harness.clock.dispatch import dispatched
from harness.clock.loop import MAX_JUMPS, PATIENCE, VirtualLoop, virtual_loop
from harness.clock.virtual import VirtualClock
from harness.clock.wall import wall_clock
from harness.errors import IntegrationError, Stalled

T = TypeVar("T")


@contextmanager
def installed(
    clock: VirtualClock, loop: asyncio.AbstractEventLoop, *, seed: int
) -> Iterator[Bridge]:
    """Let the integration's time and randomness come from the scenario; yield the way in.

    ``time.time``, ``datetime.now`` and their kin tell the clock's wall time; ``time.monotonic``,
    ``time.perf_counter`` and the loop's time agree; ``time.sleep`` waits in virtual time. Threads
    take turns, TLS contexts are shared, ``random`` and ``uuid`` are drawn from the seed.
    Everything is put back at the end, however it ends. The bridge lets worker threads call into
    the loop.

    Raises:
        IntegrationError: The loop is not a virtual one on this clock.
        HarnessError: A scenario already runs here, or another tool replaced the clock's functions.
    """
    virtual = virtual_loop(loop)
    if virtual.clock is not clock:
        raise IntegrationError("the loop runs on another clock than the scenario")
    with ExitStack() as stack:
        stack.enter_context(dispatched(virtual))
        stack.enter_context(virtual.pools.installed())
        stack.enter_context(wall_clock(clock))
        stack.enter_context(seeded(random.Random(seed)))
        yield virtual.bridge


def run_virtual(
    main: Callable[[], Coroutine[Any, Any, T]],
    *,
    clock: VirtualClock,
    seed: int | None = None,
    max_elapsed: int | None = None,
    max_jumps: int | None = MAX_JUMPS,
    patience: float = PATIENCE,
) -> T:
    """Run a coroutine on a fresh virtual loop and return its result.

    What it leaves running is cancelled, and threads that still wait are unwound.

    Args:
        main: Called once, for the coroutine to run.
        clock: The scenario's clock.
        seed: Where given, everything is ``installed`` from before ``main`` is called until the
            last task has ended; otherwise that is left to ``main``.
        max_elapsed: Virtual nanoseconds after which the run is taken to be endless.
        max_jumps: Moves of the clock after which the run is taken to be endless.
        patience: Real seconds to wait for a thread or a real call.

    Raises:
        Stalled: Something waits, or repeats, for ever.
    """
    loop = VirtualLoop(clock, max_elapsed=max_elapsed, max_jumps=max_jumps, patience=patience)
    with ExitStack() as stack:
        stack.callback(loop.close)
        runner = asyncio.Runner(loop_factory=lambda: loop)
        if seed is not None:
            stack.enter_context(installed(clock, loop, seed=seed))
        try:
            result = runner.run(main())
        except BaseException:
            loop.prepare_closing()
            with suppress(Stalled):  # what went wrong first is what matters
                runner.close()
            raise
        loop.prepare_closing()
        runner.close()
        return result
