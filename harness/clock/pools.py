"""Thread pools on a virtual loop: each job waits for its turn before its thread starts it."""

from __future__ import annotations

import asyncio
import math
import sys
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from harness.clock.baton import Baton, ScenarioOver, Wake, Worker, on_loop_thread
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.clock.loop import VirtualLoop

T = TypeVar("T")

_real_submit = ThreadPoolExecutor.submit
_real_shutdown = ThreadPoolExecutor.shutdown
_real_result = Future.result
_real_exception = Future.exception
