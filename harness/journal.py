"""The journal: entries in memory while a run goes on, JSON Lines in a file afterwards."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from harness.errors import BadInput, Problem
from harness.history import (
    EMPTY_BODY,
    INTEGRATION,
    Body,
    Event,
    EventKind,
    Exchange,
    Failure,
    Header,
    Headers,
    History,
    Origin,
)
from harness.json_text import JsonWriter
from harness.mapping import Veiled, veiled_from_json, veiled_to_json

FORMAT: Final = "golive-journal/1"
GONE_WORD: Final = "[removed]"
"""What stands where a secret was: nothing that could be compared."""


class Veiling(Protocol):
    """Takes secrets and personal values out of a history before it is written."""

    @property
    def key_id(self) -> str | None:
        """Return the name of the key, or None without one."""
        ...

    def history(self, history: History) -> History:
        """Return the history with secrets removed and personal values veiled."""
        ...


class Logbook:
    """Collects what happens in one run; exchanges and events share one counter."""

    def __init__(self) -> None:
        self._ticks = 0
        self._entries: list[Exchange | Event] = []
        self._bodies: dict[tuple[bytes, str | None], Body] = {}

    def tick(self) -> int:
        """Return the next number of the counter."""
        self._ticks += 1
        return self._ticks

    def add(self, exchange: Exchange) -> None:
        """Take an exchange whose numbers were drawn from this counter."""
        self._entries.append(exchange)

    def event(self, kind: EventKind, *, at: int | None, system: str = "", **data: Any) -> None:
        """Note an event, here and now in the order of things."""
        self._entries.append(Event(self.tick(), at, kind, system, data))

    def body(self, raw: bytes, content_type: str | None) -> Body:
        """Return what ``body_of`` returns; the same payload is the same object all run long."""
        known = self._bodies.get((raw, content_type))
        if known is None:
            known = self._bodies[raw, content_type] = body_of(raw, content_type)
        return known

    def refused(self, *, host: str, port: int, at: int, receiver: str) -> None:
        """Note an attempt to reach a network that no system of the scenario answers for."""
        seq = self.tick()
        self.add(
            Exchange(
                seq=seq,
                done=self.tick(),
                sender=INTEGRATION,
                receiver=receiver,
                sent_at=at,
                ended_at=at,
                method="CONNECT",
                url=f"tcp://{host}:{port}",
                headers=(),
                body=EMPTY_BODY,
                failure=Failure.UNROUTED,
            )
        )

    def history(self, header: Header) -> History:
        """Return everything that was noted, in order."""
        return History(header, tuple(sorted(self._entries, key=lambda entry: entry.seq)))


def body_of(raw: bytes, content_type: str | None) -> Body:
    """Return a payload as JSON when it parses as such, else as text, else as base64.

    What no program of ours could walk through, a thousand lists in each other, stays text.
    """
    if not raw:
        return EMPTY_BODY
    kind = (content_type or "").partition(";")[0].strip().casefold()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Body("bytes", base64.b64encode(raw).decode("ascii"))
    if kind.endswith("json") or (not kind and text[:1] in "{["):
        try:
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return Body("text", text)
        if text.count("{") + text.count("[") <= DEEPEST or _depth(value) <= DEEPEST:
            return Body("json", value)
    return Body("text", text)


DEEPEST: Final = 200
"""How deep JSON may be nested to be looked into."""


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, (dict, list))]:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def write_journal(history: History, path: Path, *, veil: Veiling) -> None:
    """Write a history as JSON Lines: veiled, beside, then renamed.

    A reader never sees a half-written file under the journal's own name.
    """
    veiled = veil.history(history)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        _write(veiled, file.write)
    part.replace(path)


def journal_bytes(history: History) -> bytes:
    """Return the journal of a history that needs no veiling any more."""
    whole = io.BytesIO()
    _write(history, whole.write)
    return whole.getvalue()


def _write(history: History, sink: Callable[[bytes], object]) -> None:
    """Hand over the journal of a history line by line."""
    header, write = history.header, _Lines(sink)
    write.line(
        {
            "format": FORMAT,
            "scenario": header.scenario,
            "start": header.start,
            "seed": header.seed,
            "systems": {name: str(origin) for name, origin in sorted(header.systems.items())},
            "contracts": list(header.contracts),
            "document": header.document,
            "key_id": header.key_id,
            "recorded_on": header.recorded_on,
            "notes": list(header.notes),
        }
    )
    start = header.start or 0
    for entry in history.entries:
        if isinstance(entry, Event):
            write.event(entry, start)
        else:
            write.exchange(entry, start)
    # A history that was read from a broken journal stays incomplete when it is written again.
    if header.complete:
        write.line({"end": True, "entries": len(history.entries)})


def read_journal(path: Path) -> History:
    """Read a journal; one that breaks off is incomplete, and proves nothing.

    Raises:
        BadInput: there is no such file, or it is no journal of ours.
    """
    shown = path.as_posix()
    if not path.exists() and path.with_name(path.name + ".part").exists():
        path = path.with_name(path.name + ".part")
    try:
        with path.open("rb") as file:
            return _read(file, shown, is_whole=path.suffix != ".part")
    except OSError as error:
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from error


def _read(lines: Iterable[bytes], shown: str, *, is_whole: bool) -> History:
    """Read the lines of a journal one after the other; what they share is held once."""
    header: Header | None = None
    entries: list[Exchange | Event] = []
    ended: int | None = None
    shared = _Shared()
    for number, line in enumerate(lines, 1):
        if not line.strip(b"\n"):
            continue
        try:
            data = json.loads(line.decode(), parse_float=Decimal, object_hook=shared)
            if header is None:
                header = _header_from_json(data, shown)
            elif ended is not None:
                raise ValueError("the journal has ended before this line")  # noqa: TRY301 - as any
            elif data.get("end") is True:
                ended = int(data["entries"])
            else:
                entries.append(_entry_from_json(data, header.start or 0))
        except BadInput:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if not line.endswith(b"\n") and header is not None:
                break  # the writer was stopped in the middle of a line
            raise BadInput([Problem(shown, number, 1, _no_line(error))]) from error
    if header is None:
        raise BadInput([Problem(shown, 0, 0, "is empty; a journal begins with a header line")])
    complete = ended == len(entries) and is_whole
    return History(replace(header, complete=complete), tuple(entries))


def _no_line(error: Exception) -> str:
    said = f"it has no {error}" if isinstance(error, KeyError) else str(error)
    return f"is not a line of a journal: {said}"[:200]


class _Shared:
    """Restores JSON objects as they are read, and gives one object for all that are equal.

    The same order travels in a webhook, in lists, in what systems hold: a journal of a busy day
    repeats it many times over. Nobody changes what was read, so that it need be held only once.
    """

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, data: dict[str, Any]) -> Any:
        found = _restored(data)
        if isinstance(found, dict):
            key: Any = tuple([(name, _mark(value)) for name, value in found.items()])
        else:
            key = found
        return self._known.setdefault(key, found)


def _mark(value: Any) -> Any:
    """Return what tells a value from others: 1, true and 1.0 are not the same."""
    kind = type(value)
    if kind is dict:
        return kind, id(value)
    if kind is list:
        return kind, tuple(map(_mark, value))
    return kind, str(value) if kind is Decimal else value


class _Lines:
    """Writes entries as lines of JSON; payloads that several of them share are written once."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink
        self._text = JsonWriter(_plain).text
        self._payloads: dict[int, str] = {}

    def line(self, data: Mapping[str, Any]) -> None:
        """Add one line."""
        self._add(self._text(data))

    def exchange(self, exchange: Exchange, start: int) -> None:
        """Add the line of an exchange."""
        # One dictionary less to build and to walk: the payloads are text already.
        rest = self._text(_exchange_to_json(exchange, start))
        line = f'{rest[:-1]},"body":{self._body(exchange.body)}'
        if exchange.status is not None:
            line += f',"answer":{self._body(exchange.answer)}'
        self._add(line + "}")

    def event(self, event: Event, start: int) -> None:
        """Add the line of an event."""
        at = None if event.at is None else event.at - start
        head: dict[str, Any] = {"seq": event.seq, "t": at, "event": str(event.kind)}
        if event.system:
            head["system"] = event.system
        line = self._text(head)
        if event.data:
            pairs = (f"{self._text(k)}:{self._payload(v)}" for k, v in event.data.items())
            line = f'{line[:-1]},"data":{{{",".join(pairs)}}}}}'
        self._add(line)

    def _body(self, body: Body) -> str:
        if body.kind == "none":
            return "null"
        return f'{{"{body.kind}":{self._payload(body.value)}}}'

    def _payload(self, value: Any) -> str:
        if type(value) is not dict:
            return self._text(value)
        text = self._payloads.get(id(value))
        if text is None:
            text = self._payloads[id(value)] = self._text(value)
        return text

    def _add(self, line: str) -> None:
        try:
            self._sink(f"{line}\n".encode())
        except UnicodeEncodeError:
            # Half a surrogate pair is no UTF-8, and JSON may hold it all the same.
            halves = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", line)
            self._sink(f"{halves}\n".encode())


def _plain(value: Any) -> Any:
    if isinstance(value, Veiled):
        return _veiled(value)
    raise TypeError(f"{type(value).__name__} is not plain data")


def _veiled(value: Veiled) -> dict[str, Any]:
    gone = value.mac is None and value.length == 0
    return {"$veiled": GONE_WORD} if gone else veiled_to_json(value)


def _restored(data: dict[str, Any]) -> Any:
    if len(data) == 1 and "$veiled" in data:
        inner = data["$veiled"]
        return Veiled(None, 0, ascii=True) if inner == GONE_WORD else veiled_from_json(data)
    if any(key.startswith("$$") for key in data):
        return {(key[1:] if key.startswith("$$") else key): v for key, v in data.items()}
    return data


def _exchange_to_json(exchange: Exchange, start: int) -> dict[str, Any]:
    """Return everything of an exchange but its payloads."""
    data: dict[str, Any] = {
        "seq": exchange.seq,
        "done": exchange.done,
        "t": None if exchange.sent_at is None else exchange.sent_at - start,
        "ended": None if exchange.ended_at is None else exchange.ended_at - start,
        "from": exchange.sender,
        "to": exchange.receiver,
        "method": exchange.method,
        "url": exchange.url,
        "headers": exchange.headers,
    }
    if exchange.topic is not None:
        data["topic"] = exchange.topic
    if exchange.delivery is not None:
        data["delivery"] = exchange.delivery
    if exchange.faults:
        data["faults"] = exchange.faults
    data["origin"] = str(exchange.origin)
    if exchange.failure is not None:
        data["failure"] = str(exchange.failure)
    if exchange.status is not None:
        data["status"] = exchange.status
        data["answer_headers"] = exchange.answer_headers
    return data


