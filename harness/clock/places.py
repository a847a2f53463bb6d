"""Where tasks and threads wait, in the words of the code that a user wrote."""

from __future__ import annotations

import asyncio
import re
import sys
import sysconfig
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_HARNESS = Path(__file__).resolve().parent.parent
_INTEGRATION = _HARNESS / "reference"  # our own integration under test counts as a user's code
_FOREIGN = tuple(
    Path(sysconfig.get_path(name)).resolve()
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_DEFAULT_NAME = re.compile(r"Task-\d+")
_SHOWN = 8


def waiting_tasks(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Describe each pending task: its name and where it waits, the user's tasks before ours.

    Tasks that hold no user code are named only where there are no others. Sorted by text, because
    neither the order of tasks nor the numbers asyncio gives them repeat from run to run.
    """
    users: list[str] = []
    others: list[str] = []
    for task in asyncio.all_tasks(loop):
        frames = list(_await_chain(task.get_coro()))
        chosen = next((f for f in reversed(frames) if _is_users(f[0].co_filename)), None)
        place = chosen or (frames[-1] if frames else None)
        text = (
            f"task {_name(task)!r} waits at {_show(*place)}" if place else f"task {_name(task)!r}"
        )
        (users if chosen else others).append(text)
    return sorted(users) or sorted(others)


def listed(waiting: list[str]) -> str:
    """Return the descriptions as indented lines, cut after a handful."""
    lines = [f"\n  {text}" for text in waiting[:_SHOWN]]
    if len(waiting) > _SHOWN:
        lines.append(f"\n  and {len(waiting) - _SHOWN} more")
    return "".join(lines)


def thread_place(thread: threading.Thread | None) -> str:
    """Return where a running thread is, or an empty text when it cannot be told."""
    frames = sys._current_frames()  # noqa: SLF001 - documented for exactly this
    frame = frames.get(thread.ident or 0) if thread else None
    return place_of(frame) if frame else ""


def caller_place() -> str:
    """Return the user's line that led to the function that asks."""
    return place_of(sys._getframe(2))  # noqa: SLF001 - documented; inspect does the same


def place_of(frame: FrameType) -> str:
    """Return the nearest user's line at or above the frame, else the frame itself."""
    seen: FrameType | None = frame
    while seen is not None and not _is_users(seen.f_code.co_filename):
        seen = seen.f_back
    chosen = seen or frame
    return _show(chosen.f_code, chosen.f_lineno)


def _await_chain(awaited: Any) -> Iterator[tuple[CodeType, int]]:
    """Walk from a coroutine to what it awaits, outermost first."""
    while awaited is not None:
        for kind in ("cr", "gi", "ag"):
            frame = getattr(awaited, f"{kind}_frame", None)
            if frame is not None:
                yield frame.f_code, frame.f_lineno
                break
        awaited = (
            getattr(awaited, "cr_await", None)
            or getattr(awaited, "gi_yieldfrom", None)
            or getattr(awaited, "ag_await", None)
        )


def _name(task: asyncio.Task[Any]) -> str:
    name = task.get_name()
    if not _DEFAULT_NAME.fullmatch(name):
        return name
    return str(getattr(task.get_coro(), "__qualname__", name))


def _show(code: CodeType, line: int) -> str:
    path = Path(code.co_filename)
    try:
        shown = path.relative_to(Path.cwd())
    except ValueError:
        shown = Path(*path.parts[-2:])  # a whole path would differ from machine to machine
    return f"{shown.as_posix()}:{line} in {code.co_qualname}"


@cache
def _is_users(filename: str) -> bool:
    if filename.startswith("<"):
        return False
    path = Path(filename).resolve()
    if path.is_relative_to(_HARNESS):
        return path.is_relative_to(_INTEGRATION)
    return not any(path.is_relative_to(root) for root in _FOREIGN)
