"""Where the messages of an OpenAPI description stand, 2.0 and 3.x: schemas, operations, servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from harness.importing.documents import Pointer, Source, among
from harness.importing.fields import Way
from harness.importing.shapes import Part

_METHODS: Final = ("get", "put", "post", "delete", "patch")
_SCHEMAS: Final = (("components", "schemas"), ("definitions",), ("$defs",))
_PARAMETER: Final = re.compile(r"\{([^{}/]*)\}")


@dataclass(frozen=True, slots=True)
class Body:
    """What travels in an operation: its schema, the way it goes, and what must be said of it."""

    part: Part
    way: Way
    call: dict[str, str] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Operation:
    line: str
    identity: str
    data: Mapping[str, Any]
    place: Pointer
    beside: Mapping[str, Any]
    """What stands beside the operation and holds for it too: parameters and servers."""


def named_schema(source: Source, name: str) -> Part:
    """Return the schema of a name.

    Raises:
        BadInput: there is none; names that fit are said.
    """
    known = _schemas(source)
    if name in known:
        return known[name]
    hint = among(name, list(known))
    ways = " or name an operation with --operation" if "paths" in source.data else ""
    hint = "; ".join(filter(None, (hint, f"choose one with --part{ways}")))
    raise source.refuse(f"has no schema {name!r}", hint)


def has_schema(source: Source, name: str) -> bool:
    """Tell whether a file has a schema of a name."""
    return name in _schemas(source)


def _schemas(source: Source) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for place in _SCHEMAS:
        here: Any = source.data
        for step in place:
            here = here.get(step) if isinstance(here, Mapping) else None
        for name, schema in here.items() if isinstance(here, Mapping) else ():
            found.setdefault(name, Part(schema, (*place, name)))
    return found


def body_of(source: Source, name: str, *, answer: bool) -> Body:
    """Return what an operation takes, or what it answers where it takes nothing.

    ``name`` is ``POST /orders``, an operationId, or the name of a webhook. ``answer`` asks for
    what it answers in any case.

    Raises:
        BadInput: there is no such operation, or more than one, or it has no JSON.
    """
    known = list(_operations(source))
    fitting = [one for one in known if name in (one.line, one.identity)]
    if not fitting:
        names = [word for one in known for word in (one.line, one.identity) if word]
        raise source.refuse(f"has no operation {name!r}", among(name, names))
    if len(fitting) > 1:
        lines = ", ".join(one.line for one in fitting)
        raise source.refuse(f"has {len(fitting)} operations {name!r}", f"name one of: {lines}")
    return _body(source, fitting[0], answer=answer)


def _operations(source: Source) -> Iterator[_Operation]:
    for section in ("paths", "webhooks"):
        items = source.data.get(section)
        for path, entry in items.items() if isinstance(items, Mapping) else ():
            item, place = _followed(entry, source, (section, path))
            for method in _METHODS if isinstance(item, Mapping) else ():
                data = item.get(method)
                if isinstance(data, Mapping):
                    line = f"{method.upper()} {path}" if section == "paths" else path
                    identity = data.get("operationId")
                    yield _Operation(
                        line,
                        identity if isinstance(identity, str) else "",
                        data,
                        (*place, method),
                        item,
                    )


def _body(source: Source, operation: _Operation, *, answer: bool) -> Body:
    is_webhook = operation.place[0] == "webhooks"
    sent = None if answer else _request(operation, source)
    part = sent or _response(operation, source)
    if part is None:
        said = "does not say what" if answer else "says neither what it takes nor what"
        hint = f"it speaks of {kinds}" if (kinds := _other_kinds(operation, source)) else ""
        message = f"{operation.line} {said} it answers as JSON"
        raise source.refuse(message, hint, at=operation.place)
    notes: list[str] = []
    if is_webhook:
        # The system sends it, so that nobody but the system sets what is in it.
        return Body(part, Way.SHOWN if sent else Way.SENT, None, ())
    if sent and _response(operation, source) is not None:
        notes.append(f"what {operation.line} takes is written here, not what it answers")
    call = _call(operation.line)
    if call is None:
        notes.append(f"{operation.line} has no form that can be written here")
        return Body(part, Way.SENT if sent else Way.SHOWN, None, tuple(notes))
    word = "request" if sent else "response"
    return Body(part, Way.SENT if sent else Way.SHOWN, {word: call}, tuple(notes))


def _call(line: str) -> str | None:
    """Return ``GET /orders/{order-id}`` as ``GET /orders/:order_id``; None where it has no form."""
    method, _, path = line.partition(" ")
    path = path.partition("?")[0].partition("#")[0]
    literals = _PARAMETER.split(path)[::2]
    # After a parameter its name would go on; a colon of their own would begin another.
    if any(re.match(r"\w", after) for after in literals[1:]) or any(":" in one for one in literals):
        return None
    if not path.startswith("/") or re.search(r"\s", path):
        return None
    return f"{method} " + _PARAMETER.sub(lambda match: f":{_word(match[1])}", path)


def _word(name: str) -> str:
    word = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    return f"_{word}" if word[0].isdigit() else word


def _request(operation: _Operation, source: Source) -> Part | None:
    place = (*operation.place, "requestBody")
    body, place = _followed(operation.data.get("requestBody"), source, place)
    if isinstance(body, Mapping):
        return _json_content(body, place)
    for data, at in ((operation.data, operation.place), (operation.beside, operation.place[:-1])):
        for n, one in enumerate(_list(data.get("parameters"))):
            parameter, here = _followed(one, source, (*at, "parameters", str(n)))
            if isinstance(parameter, Mapping) and parameter.get("in") == "body":
                return Part(parameter.get("schema"), (*here, "schema"))
    return None


def _response(operation: _Operation, source: Source) -> Part | None:
    responses = operation.data.get("responses")
    answers = responses if isinstance(responses, Mapping) else {}
    good = sorted(status for status in answers if str(status).startswith("2"))
    for status in good:
        place = (*operation.place, "responses", status)
        answer, place = _followed(answers[status], source, place)
        if not isinstance(answer, Mapping):
            continue
        found = _json_content(answer, place)
        if found is None and answer.get("schema") is not None:
            found = Part(answer["schema"], (*place, "schema"))
        if found is not None:
            return found
    return None


def _json_content(holder: Mapping[str, Any], place: Pointer) -> Part | None:
    content = holder.get("content")
    kinds = [str(kind) for kind in content] if isinstance(content, Mapping) else []
    for kind in sorted(kinds, key=lambda one: not one.startswith("application/json")):
        media = content[kind] if isinstance(content, Mapping) else None
        is_json = "json" in kind.lower() or kind in ("*/*", "application/*")
        if is_json and isinstance(media, Mapping) and media.get("schema") is not None:
            return Part(media["schema"], (*place, "content", kind, "schema"))
    return None


def _other_kinds(operation: _Operation, source: Source) -> str:
    responses = operation.data.get("responses")
    holders = [operation.data.get("requestBody")]
    holders += list(responses.values()) if isinstance(responses, Mapping) else []
    kinds: dict[str, None] = {}
    for one in holders:
        holder, _ = _followed(one, source, ())
        content = holder.get("content") if isinstance(holder, Mapping) else None
        kinds |= {str(kind): None for kind in content} if isinstance(content, Mapping) else {}
    return ", ".join(kinds)


def _followed(value: Any, source: Source, place: Pointer) -> tuple[Any, Pointer]:
    """Return what a reference points at, also where that is one again; else the value itself."""
    seen: set[str] = set()
    while isinstance(value, Mapping) and isinstance(reference := value.get("$ref"), str):
        if reference in seen:
            raise source.refuse("a reference goes round in a circle", at=(*place, "$ref"))
        seen.add(reference)
        try:
            value, place = source.resolve(reference)
        except LookupError as error:
            message, hint = error.args
            raise source.refuse(message, hint, at=(*place, "$ref")) from error
    return value, place


# -- servers -------------------------------------------------------------------------------------


def servers(source: Source) -> tuple[list[str], list[str]]:
    """Return the addresses that a description names whole, and what is to say of the others."""
    data = source.data
    found = [
        one["url"]
        for one in _list(data.get("servers"))
        if isinstance(one, Mapping) and isinstance(one.get("url"), str)
    ]
    if isinstance(data.get("host"), str):
        schemes = _list(data.get("schemes")) or ["https"]
        base = data.get("basePath")
        scheme = "https" if "https" in schemes else "http"
        found.append(f"{scheme}://{data['host']}{base if isinstance(base, str) else ''}")
    urls = [url.rstrip("/") for url in found if _is_whole(url)]
    notes = [
        f"base_urls: {url} is no whole address, so it is left out"
        for url in found
        if not _is_whole(url)
    ]
    if len(set(urls)) > 1:
        notes.append("base_urls: the first is the one that is called; see that it is the right one")
    return list(dict.fromkeys(urls)), notes


def _is_whole(url: str) -> bool:
    if not re.fullmatch(r"https?://[!-~]+", url) or set(url) & set("{}@?#\"'\\<>"):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # no port, no address
        return False


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []
