"""Recording of live calls with vcrpy: only those, nothing secret, and all at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import RecordingError
from harness.history import Headers
from harness.recordings.cassette import Episode, Request, Response, plain_body, write_cassette
from harness.recordings.live import departure, leaving

Redact = Callable[[Sequence[Episode]], Iterable[Episode]]


@dataclass(slots=True)
class Recording:
    """What a recording holds once it has ended; empty while it goes on."""

    path: Path
    episodes: tuple[Episode, ...] = field(default=())


@contextmanager
def recording(
    path: Path, *, hosts: Collection[str], redact: Redact, recorded_on: str | None = None
) -> Iterator[Recording]:
    """Record every ``live_call`` to these hosts, with vcrpy, into a cassette.

    Nothing is written before the block ends, and nothing at all when it raises: an older
    recording stays as it was. Answers of simulators never get in, because vcrpy is only told of
    calls that really leave the process, even while it watches every httpx transport.

    Args:
        path: The cassette; ``.json`` or YAML.
        hosts: Names of hosts, without port; calls to others are not recorded.
        redact: Takes secrets and personal values out of the episodes; ``masked`` is one.
        recorded_on: The day, as ``2026-03-02``; a cassette has no other time.

    Raises:
        RecordingError: a redaction failed; nothing was written.
    """
    import vcr  # noqa: PLC0415 - loads half a dozen HTTP libraries, which only recording needs

    wanted = frozenset(host.casefold() for host in hosts)
    result = Recording(path)

    def only_live(request: Any) -> Any:
        if not leaving() or str(request.host).casefold() not in wanted:
            return None
        # vcrpy keeps calls as their answers come; a cassette holds them as they were sent.
        request.departure = departure()
        return request

    tape = vcr.VCR(record_mode="all", record_on_exception=False, before_record_request=only_live)
    memory = _Memory()
    tape.register_persister(memory)
    with tape.use_cassette(path.as_posix()):
        yield result
    if memory.heard:
        in_order = sorted(memory.heard, key=lambda pair: pair[0].departure)
        episodes = _redacted([_episode(*pair) for pair in in_order], redact, path)
        write_cassette(episodes, path, recorded_on=recorded_on)
        result.episodes = episodes


class _Memory:
    """What vcrpy takes for its place of storage.

    Nothing here may raise: vcrpy stores before it takes its patches off, and would leave them on.
    """

    def __init__(self) -> None:
        self.heard: list[tuple[Any, Mapping[str, Any]]] = []

    def load_cassette(self, cassette_path: str, serializer: Any) -> Any:
        """Say that there is nothing to go on from; a recording begins anew."""
        from vcr.persisters.filesystem import CassetteNotFoundError  # noqa: PLC0415 - as above

        del serializer
        raise CassetteNotFoundError(cassette_path)

    def save_cassette(
        self, cassette_path: str, cassette_dict: Mapping[str, Any], serializer: Any
    ) -> None:
        """Keep what was heard."""
        del cassette_path, serializer
        self.heard = list(zip(cassette_dict["requests"], cassette_dict["responses"], strict=True))


def _redacted(heard: Sequence[Episode], redact: Redact, path: Path) -> tuple[Episode, ...]:
    try:
        return tuple(redact(heard))
    except Exception as error:
        raise RecordingError(
            f"{path.as_posix()}: the recording could not be redacted "
            f"({type(error).__name__}), so nothing was written"
        ) from error


def _episode(request: Any, response: Mapping[str, Any]) -> Episode:
    asked = _pairs(request.headers)
    body, asked = plain_body(_bytes(request.body), asked)
    told = _pairs(response["headers"])
    answer, told = plain_body(_bytes(response["body"]["string"]), told)
    return Episode(
        Request(request.method, request.uri, asked, body),
        Response(response["status"]["code"], told, answer),
    )


def _pairs(headers: Mapping[str, Any]) -> Headers:
    return tuple(
        (name, str(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, (list, tuple)) else (values,))
    )


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value or b"")
