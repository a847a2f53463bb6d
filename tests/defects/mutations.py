"""Histories that differ from what happened in one thing: dropped, altered, delayed, repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from harness.history import Body, Entry, Event, EventKind, Exchange, History
from harness.timing import DAY


def mutations(history: History, witnesses: Sequence[int]) -> Iterator[tuple[str, History]]:
    """Yield named mutations of the exchanges that witness something, the simplest first."""
    seen = [e for e in history.exchanges if e.seq in witnesses]
    yield "drop", _without(history, {e.seq for e in seen})
    for exchange in seen:
        yield f"drop {exchange.seq}", _without(history, {exchange.seq})
    yield "repeat", _repeated(history, seen)
    for exchange in seen:
        yield f"status of {exchange.seq}", _changed(history, exchange.seq, _other_status)
        yield f"headers of {exchange.seq}", _changed(history, exchange.seq, _other_headers)
        yield f"delay {exchange.seq}", _changed(history, exchange.seq, _delayed)
        yield f"begin {exchange.seq} earlier", _changed(history, exchange.seq, _hasty)
        yield f"no times of {exchange.seq}", _changed(history, exchange.seq, _timeless)
    for exchange in seen:
        for path, value in _leaves(exchange.body.value, ()):
            altered = _with_leaf(exchange.body.value, path, _other(value))
            body = Body(exchange.body.kind, altered)
            yield (
                f"{'.'.join(map(str, path))} of {exchange.seq}",
                _changed(history, exchange.seq, _set_body(body)),
            )
    yield "states below nothing", _below_nothing(history, witnesses)
    yield "states in reverse", _reversed_states(history, witnesses)
    yield "silence", History(history.header, tuple(e for e in history if isinstance(e, Event)))


def _set_body(body: Body) -> Callable[[Exchange], Exchange]:
    return lambda exchange: replace(exchange, body=body)


def _without(history: History, numbers: set[int]) -> History:
    def kept(entry: Entry) -> bool:
        if isinstance(entry, Exchange):
            return entry.seq not in numbers
        return not (entry.kind is EventKind.COMMITTED and entry.data.get("cause") in numbers)

    return History(history.header, tuple(entry for entry in history if kept(entry)))


def _repeated(history: History, seen: Sequence[Exchange]) -> History:
    last = max(max(e.seq, getattr(e, "done", None) or 0) for e in history.entries)
    again: list[Entry] = []
    for exchange in seen:
        again.append(replace(exchange, seq=last + 1, done=last + 2))
        commits = [
            e for e in history.events(EventKind.COMMITTED) if e.data.get("cause") == exchange.seq
        ]
        for event in commits:
            data = {**event.data, "cause": last + 1}
            again.append(replace(event, seq=last + 3, data=data))
        last += 3
    return History(history.header, (*history.entries, *again))


def _reversed_states(history: History, witnesses: Sequence[int]) -> History:
    """Let what the records held be seen in the opposite order."""
    seen = [e for e in history.events(EventKind.STATE) if e.seq in witnesses]
    told = {e.seq: other.data for e, other in zip(seen, reversed(seen), strict=True)}
    return History(
        history.header,
        tuple(
            replace(e, data=told[e.seq]) if isinstance(e, Event) and e.seq in told else e
            for e in history.entries
        ),
    )


def _below_nothing(history: History, witnesses: Sequence[int]) -> History:
    """Let every count that a record held be negative."""

    def sunk(row: Any) -> Any:
        counts = {name: -1 - value for name, value in row.items() if type(value) is int}
        return {**row, **counts}

    return History(
        history.header,
        tuple(
            replace(e, data={**e.data, "rows": [sunk(row) for row in e.data["rows"]]})
            if isinstance(e, Event) and e.kind is EventKind.STATE and e.seq in witnesses
            else e
            for e in history.entries
        ),
    )


def _changed(history: History, seq: int, change: Callable[[Exchange], Exchange]) -> History:
    return History(
        history.header,
        tuple(
            change(e) if isinstance(e, Exchange) and e.seq == seq else e for e in history.entries
        ),
    )


def _other_status(exchange: Exchange) -> Exchange:
    good = exchange.status is not None and exchange.status < 400
    return replace(exchange, status=500 if good else 200, failure=None)


def _other_headers(exchange: Exchange) -> Exchange:
    return replace(exchange, headers=tuple((n, v + "x") for n, v in exchange.headers))


def _delayed(exchange: Exchange) -> Exchange:
    ended = None if exchange.ended_at is None else exchange.ended_at + DAY
    return replace(exchange, ended_at=ended)


def _hasty(exchange: Exchange) -> Exchange:
    sent = None if exchange.sent_at is None else exchange.sent_at - DAY
    return replace(exchange, sent_at=sent)


def _timeless(exchange: Exchange) -> Exchange:
    return replace(exchange, sent_at=None, ended_at=None)


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


def _with_leaf(value: Any, path: tuple[str | int, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    if isinstance(value, dict):
        return {k: _with_leaf(v, path[1:], leaf) if k == path[0] else v for k, v in value.items()}
    return [_with_leaf(v, path[1:], leaf) if i == path[0] else v for i, v in enumerate(value)]


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, Decimal)):
        return value + 7
    return f"{value or ''}7"
