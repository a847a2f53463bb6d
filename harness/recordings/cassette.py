"""Cassettes in vcrpy's file format, read with suspicion and written for other tools to read."""

from __future__ import annotations

import binascii
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from harness.errors import RecordingError
from harness.history import Headers, find_header

VERSION: Final = 1
MAX_BYTES: Final = 50_000_000
"""How large a cassette, or one body without its encoding, may be."""
MAX_DEPTH: Final = 200
"""How deep a cassette may be nested; libyaml has no limit, and ends the process beyond its own."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; the body is plain, whatever encoding it travelled in."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered; the body is plain, and no header claims otherwise."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Episode:
    """One request and its answer; None when the recording holds no answer."""

    request: Request
    response: Response | None

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.url}"


@dataclass(frozen=True, slots=True)
class Cassette:
    """The episodes of one recording, in the order in which they happened.

    ``recorded_on`` is the day of the oldest episode, as ``2026-03-02``; None when neither the
    file nor the answers tell it. Cassettes keep no times, so they prove nothing about timing.
    """

    path: str
    episodes: tuple[Episode, ...] = ()
    recorded_on: str | None = None


def read_cassette(path: Path) -> Cassette:
    """Read a cassette, YAML or JSON.

    Raises:
        RecordingError: there is no such file, or it is no cassette that can be played.
    """
    shown = path.as_posix()
    data = _load(path)
    if isinstance(data, list) and data and isinstance(data[0], Mapping) and "request" in data[0]:
        raise RecordingError(
            f"{shown}: is a cassette of vcrpy before 1.0; record it again with a current vcrpy"
        )
    if not isinstance(data, Mapping) or not isinstance(data.get("interactions"), list):
        kind = "a Ruby VCR cassette" if _has(data, "http_interactions") else "no vcrpy cassette"
        kind = "a HAR file" if _has(data, "log") else kind
        raise RecordingError(
            f"{shown}: is {kind}; expected a mapping with `version: 1` and a list `interactions`"
        )
    if data.get("version", VERSION) != VERSION:
        raise RecordingError(
            f"{shown}: is a cassette of version {data['version']!r}; this harness reads version "
            f"{VERSION}; record it again"
        )
    episodes = []
    for number, interaction in enumerate(data["interactions"]):
        try:
            episodes.append(_episode(interaction))
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecordingError,
        ) as error:
            raise RecordingError(
                f"{shown}: interactions[{number}] is no request with a response "
                f"({type(error).__name__}: {error}); remove it or record it again"
            ) from error
    metadata = data.get("metadata")
    told = metadata.get("recorded_on") if isinstance(metadata, Mapping) else None
    return Cassette(shown, tuple(episodes), str(told) if told else _oldest(episodes))


def write_cassette(
    episodes: Iterable[Episode], path: Path, *, recorded_on: str | None = None
) -> None:
    """Write a cassette that vcrpy can play, beside and then renamed.

    A name that ends in ``.json`` is written as JSON, anything else as YAML.

    Raises:
        RecordingError: a body is not text, and JSON cannot hold it.
    """
    data: dict[str, Any] = {
        "interactions": [_interaction(episode) for episode in episodes],
        "version": VERSION,
    }
    if recorded_on is not None:
        data["metadata"] = {"recorded_on": recorded_on}
    text = _as_json(data, path) if path.suffix == ".json" else _as_yaml(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(text.encode())
    part.replace(path)


def plain_body(body: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Return a body without its content encoding, and headers that agree with it.

    Recordings hold bodies that are plain already under headers that still name an encoding, so
    the bytes decide. A body in an encoding that cannot be undone here keeps its header.
    """
    encoding = (find_header(headers, "content-encoding") or "").strip().casefold()
    undo = _UNDO.get(encoding)
    if encoding and undo is None and not _is_text(body):
        return body, headers
    plain = body if undo is None else undo(body)
    # Framing belongs to the connection that carried the answer, not to the answer.
    kept = [(k, v) for k, v in headers if k.casefold() not in _FRAMING]
    if len(kept) < len(headers):
        kept.append(("Content-Length", str(len(plain))))
    return plain, tuple(kept)


_FRAMING: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C when there
    """Safe, and able to read the few Python tags that older versions of vcrpy wrote."""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # C when there
    """Writes the same value out in full each time: anchors are hard to read and to review."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return that nothing is written as a reference."""
        del data
        return True


def _text_node(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _tuple_node(loader: Any, node: Any) -> Any:
    return loader.construct_sequence(node)


def _buffer_node(loader: Any, node: Any) -> Any:
    state = loader.construct_mapping(node, deep=True).get("state") or (b"",)
    return state[0]


for _tag, _construct in {
    "python/str": _text_node,
    "python/unicode": _text_node,
    "python/tuple": _tuple_node,
    "python/object/new:_io.BytesIO": _buffer_node,
}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)


