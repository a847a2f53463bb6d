"""Messages cut out of exchanges and events, and how each one ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history import EventKind, Failure
from harness.landscape import Landscape, System
from harness.mapping import ABSENT, Veiled
from harness.messages import (
    Carriages,
    Fate,
    Outcome,
    Sighting,
    Sightings,
    Way,
    fate,
    key_text,
    version_of,
)
from tests.checks.support import Story, batch, good, landscape, ticket


def shelf(**ways: dict[str, Any]) -> Landscape:
    """Return one system with one message that travels in these ways."""
    message = {
        "key": "id",
        "version": "rev",
        "carried_by": ways,
        "fields": {"rev": {"type": "integer"}},
    }
    system = {
        "system": "store",
        "kind": "oms",
        "owner": "t",
        "base_urls": ["https://store.test/v1"],
        "messages": {"box": message},
    }
    return Landscape.described(systems={"store": System.model_validate(system)}, teams={})


def found(ways: dict[str, Any], method: str, url: str, payload: Any = None) -> list[Any]:
    """Return what a call is about."""
    return list(Carriages(shelf(**ways)).of_call("store", method, url, payload))


@pytest.mark.parametrize(
    ("template", "url", "hit"),
    [
        ("POST /boxes", "https://store.test/boxes", True),
        ("POST /boxes", "https://store.test/v1/boxes?x=1", True),
        ("POST /boxes", "https://store.test/boxes/", True),
        ("POST /boxes", "https://store.test/boxes/7", False),
        ("POST /boxes/:id", "https://store.test/boxes/7", True),
        ("POST /boxes/:id.json", "https://store.test/boxes/7.json", True),
        ("POST /boxes/:id.json", "https://store.test/boxes/7.xml", False),
        ("POST /a.b", "https://store.test/aXb", False),
    ],
)
def test_an_address_fits_its_template(template: str, url: str, *, hit: bool) -> None:
    """Parameters take one part of the path; query and base path do not matter."""
    assert bool(found({"a": {"request": template}}, "POST", url, {"id": 1})) is hit


def test_the_method_counts() -> None:
    """A GET is no POST."""
    assert found({"a": {"request": "POST /boxes"}}, "GET", "https://store.test/boxes") == []


def test_the_template_with_fewest_parameters_wins() -> None:
    """`/boxes/count` is not taken for a box called count."""
    ways = {"one": {"response": "GET /boxes/:id"}, "count": {"request": "GET /boxes/count"}}

    hits = found(ways, "GET", "https://store.test/boxes/count", {"id": 5})

    assert [(name, key) for name, key, _ in hits] == [("store.box", "5")]


def test_a_list_yields_each_of_its_elements() -> None:
    """Every element of `body.boxes.*` is a message of its own."""
    ways = {"all": {"request": "POST /boxes", "at": "body.boxes.*"}}

    hits = found(ways, "POST", "https://store.test/boxes", {"boxes": [{"id": 1}, {"id": 2}]})

    assert [key for _, key, _ in hits] == ["1", "2"]


def test_fields_are_lifted_from_the_address() -> None:
    """A body without its id gets it from the path; one that has it keeps it."""
    ways = {"put": {"request": "PUT /boxes/:id", "lift": {"id": "path.id"}}}

    lifted = found(ways, "PUT", "https://store.test/boxes/9", {"rev": 1})
    kept = found(ways, "PUT", "https://store.test/boxes/9", {"id": 3})

    assert [key for _, key, _ in (*lifted, *kept)] == ["9", "3"]


def test_what_is_lifted_from_the_address_is_read_plainly() -> None:
    """A slash in an id is written as `%2F` there, and is a slash all the same."""
    ways = {"put": {"request": "PUT /boxes/:id", "lift": {"id": "path.id"}}}

    (hit,) = found(ways, "PUT", "https://store.test/boxes/A%2F9%20b", {"rev": 1})

    assert hit[1] == "A/9 b"


@pytest.mark.parametrize("body", [None, [1, 2], "text", 5])
def test_a_body_that_is_no_object_carries_nothing(body: Any) -> None:
    """Anything may come over the wire; nothing of it raises."""
    assert found({"a": {"request": "POST /boxes"}}, "POST", "https://store.test/boxes", body) == []


def sent(**how: Any) -> Sighting:
    """Return the sighting of one batch that was sent."""
    return Sightings(Story().send(**how).history(), landscape()).of("oven.batch", Way.SENT)[0]


@pytest.mark.parametrize(
    ("how", "outcome", "words"),
    [
        ({"status": 201}, Outcome.ACCEPTED, ("201", "2xx")),
        ({"status": 429}, Outcome.THROTTLED, ("429", "4xx", "throttled")),
        ({"status": 422}, Outcome.REJECTED, ("422", "4xx")),
        ({"status": 503}, Outcome.REJECTED, ("503", "5xx")),
        ({"status": 409}, Outcome.REJECTED, ("409", "4xx")),
        (
            {"status": 409, "answer": {"error": "known"}},
            Outcome.ACCEPTED,
            ("known", "409", "4xx"),
        ),
        ({"status": None, "failure": Failure.TIMEOUT}, Outcome.UNKNOWN, ("timeout",)),
        ({"status": None, "failure": Failure.RESET}, Outcome.UNKNOWN, ("reset", "timeout")),
        (
            {"status": None, "failure": Failure.NO_CONNECTION},
            Outcome.NOT_CONNECTED,
            ("no_connection",),
        ),
    ],
)
def test_the_outcome_follows_named_answers_then_the_status(
    how: dict[str, Any], outcome: Outcome, words: tuple[str, ...]
) -> None:
    """A timeout is unknown, a refused connection is not; named answers come first."""
    sighting = sent(**how)

    assert (sighting.outcome, sighting.words) == (outcome, words)


def test_a_good_story_shows_each_message_once_in_each_way() -> None:
    """Committed, shown and sent are different sightings of the same messages."""
    seen = Sightings(good().history(), landscape())

    assert [one.way for one in seen.of("shop.ticket")] == [Way.COMMITTED, Way.SHOWN]
    assert [one.way for one in seen.of("oven.batch")] == [Way.SENT, Way.COMMITTED]
    assert {one.key for one in seen.of("shop.ticket")} == {"7"}
    assert (seen.unmatched, seen.unrouted) == ((), ())


def test_an_empty_history_shows_nothing() -> None:
    """No entries, no sightings."""
    assert Sightings(Story().history(), landscape()).messages == ()


def test_a_webhook_is_known_when_it_begins_an_answer_when_it_ends() -> None:
    """A receiver may act before it answers; an answer must first arrive."""
    story = Story()
    number = story.webhook(ticket())
    story.read_batch(batch())
    seen = Sightings(story.history(), landscape())
    (read,) = seen.of("oven.batch", Way.SHOWN)

    assert seen.of("shop.ticket")[0].known == number
    assert read.known == read.begun + 1


def test_a_failed_read_shows_nothing() -> None:
    """The body of an error is no message."""
    story = Story()
    story._exchange(
        "integration",
        "oven",
        "https://oven.test/batches/7",
        None,
        404,
        None,
        method="GET",
        answer=batch(),
    )

    assert not Sightings(story.history(), landscape()).of("oven.batch", Way.SHOWN)


def test_an_emitted_webhook_is_a_fact_even_if_it_never_arrives() -> None:
    """What a system meant to tell counts, though nobody heard it."""
    story = Story().event(EventKind.EMITTED, "shop", topic="ticket", delivery="d", body=ticket())

    (one,) = Sightings(story.history(), landscape()).of("shop.ticket")

    assert (one.way, one.key) == (Way.EMITTED, "7")


def test_what_fits_no_carrier_is_counted() -> None:
    """A call that nobody described is shown, not dropped."""
    story = Story()
    number = story._exchange("integration", "oven", "https://oven.test/status", None, 200, None)

    assert Sightings(story.history(), landscape()).unmatched == (number,)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("7", "7"),
        (None, ""),
        (ABSENT, ""),
        (Veiled("m", 3, ascii=True), "veiled:m"),
        (Veiled(None, 3, ascii=True), ""),
    ],
)
def test_keys_are_text(value: Any, text: str) -> None:
    """Numbers and texts of the same digits are the same key; a veiled one is its digest."""
    assert key_text(value) == text


@given(st.lists(st.integers()))
def test_versions_keep_their_order(numbers: list[int]) -> None:
    """Comparable versions sort as the numbers do, however they are written."""
    versions = [version_of(str(number), "decimal") for number in numbers]

    assert sorted(versions) == [version_of(n, "integer") for n in sorted(numbers)]


@pytest.mark.parametrize("value", [None, ABSENT, "x", Veiled("m", 1, ascii=True)])
def test_what_cannot_be_ordered_is_no_version(value: Any) -> None:
    """A version of the wrong form counts as none."""
    assert version_of(value, "integer") is None


# -- unknown outcomes --------------------------------------------------------------------------


def fate_of(story: Story, *, watched: bool = False) -> Fate:
    """Return what became of the first batch of a story."""
    seen = Sightings(story.history(), landscape())
    first, *later = seen.of("oven.batch", Way.SENT, Way.SHOWN)
    commits = seen.of("oven.batch", Way.COMMITTED)
    return fate(first, commits=commits, later=later, watched=watched)


def test_an_answer_decides() -> None:
    """2xx is taken, 4xx is not."""
    assert fate_of(Story().send(commits=False)).taken is True
    assert fate_of(Story().send(status=422)).taken is False


def test_a_lost_answer_leaves_both_possible() -> None:
    """The order may exist."""
    assert fate_of(Story().send(status=None)).taken is None


def test_a_commit_settles_a_lost_answer_at_its_instant() -> None:
    """The target noted that it holds the message, because of this very call."""
    settled = fate_of(Story().send(status=None, commits=True))

    assert (settled.taken, settled.exact) == (True, True)


def test_no_commit_where_commits_are_noted_settles_it_too() -> None:
    """A target that journals every commit and noted none did nothing."""
    assert fate_of(Story().send(status=None), watched=True).taken is False


@pytest.mark.parametrize(
    "later",
    [
        lambda story: story.send(status=409, answer={"error": "known"}),
        lambda story: story.read_batch(batch()),
    ],
)
def test_a_later_sight_settles_it_by_then(later: Any) -> None:
    """A 409 that says it exists, or a read, shows that it was taken by that time."""
    settled = fate_of(later(Story().send(status=None)))

    assert (settled.taken, settled.exact) == (True, False)


def test_a_later_plain_success_settles_nothing_about_the_first() -> None:
    """The second call may have made the only one, or another one."""
    assert fate_of(Story().send(status=None).send(commits=False)).taken is None


@given(st.binary(max_size=60))
def test_no_bytes_break_the_cutting(body: bytes) -> None:
    """Whatever a body holds, cutting gives messages with keys, or nothing."""
    hits = Carriages(landscape()).of_call("oven", "POST", "https://oven.test/batches", body)

    assert all(name == "oven.batch" and isinstance(key, str) for name, key, _ in hits)


def test_a_poll_names_the_version_of_an_api_at_most() -> None:
    """A list of one shelf is no poll of all boxes."""
    ways = {
        "all": {"response": "GET /:version/boxes", "at": "body.boxes.*"},
        "some": {"response": "GET /:version/shelves/:shelf/boxes", "at": "body.boxes.*"},
    }
    carriages = Carriages(shelf(**ways))

    def polled(path: str) -> frozenset[str]:
        story = Story()
        story._exchange("integration", "store", f"https://store.test/v1/{path}", None, 200, None)
        (exchange,) = story.history().exchanges
        return carriages.listed_by(replace(exchange, method="GET"))

    assert polled("2026-01/boxes") == {"store.box"}
    assert polled("2026-01/shelves/A/boxes") == frozenset()
