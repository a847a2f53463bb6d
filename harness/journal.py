"""The journal: entries in memory while a run goes on, JSON Lines in a file afterwards."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
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
from harness.mapping import Veiled, veiled_from_json, veiled_to_json

FORMAT: Final = "golive-journal/1"


class Veiling(Protocol):
    """Takes secrets and personal values out of a history before it is written."""

    key_id: str | None

    def history(self, history: History) -> History:
        """Return the history with secrets removed and personal values veiled."""
        ...


class Logbook:
    """Collects what happens in one run; exchanges and events share one counter."""

    def __init__(self) -> None:
        self._ticks = 0
        self._entries: list[Exchange | Event] = []

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
    """Return a payload as JSON when it parses as such, else as text, else as base64."""
    if not raw:
        return EMPTY_BODY
    kind = (content_type or "").partition(";")[0].strip().casefold()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Body("bytes", base64.b64encode(raw).decode("ascii"))
    if kind.endswith("json") or (not kind and text[:1] in "{["):
        try:
            return Body("json", json.loads(text, parse_float=Decimal))
        except (ValueError, RecursionError):
            return Body("text", text)
    return Body("text", text)


def write_journal(history: History, path: Path, *, veil: Veiling) -> None:
    """Write a history as JSON Lines: veiled, beside, then renamed.

    A reader never sees a half-written file under the journal's own name.
    """
    veiled = veil.history(history)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(journal_bytes(veiled, key_id=veil.key_id))
    part.replace(path)


def journal_bytes(history: History, *, key_id: str | None = None) -> bytes:
    """Return the journal of a history that needs no veiling any more."""
    header = history.header
    lines = [
        _line(
            {
                "format": FORMAT,
                "scenario": header.scenario,
                "start": header.start,
                "seed": header.seed,
                "systems": {name: str(origin) for name, origin in sorted(header.systems.items())},
                "contracts": list(header.contracts),
                "document": header.document,
                "key_id": key_id,
                "recorded_on": header.recorded_on,
                "notes": list(header.notes),
            }
        )
    ]
    lines += [_line(_entry_to_json(entry, header.start or 0)) for entry in history.entries]
    lines.append(_line({"end": True, "entries": len(history.entries)}))
    return "".join(lines).encode()


def read_journal(path: Path) -> History:
    """Read a journal; one that breaks off is incomplete, and proves nothing.

    Raises:
        BadInput: there is no such file, or it is no journal of ours.
    """
    shown = path.as_posix()
    if not path.exists() and path.with_name(path.name + ".part").exists():
        path = path.with_name(path.name + ".part")
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
    except OSError as error:
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(shown, 0, 0, "is not UTF-8 text, so it is no journal")]) from error
    lines = text.split("\n")
    header: Header | None = None
    entries: list[Exchange | Event] = []
    ended = False
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        last = number == len(lines)
        try:
            data = json.loads(line, parse_float=Decimal, object_hook=_restored)
            if header is None:
                header = _header_from_json(data, shown)
            elif data.get("end") is True:
                ended = data["entries"] == len(entries)
            else:
                entries.append(_entry_from_json(data, header.start or 0))
        except BadInput:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if last and header is not None:
                break  # the writer was stopped in the middle of a line
            message = f"is not a line of a journal ({type(error).__name__}: {error})"[:200]
            raise BadInput([Problem(shown, number, 1, message)]) from error
    if header is None:
        raise BadInput([Problem(shown, 0, 0, "is empty; a journal begins with a header line")])
    complete = ended and path.suffix != ".part"
    return History(replace(header, complete=complete), tuple(entries))


_DIGITS: Final = "\x00golive-digits:"
_MARKED: Final = re.compile(r'"\\u0000golive-digits:([^"\\]*)"')


def _line(data: Mapping[str, Any]) -> str:
    """Return one line of JSON in which every Decimal has the digits it has."""
    decimals = 0

    def plain(value: Any) -> Any:
        nonlocal decimals
        if isinstance(value, Decimal):
            decimals += 1
            return _DIGITS + _with_point(value)
        if isinstance(value, Veiled):
            return veiled_to_json(value)
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"{type(value).__name__} is not plain data")

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=plain)
    if not decimals:
        return text + "\n"
    text, marked = _MARKED.subn(r"\1", text)
    if marked != decimals:
        # A text of somebody else's looks like one of our marks; such a line is not worth saving.
        raise ValueError("a payload imitates the marks of the journal")
    return text + "\n"


def _with_point(value: Decimal) -> str:
    text = str(value)
    return text if "." in text or "E" in text else text + ".0"


def _restored(data: dict[str, Any]) -> Any:
    if len(data) == 1 and "$veiled" in data and isinstance(data["$veiled"], dict):
        return veiled_from_json(data)
    if any(key.startswith("$$") for key in data):
        return {(key[1:] if key.startswith("$$") else key): v for key, v in data.items()}
    return data


def _entry_to_json(entry: Exchange | Event, start: int) -> dict[str, Any]:
    def since(instant: int | None) -> int | None:
        return None if instant is None else instant - start

    if isinstance(entry, Event):
        data: dict[str, Any] = {"seq": entry.seq, "t": since(entry.at), "event": str(entry.kind)}
        if entry.system:
            data["system"] = entry.system
        if entry.data:
            data["data"] = entry.data
        return data
    data = {
        "seq": entry.seq,
        "done": entry.done,
        "t": since(entry.sent_at),
        "ended": since(entry.ended_at),
        "from": entry.sender,
        "to": entry.receiver,
        "method": entry.method,
        "url": entry.url,
        "headers": [list(pair) for pair in entry.headers],
        "body": _body_to_json(entry.body),
    }
    if entry.status is not None:
        data["status"] = entry.status
        data["answer_headers"] = [list(pair) for pair in entry.answer_headers]
        data["answer"] = _body_to_json(entry.answer)
    optional = {
        "failure": None if entry.failure is None else str(entry.failure),
        "topic": entry.topic,
        "delivery": entry.delivery,
        "faults": list(entry.faults) or None,
    }
    data.update({key: value for key, value in optional.items() if value is not None})
    data["origin"] = str(entry.origin)
    return data


def _body_to_json(body: Body) -> Any:
    return None if body.kind == "none" else {body.kind: body.value}


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