def _load(path: Path) -> Any:
    shown = path.as_posix()
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecordingError(
            f"{shown}: cannot be read: {error.strerror}; run the scenario with --golive-record to "
            "record it"
        ) from error
    if len(raw) > MAX_BYTES:
        raise RecordingError(
            f"{shown}: is larger than {MAX_BYTES // 1_000_000} MB; record fewer calls into one file"
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{shown}: is not UTF-8 text, so it is no cassette") from error
    try:
        if text[:1] in "{[" and path.suffix == ".json":
            return json.loads(text)
        _check_depth(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with harmless tags
    # PyYAML's own constructors raise whatever int(), re and dict do with `!!int ''` and the like.
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        yaml.YAMLError,
    ) as error:
        reason = " ".join(str(error).split())[:300]
        raise RecordingError(f"{shown}: is no cassette: {reason}") from error


def _check_depth(text: str) -> None:
    # Events come from a parser that does not recurse; what builds values from them does.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _has(data: Any, key: str) -> bool:
    return isinstance(data, Mapping) and key in data


def _episode(data: Mapping[str, Any]) -> Episode:
    asked = data["request"]
    headers = _headers(asked.get("headers"))
    body, headers = plain_body(_bytes(asked.get("body")), headers)
    request = Request(str(asked["method"]).upper(), _url(asked["uri"]), headers, body)
    told = data["response"]
    return Episode(request, None if told is None else _response(told))


def _url(value: Any) -> str:
    parts = urlsplit(str(value))
    if not parts.hostname or parts.port == 0:
        raise ValueError(f"{value!r} is no address")
    return str(value)


def _response(data: Mapping[str, Any]) -> Response:
    headers = _headers(data.get("headers"))
    if "status_code" in data:  # what vcrpy wrote for httpx before version 6
        body, headers = plain_body(_bytes(data.get("content")), headers)
        return Response(int(data["status_code"]), headers, body)
    held = data.get("body")
    body, headers = plain_body(
        _bytes(held.get("string") if isinstance(held, Mapping) else held), headers
    )
    return Response(int(data["status"]["code"]), headers, body)


def _headers(data: Any) -> Headers:
    found = []
    for name, values in (data or {}).items():
        for value in values if isinstance(values, (list, tuple)) else (values,):
            shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            found.append((str(name), shown))
    return tuple(found)


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Mapping) and "base64" in value:
        return binascii.a2b_base64(value["base64"])
    raise TypeError(f"a body is text or bytes, not {type(value).__name__}")


def _interaction(episode: Episode) -> dict[str, Any]:
    request, response = episode.request, episode.response
    return {
        "request": {
            "body": _text_if_it_is(request.body) if request.body else None,
            "headers": _listed(request.headers),
            "method": request.method,
            "uri": request.url,
        },
        "response": None
        if response is None
        else {
            "body": {"string": _text_if_it_is(response.body)},
            "headers": _listed(response.headers),
            "status": {"code": response.status, "message": ""},
        },
    }


def _text_if_it_is(body: bytes) -> str | bytes:
    return body.decode() if _is_text(body) else body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _listed(headers: Headers) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for name, value in headers:
        listed.setdefault(name, []).append(value)
    return listed


def _as_yaml(data: Mapping[str, Any]) -> str:
    return str(yaml.dump(data, Dumper=_Dumper, allow_unicode=True, width=120, sort_keys=False))


def _as_json(data: Mapping[str, Any], path: Path) -> str:
    try:
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    except TypeError as error:
        raise RecordingError(
            f"{path.as_posix()}: a body is not text, and JSON cannot hold it; give the cassette a "
            "name that ends in .yaml"
        ) from error


def _gunzipped(body: bytes) -> bytes:
    whole = body
    if body[:2] != b"\x1f\x8b":
        return body
    plain = b""
    while body[:2] == b"\x1f\x8b":  # members one after the other are one body
        undo = zlib.decompressobj(zlib.MAX_WBITS | 16)
        more = _limited(undo, body, MAX_BYTES - len(plain))
        if more is None:
            return whole
        plain, body = plain + more, undo.unused_data
    return plain


def _inflated(body: bytes) -> bytes:
    # Servers send "deflate" with and without the wrapper of zlib.
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        plain = _limited(zlib.decompressobj(window), body, MAX_BYTES)
        if plain is not None:
            return plain
    return body


def _limited(undo: Any, body: bytes, most: int) -> bytes | None:
    """Return a body without its encoding; None when it has none or breaks off.

    Raises:
        RecordingError: it is larger than a body may be.
    """
    try:
        plain: bytes = undo.decompress(body, most + 1)
    except zlib.error:
        return None
    if len(plain) > most:
        raise RecordingError(
            f"a body is larger than {MAX_BYTES // 1_000_000} MB without its encoding"
        )
    return plain if undo.eof else None


_UNDO: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
    "identity": lambda body: body,
}


def _oldest(episodes: Iterable[Episode]) -> str | None:
    days = []
    for episode in episodes:
        said = None if episode.response is None else find_header(episode.response.headers, "date")
        day = _day(said) if said else None
        if day:
            days.append(day)
    return min(days, default=None)


def _day(text: str) -> str | None:
    try:
        instant: datetime = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (instant.astimezone(UTC) if instant.tzinfo else instant).date().isoformat()
