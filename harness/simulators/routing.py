"""Which function of a simulator answers a call: `METHOD /path/:id` patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from harness.simulators.base import Call, Reply

Parameters = Mapping[str, str]
Handler = Callable[[Call, Parameters], Reply]

_PARAMETER = re.compile(r":(\w+)")


class Router:
    """Handlers by pattern; the first pattern that fits counts."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._routes = [(*_compiled(pattern), handler) for pattern, handler in handlers.items()]

    def find(self, call: Call) -> tuple[Handler, Parameters] | None:
        """Return the handler of a call with the parameters of its path, or None."""
        for method, pattern, handler in self._routes:
            if method == call.method and (match := pattern.fullmatch(call.path)):
                return handler, {name: unquote(text) for name, text in match.groupdict().items()}
        return None


def _compiled(text: str) -> tuple[str, re.Pattern[str]]:
    method, _, path = text.partition(" ")
    pieces = _PARAMETER.split(path)
    literal = [re.escape(piece) for piece in pieces[::2]]
    named = [f"(?P<{name}>[^/]+?)" for name in pieces[1::2]]
    return method, re.compile("".join(a + b for a, b in zip(literal, [*named, ""], strict=True)))