def _body_from_json(data: Any) -> Body:
    if data is None:
        return EMPTY_BODY
    ((kind, value),) = data.items()
    return Body(kind, value)


def _headers(data: Any) -> Headers:
    return tuple((str(name), str(value)) for name, value in data or ())


def _entry_from_json(data: Mapping[str, Any], start: int) -> Exchange | Event:
    def at(name: str) -> int | None:
        return None if data[name] is None else data[name] + start

    if "event" in data:
        return Event(
            data["seq"],
            at("t"),
            EventKind(data["event"]),
            data.get("system", ""),
            data.get("data", {}),
        )
    return Exchange(
        seq=data["seq"],
        done=data["done"],
        sender=data["from"],
        receiver=data["to"],
        sent_at=at("t"),
        ended_at=at("ended"),
        method=data["method"],
        url=data["url"],
        headers=_headers(data["headers"]),
        body=_body_from_json(data["body"]),
        status=data.get("status"),
        answer_headers=_headers(data.get("answer_headers")),
        answer=_body_from_json(data.get("answer")),
        failure=Failure(data["failure"]) if "failure" in data else None,
        topic=data.get("topic"),
        delivery=data.get("delivery"),
        faults=tuple(data.get("faults", ())),
        origin=Origin(data["origin"]),
    )


def _header_from_json(data: Mapping[str, Any], shown: str) -> Header:
    if data.get("format") != FORMAT:
        said = data.get("format")
        message = f"is no journal of this version: its first line says {said!r}, not {FORMAT!r}"
        raise BadInput([Problem(shown, 1, 1, message)])
    return Header(
        scenario=data["scenario"],
        start=data["start"],
        seed=data["seed"],
        systems={name: Origin(origin) for name, origin in data["systems"].items()},
        contracts=tuple(data["contracts"]),
        document=data["document"],
        key_id=data["key_id"],
        recorded_on=data["recorded_on"],
        notes=tuple(data["notes"]),
    )
