"""A recording answers what it holds, once and in order, and explains what it does not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings import Cassette, Episode, Miss, Replay, Request, Response
from harness.recordings import replay as module

JSON = (("Content-Type", "application/json"),)
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def ask(url: str = "https://a.test/orders", body: Any = None, method: str = "POST") -> Request:
    """Return a request; a body that is no bytes is sent as JSON."""
    if body is None or isinstance(body, bytes):
        return Request(method, url, (), body or b"")
    return Request(method, url, JSON, json.dumps(body).encode())


def replay(*requests: Request) -> Replay:
    """Return a replay in which the n-th request is answered with status 200 + n."""
    return Replay(
        Cassette("c.yaml", tuple(Episode(one, Response(200 + n)) for n, one in enumerate(requests)))
    )


def status(found: Episode | Miss) -> int | str:
    """Return the status of an episode, or why there is none."""
    if isinstance(found, Miss):
        return found.nearest
    assert found.response is not None
    return found.response.status


def test_the_same_call_plays_in_order_and_once() -> None:
    """First refused, then taken: the order of the recording counts."""
    tape = replay(ask(body={"a": 1}), ask(body={"a": 2}), ask(body={"a": 1}))

    assert [status(tape.answer(ask(body={"a": 1}))) for _ in range(2)] == [200, 202]
    assert "recorded 2 times" in str(tape.answer(ask(body={"a": 1})))
    assert [one.response for one in tape.unplayed()] == [Response(201)]


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (ask("https://a.test/o?a=1&b=2"), ask("https://a.test/o?b=2&a=1")),
        (ask("https://a.test:443/o"), ask("https://A.test/o/")),
        (ask("https://a.test/%C3%A9"), ask("https://a.test/é")),
        (ask(body={"a": 1, "b": [1.0]}), ask(body={"b": [1], "a": 1.00})),
        (
            ask(body=b"plain"),
            Request("post", "https://a.test/orders", (("X-Date", "now"),), b"plain"),
        ),
        (
            Request("POST", "https://a.test/orders", FORM, b"a=1&b=%20"),
            Request("POST", "https://a.test/orders", FORM, b"b=+&a=1"),
        ),
        (ask(body={"token": "[removed]", "a": 1}), ask(body={"token": "t0k", "a": 1})),
        (ask(body={"name": "personal-3"}), ask(body={"name": "personal-1 personal-2"})),
        (ask("https://a.test/o?key=[removed]"), ask("https://a.test/o?key=abc")),
        (ask("https://a.test/o/personal-4@redacted.invalid"), ask("https://a.test/o/x@y.zz")),
        (ask(body=b"\xff\x00"), ask(body=b"\xff\x00")),
        (ask(body=b'{"n": 100, "m": 1.50, "z": 0}'), ask(body=b'{"n": 1e2, "m": 1.5, "z": 0.00}')),
    ],
)
def test_what_means_the_same_matches(recorded: Request, asked: Request) -> None:
    """Order of parameters, spelling of numbers, headers, and what was hidden make no difference."""
    assert status(replay(recorded).answer(asked)) == 200


@pytest.mark.parametrize(
    ("recorded", "asked", "said"),
    [
        (ask(body={"qty": 1}), ask(body={"qty": 2}), "body.qty: 1 recorded, 2 asked"),
        (ask(body={"qty": 1}), ask(body={"qty": "1"}), 'body.qty: 1 recorded, "1" asked'),
        (ask(body={"a": 1, "b": 2}), ask(body={"a": 1}), "body.b: 2 recorded, nothing asked"),
        (ask(body={"token": "[removed]"}), ask(body={}), "body.token"),
        (ask("https://a.test/o?p=1"), ask("https://a.test/o?p=2"), "query p: 1 recorded, 2 asked"),
        (ask("https://a.test/orders"), ask("https://a.test/order"), "nearest: POST /orders"),
        (ask(), ask(method="GET"), "nearest: POST /orders"),
        (ask(), ask("https://b.test/orders"), "no calls to b.test; it holds calls to a.test"),
        (ask(body={"n": 10**30}), ask(body={"n": 10**30 + 1}), "body.n"),
        (ask(body=b'{"n": 1.5}'), ask(body=b'{"n": 1.50001}'), "body.n: 15e-1 recorded"),
        (ask(body=b'{"n": 1e999999}'), ask(body={"n": 1}), "body.n: 1e999999 recorded, 1 asked"),
    ],
)
def test_a_miss_is_explained(recorded: Request, asked: Request, said: str) -> None:
    """In words: what came nearest and where it differs; nothing is guessed."""
    tape = replay(recorded)

    assert said in str(tape.answer(asked))
    assert len(tape.unplayed()) == 1


def test_an_empty_recording_answers_nothing() -> None:
    """It says that it is empty."""
    assert "no episodes" in str(replay().answer(ask()))


@given(
    st.lists(
        st.dictionaries(st.sampled_from("ab"), st.integers(0, 2) | st.booleans(), max_size=2),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_every_episode_plays_exactly_once(bodies: list[dict[str, Any]], random: Any) -> None:
    """Asked in any order, each answers once, and equal ones in the order of the recording."""
    tape = replay(*(ask(body=body) for body in bodies))
    shuffled = random.sample(range(len(bodies)), len(bodies))
    played = [(json.dumps(bodies[i]), status(tape.answer(ask(body=bodies[i])))) for i in shuffled]

    assert sorted(number for _, number in played) == [200 + n for n in range(len(bodies))]
    assert tape.unplayed() == ()
    for text in {text for text, _ in played}:
        numbers = [number for other, number in played if other == text]
        assert numbers == sorted(numbers)


def test_the_cost_of_a_call_does_not_grow_with_the_recording(monkeypatch: Any) -> None:
    """A call is cut into pieces once; the other episodes are not looked at again."""
    tape = replay(*(ask(body={"n": n, "token": "[removed]"}) for n in range(200)))
    cut: list[Any] = []
    whole = module._leaves

    def counted(request: Request) -> Any:
        cut.append(request)
        return whole(request)

    monkeypatch.setattr(module, "_leaves", counted)

    answers = [status(tape.answer(ask(body={"n": n, "token": "x"}))) for n in (199, 0, 7)]
    assert (answers, len(cut)) == ([399, 200, 207], 3)
