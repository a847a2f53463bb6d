"""Functions that answer from the scenario's clock while one runs, and from the machine otherwise.

The functions of the ``time`` module are exchanged for as long as a scenario runs. What a module
took from there by name, or keeps as a default argument, is exchanged once for the whole session
(finding it takes longer than a small scenario does) and asks the machine between scenarios.
"""

from __future__ import annotations

import concurrent.futures
import math
import operator
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, Future
from concurrent.futures._base import DoneAndNotDoneFutures
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from harness.clock.baton import on_loop_thread
from harness.clock.swap import swapped
from harness.clock.virtual import NANOSECONDS
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.clock.loop import VirtualLoop

T = TypeVar("T")

_real_sleep = time.sleep  # noqa: TID251 - the one that is exchanged
_real_monotonic = time.monotonic
_real_monotonic_ns = time.monotonic_ns
_real_perf_counter = time.perf_counter
_real_perf_counter_ns = time.perf_counter_ns
_real_tls = ssl.create_default_context
_real_wait = concurrent.futures.wait
_real_as_completed = concurrent.futures.as_completed

# The tools around a scenario keep their own time.
_TOOLS = frozenset(
    {"_pytest", "pytest", "pluggy", "pytest_timeout", "hypothesis", "xdist", "execnet", "coverage"}
)
# These wait for threads and processes on real locks, so their timeouts must be real as well.
_REAL_TIMEOUTS = _TOOLS | {
    *("asyncio", "concurrent", "multiprocessing", "queue"),
    *("selectors", "socketserver", "subprocess", "threading"),
}
_REAL_SLEEPS = _TOOLS | {"multiprocessing", "subprocess"}
# Never searched for captured functions: the standard library, the tools, and ourselves.
_NOT_SEARCHED = _TOOLS | sys.stdlib_module_names | {"time_machine", "_time_machine"}

_active: VirtualLoop | None = None
_owner = 0  # the thread that installed the active loop
_tls: dict[tuple[object, ...], ssl.SSLContext] = {}
_searched: dict[str, ModuleType] = {}
_undo: list[Callable[[], object]] = []


def _sleep(seconds: float, /) -> None:
    """Sleep in the scenario's time: a worker thread parks, the loop's own thread holds it up."""
    loop = _active
    if loop is None or _called_from(_REAL_SLEEPS):
        _real_sleep(seconds)
        return
    ns = _nanoseconds(seconds)
    on_loop = on_loop_thread(loop)
    if on_loop or (threading.get_ident() == _owner and not loop.is_running()):
        loop.block(ns)
    else:
        loop.bridge.sleep(ns / NANOSECONDS)


def _monotonic() -> float:
    if _active is None or _called_from(_REAL_TIMEOUTS):
        return _real_monotonic()
    return _active.time()


def _monotonic_ns() -> int:
    if _active is None or _called_from(_REAL_TIMEOUTS):
        return _real_monotonic_ns()
    return _active.time_ns()


def _perf_counter() -> float:
    if _active is None or _called_from(_REAL_TIMEOUTS):
        return _real_perf_counter()
    return _active.time()


def _perf_counter_ns() -> int:
    if _active is None or _called_from(_REAL_TIMEOUTS):
        return _real_perf_counter_ns()
    return _active.time_ns()


def _create_default_context(
    purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH,
    *,
    cafile: Any = None,
    capath: Any = None,
    cadata: Any = None,
) -> ssl.SSLContext:
    """Return one shared context per source of certificates; reading them takes 30 ms each time."""
    make = partial(_real_tls, purpose, cafile=cafile, capath=capath, cadata=cadata)
    if _active is None or cadata is not None:
        return make()
    key = (purpose, cafile, capath)
    if key not in _tls:
        _tls[key] = make()
    return _tls[key]


def _wait(
    fs: Iterable[Future[T]], timeout: float | None = None, return_when: str = ALL_COMPLETED
) -> DoneAndNotDoneFutures[T]:
    if _active is None or not _active.pools.ours():
        return _real_wait(fs, timeout, return_when)
    return _active.pools.wait(fs, timeout, return_when)


def _as_completed(fs: Iterable[Future[T]], timeout: float | None = None) -> Iterator[Future[T]]:
    if _active is None or not _active.pools.ours():
        return _real_as_completed(fs, timeout)
    return _active.pools.as_completed(fs, timeout)


_EXCHANGED: tuple[tuple[ModuleType, str, Any, Any], ...] = (
    (time, "sleep", _real_sleep, _sleep),
    (time, "monotonic", _real_monotonic, _monotonic),
    (time, "monotonic_ns", _real_monotonic_ns, _monotonic_ns),
    (time, "perf_counter", _real_perf_counter, _perf_counter),
    (time, "perf_counter_ns", _real_perf_counter_ns, _perf_counter_ns),
    (ssl, "create_default_context", _real_tls, _create_default_context),
    (concurrent.futures, "wait", _real_wait, _wait),
    (concurrent.futures, "as_completed", _real_as_completed, _as_completed),
)
_OURS = {id(real): ours for _, _, real, ours in _EXCHANGED}


