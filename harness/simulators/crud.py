"""A system that keeps what its file describes: no code, only messages and where they travel."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from harness.landscape import Call as Carriage
from harness.landscape import Message, System, Telling
from harness.landscape import Webhook as Topic
from harness.mapping import (
    EVERY,
    Path,
    Uncomparable,
    missing,
    parse_path,
    read,
    read_all,
    shown,
    to_instant,
)
from harness.simulators.base import (
    Call,
    Context,
    Delivered,
    Reply,
    Simulator,
    UnknownAction,
    Webhook,
    copied,
    reply,
    to_json,
)
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Parameters, Router
from harness.simulators.validation import Violation, violations
from harness.simulators.webhooks import signature, try_again
from harness.timing import MINUTE

_OURS: Final = "assumption: a plain service without habits of its own"
HABITS: Final[Mapping[str, Number]] = {
    "page_size": Number(50, _OURS, "2026-11", "Rows of one page, where the file says `more`."),
    "webhook_retries": Number(
        (MINUTE, 5 * MINUTE, 30 * MINUTE), _OURS, "2026-11", "Waits between two attempts."
    ),
}


class Crud(Simulator):
    """Create, read, change, list and remove, exactly as the system's file says.

    A `request` keeps the messages it carries: `POST` refuses a key that is there already with
    409, `PUT` and `PATCH` take either, `DELETE` removes. A `response` shows what is kept: one by
    the parameters of its address, or a list with its window and its pages. Every change is told
    by each `webhook` of the message, and each record that the message tells of is noted.
    A body is held against the fields of its message; with the secret ``<system>_api_key`` in
    golive.toml every call needs it as a bearer token.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "keep": "A `message` is created or changed: its `body` is put over what is kept.",
        "remove": "The `message` with a `key` is gone.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        self._kept: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in system.messages}
        self._records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in system.records}
        self._key = secrets.get(f"{system.system}_api_key")
        self._events = 0
        ways = [
            (name, way)
            for name, message in system.messages.items()
            for way in message.carried_by.values()
            if isinstance(way, Carriage)
        ]
        # An address without parameters is the more particular one.
        ways.sort(key=lambda pair: _address(pair[1]).count(":"))
        self._router = Router(
            {
                _address(way): partial(self._take if way.request else self._show, name, way)
                for name, way in ways
            }
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as the file says."""
        scheme, _, key = (call.header("Authorization") or "").partition(" ")
        if self._key is not None and (scheme.lower() != "bearer" or key != self._key):
            return reply(401, {"error": "unauthorized"})
        found = self._router.find(call)
        if found is None:
            return reply(404, {"error": "not_found"})
        handler, parameters = found
        return handler(call, parameters)

    def _take(self, name: str, way: Carriage, call: Call, parameters: Parameters) -> Reply:
        message = self.system.messages[name]
        if call.method == "DELETE":
            key = self._key_in(message, way, parameters)
            return reply(204) if self._remove(name, key) else reply(404, {"error": "not_found"})
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"error": "bad_json", "message": str(error)})
        where = parse_path(way.at).tail()
        found = [one.value for one in read_all(where, body)] if where.parts else [body]
        bodies = [self._lifted(one, way, call, parameters) for one in found]
        refused = [wrong for one in bodies for wrong in self._wrong(name, call.method, one)]
        if refused or not bodies:
            return _refused(refused or [Violation(way.at, "required", "nothing was sent")])
        if call.method == "POST" and any(
            _key_of(message, one) in self._kept[name] for one in bodies
        ):
            return reply(409, {"error": "already_exists"})
        new = [self._keep(name, one) for one in bodies]
        return reply(201 if any(new) else 200, body)

    def _wrong(self, name: str, method: str, body: Any) -> list[Violation]:
        message = self.system.messages[name]
        if not isinstance(body, dict):
            return [Violation("", "type", "expected an object")]
        key = _key_of(message, body)
        if not key:
            return [Violation(message.key, "required", "a value is required")]
        whole = _merged(self._kept[name].get(key, {}), body) if method == "PATCH" else body
        return violations(message, whole)

    def _show(self, name: str, way: Carriage, call: Call, parameters: Parameters) -> Reply:
        message, where = self.system.messages[name], parse_path(way.at).tail()
        rows = [row for row in self._kept[name].values() if _is_of(row, way, parameters)]
        if not where.many:
            if not rows or not parameters:
                return reply(404, {"error": "not_found"})
            return reply(200, _wrapped(where, rows[0]))
        rows = [row for row in rows if _in_window(row, way, message, call)]
        if way.more is None:
            return reply(200, _wrapped(where, rows))
        begin, size = _cursor(call), int(self.numbers["page_size"])
        answer = _wrapped(where, rows[begin : begin + size])
        if begin + size < len(rows):
            _put(answer, parse_path(way.more).tail().parts, _next(begin + size))
        return reply(200, answer)

    def _lifted(self, body: Any, way: Carriage, call: Call, parameters: Parameters) -> Any:
        if not isinstance(body, dict):
            return body
        for field, origin in way.lift.items():
            root, _, of = origin.partition(".")
            value = {"path": parameters, "query": call.query}.get(root, {}).get(of)
            if value is not None and missing(read(parse_path(field), body)):
                _put(body, parse_path(field).parts, value)
        return body

    def _key_in(self, message: Message, way: Carriage, parameters: Parameters) -> str:
        for field, origin in way.lift.items():
            if field == message.key and origin.startswith("path."):
                return parameters.get(origin.removeprefix("path."), "")
        return parameters.get(message.key) or next(iter(parameters.values()), "")

    # What is kept.

    def _keep(self, name: str, body: Mapping[str, Any]) -> bool:
        message = self.system.messages[name]
        key = _key_of(message, body)
        before = self._kept[name].get(key)
        row = copied(_merged(before or {}, body))
        self._kept[name][key] = row
        self.context.commit(name, key, row)
        for record, telling in message.tells.items():
            self._tell_record(record, telling, row)
        for way in message.carried_by.values():
            if isinstance(way, Topic):
                self._emit(way, key, row)
        return before is None

    def _remove(self, name: str, key: str) -> bool:
        return self._kept[name].pop(key, None) is not None

    def _tell_record(self, record: str, telling: Telling, body: Mapping[str, Any]) -> None:
        spec = self.system.records[record]
        rows = [body]
        if telling.each is not None:
            rows = [one.value for one in read_all(parse_path(telling.each), body)]
        for row in rows:
            key = {field: self._read(path, row, body) for field, path in telling.key.items()}
            slot = " ".join(shown(key.get(field)) for field in spec.key)
            held = {**self._records[record].get(slot, {}), **key}
            for value, path in telling.set.items():
                found = self._read(path, row, body)
                if not missing(found):
                    held[value] = found
            for sign, changes in ((1, telling.add), (-1, telling.subtract)):
                for value, path in changes.items():
                    held[value] = held.get(value, 0) + sign * self._read(path, row, body)
            self._note(record, slot, held)

    @staticmethod
    def _read(text: str, row: Any, root: Any) -> Any:
        path = parse_path(text)
        return read(Path(path.parts), root if path.up else row)

    def _note(self, record: str, slot: str, held: dict[str, Any]) -> None:
        self._records[record][slot] = held
        self.context.note(record, held)

    def _emit(self, way: Topic, key: str, row: Mapping[str, Any]) -> None:
        raw = to_json(_wrapped(parse_path(way.at).tail(), row))
        topics = (way.webhook,) if isinstance(way.webhook, str) else way.webhook
        for topic in topics:
            self._events += 1
            headers = (
                ("Content-Type", "application/json"),
                ("X-Topic", topic),
                *signature(self.system, self.secrets, raw),
            )
            event = f"evt-{self._events}"
            self.context.emit(Webhook(topic, key, raw, headers, f"dlv-{self._events}", event))

    # What a scenario asks for.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; `keep` returns the handle of the message."""
        values = payload if isinstance(payload, Mapping) else {}
        name = str(values.get("message", ""))
        if action not in self.actions or name not in self._kept:
            if action in self.actions:
                raise UnknownAction(f"say which message: {', '.join(self._kept)}")
            return super().act(action, payload, about=about)
        if action == "remove":
            self._remove(name, shown(values.get("key")))
            return None
        body = values.get("body")
        if not isinstance(body, Mapping) or not _key_of(self.system.messages[name], body):
            key = self.system.messages[name].key
            raise UnknownAction(f"say what it becomes: {{message: {name}, body: {{{key}: ...}}}}")
        self._keep(name, body)
        return {"message": name, "key": _key_of(self.system.messages[name], body)}

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over messages, told to nobody, or records."""
        if message in self._records:
            for row in rows:
                key = [shown(read(parse_path(f), row)) for f in self.system.records[message].key]
                self._note(message, " ".join(key), copied(row))
            return
        if message not in self._kept:
            super().hold(message, rows)
        for row in rows:
            self._kept[message][_key_of(self.system.messages[message], row)] = copied(row)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this message by its webhooks."""
        ways = [
            w for w in self.system.messages[message].carried_by.values() if isinstance(w, Topic)
        ]
        if not ways or not isinstance(body, Mapping):
            super().send(message, body)
        for way in ways:
            self._emit(way, _key_of(self.system.messages[message], body), body)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, unchanged."""
        try_again(self.context, outcome, self.numbers["webhook_retries"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return every record, by its key."""
        return {
            name: [copied(held[slot]) for slot in sorted(held)]
            for name, held in self._records.items()
        }


def _address(way: Carriage) -> str:
    return way.request or way.response or ""


def _key_of(message: Message, body: Any) -> str:
    found = read(parse_path(message.key), body)
    return "" if missing(found) else shown(found)


def _merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {**before, **after}


def _is_of(row: Mapping[str, Any], way: Carriage, parameters: Parameters) -> bool:
    """Return whether a row is one that the address asks for."""
    named = {
        origin.removeprefix("path."): field
        for field, origin in way.lift.items()
        if origin.startswith("path.")
    }
    fields = {name: named.get(name, name) for name in parameters}
    if len(fields) == 1 and not any(field in row for field in fields.values()):
        return parameters[next(iter(fields))] in map(shown, row.values())
    return all(shown(read(parse_path(fields[n]), row)) == parameters[n] for n in parameters)


def _in_window(row: Mapping[str, Any], way: Carriage, message: Message, call: Call) -> bool:
    field = message.happened_at or message.version
    if way.window is None or field is None:
        return True
    at = _instant(read(parse_path(field), row))
    since, until = (
        _instant(call.query.get(name)) if name else None
        for name in (way.window.since, way.window.to)
    )
    return at is None or ((since is None or at >= since) and (until is None or at <= until))


def _instant(value: Any) -> datetime | None:
    try:
        return None if missing(value) else to_instant(value)
    except Uncomparable:
        return None


def _wrapped(where: Path, value: Any) -> Any:
    """Return an answer that holds a value at a path; a list where the path goes through one."""
    parts: Sequence[str] = where.parts[:-1] if where.parts[-1:] == (EVERY,) else where.parts
    found = value
    for part in reversed(parts):
        found = {part: found}
    return found


def _put(body: Any, parts: Iterable[str], value: Any) -> None:
    *above, last = parts
    for part in above:
        body = body.setdefault(part, {})
    body[last] = value


def _next(begin: int) -> str:
    return base64.urlsafe_b64encode(f"from {begin}".encode()).decode().rstrip("=")


def _cursor(call: Call) -> int:
    """Return where a page begins: any parameter may carry what the page before said."""
    for text in call.query.values():
        padded = text + "=" * (-len(text) % 4)
        try:
            word, _, number = base64.urlsafe_b64decode(padded).decode().partition(" ")
        except ValueError:
            continue
        if word == "from" and number.isdigit():
            return int(number)
    return 0


def _refused(wrong: Sequence[Violation]) -> Reply:
    return reply(
        422,
        {
            "error": "invalid",
            "fields": [
                {"field": one.field, "code": one.code, "message": one.message} for one in wrong
            ],
        },
    )
