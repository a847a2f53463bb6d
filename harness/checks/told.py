"""Records as the ends of contracts: what messages tell of them, as if they travelled themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.checks.holdings import News, Row, nested, tellings_of
from harness.landscape import Landscape
from harness.messages import Sighting, Sightings, Way

_FACTS = (Way.COMMITTED, Way.EMITTED)


def tell_records(sightings: Sightings, landscape: Landscape, names: Iterable[str]) -> None:
    """Add sightings of these records, one for each message that tells of one of them.

    Each has the row as it is after the message, and is otherwise what the message was: noted,
    told, shown or sent, at the same instant and with the same outcome. A change that builds on a
    row that nobody has told is left out.
    """
    records = landscape.records()
    for name in sorted(set(names) & records.keys()):
        sightings.add(name, _told(sightings, landscape, name))


def _told(sightings: Sightings, landscape: Landscape, name: str) -> Iterator[Sighting]:
    message = landscape.message(name)
    news = sorted(
        (one for telling in tellings_of(landscape, name) for one in telling.of(sightings)),
        key=lambda one: one.sighting.begun,
    )
    # What the system did, what it showed and what it was sent are three stories.
    stories: dict[str, dict[str, Row]] = {"facts": {}, "shown": {}, "sent": {}}
    counted: set[tuple[str, str, tuple[str, str, str]]] = set()
    for one in news:
        story = _story(one.sighting.way)
        if one.telling.relative:
            if (story, one.key, one.identity) in counted:
                continue
            counted.add((story, one.key, one.identity))
        before = stories[story].get(one.key, stories["facts"].get(one.key, {}))
        row = one.applied({**_key_of(one), **before})
        if row is None:
            continue
        stories[story][one.key] = row
        yield replace(
            one.sighting,
            message=name,
            key=one.key,
            version=one.version,
            body=_body(one, row, message.key),
        )


def _story(way: Way) -> str:
    return "facts" if way in _FACTS else "sent" if way is Way.SENT else "shown"


def _key_of(one: News) -> dict[str, Any]:
    return {field: one.read(path) for field, path in one.telling.says.key.items()}


def _body(one: News, row: Mapping[str, Any], key: str) -> dict[str, Any]:
    body = nested(row)
    return body if key in body else {**body, key: one.key}