@contextmanager
def dispatched(loop: VirtualLoop) -> Iterator[None]:
    """Let the functions answer from this loop.

    Raises:
        HarnessError: Another scenario runs in this process, or another tool holds the functions.
    """
    global _active, _owner
    if _active is not None:
        raise HarnessError(
            "a scenario already runs in this process; run them one after the other, or in "
            "processes of their own (pytest -n)"
        )
    _require_real("before")
    exchange_captured()
    with ExitStack() as stack:
        for module, name, _, ours in _EXCHANGED:
            stack.enter_context(swapped(module, name, ours))
        _active, _owner = loop, threading.get_ident()
        try:
            yield
        finally:
            _active, _owner = None, 0
    _require_real("after")


def exchange_captured() -> None:
    """Exchange what modules imported since the last time took by name or as a default."""
    fresh: list[tuple[str, Any]] = [
        (n, m) for n, m in sys.modules.items() if _searched.get(n) is not m
    ]
    for name, module in fresh:
        _searched[name] = module
        # Some packages put an object of their own in the place of a module.
        if isinstance(module, ModuleType) and _is_searched(name):
            # Going through the type keeps lazily loaded modules from loading.
            _exchange_in(module, name, ModuleType.__getattribute__(module, "__dict__"))


def withdraw() -> None:
    """Put back everything that was exchanged in modules; for the end of a session."""
    while _undo:
        _undo.pop()()
    _searched.clear()


def _exchange_in(owner: Any, module: str, names: Any) -> None:
    """Exchange captured functions in a module or a class that is defined there.

    Kinds are told by ``type``, never ``isinstance``: that asks lazy objects (Django's settings)
    for their class, and wakes them.
    """
    for name, value in list(names.items()):
        plain = value.__func__ if type(value) is staticmethod else value
        if id(plain) in _OURS:
            # As a class attribute a Python function would take ``self``; the builtin does not.
            ours = _OURS[id(plain)]
            in_class = issubclass(type(owner), type)
            _set(owner, name, value, staticmethod(ours) if in_class else ours)
        elif type(plain) is FunctionType:
            _exchange_defaults(plain)
        elif issubclass(type(value), type) and isinstance(owner, ModuleType):
            inside = type.__getattribute__(value, "__dict__")
            if inside.get("__module__") == module:
                _exchange_in(value, module, inside)


def _exchange_defaults(function: FunctionType) -> None:
    if function.__module__ == __name__:
        return
    positional, named = function.__defaults__, function.__kwdefaults__
    if positional and any(id(value) in _OURS for value in positional):
        ours = tuple(_OURS.get(id(value), value) for value in positional)
        _set(function, "__defaults__", positional, ours)
    if named and any(id(value) in _OURS for value in named.values()):
        ours_named = {key: _OURS.get(id(value), value) for key, value in named.items()}
        _set(function, "__kwdefaults__", named, ours_named)


def _set(owner: Any, name: str, before: Any, value: Any) -> None:
    try:
        setattr(owner, name, value)
    except (AttributeError, TypeError):
        return  # a class that cannot be changed keeps the real function
    _undo.append(partial(setattr, owner, name, before))


def _require_real(when: str) -> None:
    for module, name, real, _ in _EXCHANGED:
        found = getattr(module, name)
        if found is not real:
            raise HarnessError(
                f"{module.__name__}.{name} is {found!r} {when} the scenario, not the function that "
                "Python came with; another tool replaced it (freezegun, gevent ...), and two "
                "clocks cannot agree: switch the other one off for scenarios"
            )


def _called_from(roots: frozenset[str]) -> bool:
    """Return whether the module that called the dispatching function belongs to these packages."""
    # Documented, and ten times faster than asking inspect.
    name = sys._getframe(2).f_globals.get("__name__")  # noqa: SLF001
    return isinstance(name, str) and _root(name) in roots


@cache
def _root(module: str) -> str:
    return module.partition(".")[0]


@cache
def _is_searched(module: str) -> bool:
    if module.startswith("harness.reference."):
        return True  # our own integration under test
    return _root(module) not in _NOT_SEARCHED | {"harness"}


def _nanoseconds(seconds: Any) -> int:
    """Return whole nanoseconds, with the errors that ``time.sleep`` has."""
    if not isinstance(seconds, float):
        seconds = operator.index(seconds)
    if math.isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    ns: int = math.ceil(round(seconds * NANOSECONDS, 3))
    return ns
