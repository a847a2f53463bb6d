"""A scenario says one thing at a time; what cannot be meant is refused in its own words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from harness.fault_words import WORDS, FaultWord
from harness.json_text import json_text
from harness.scenario import Fault, Payload, Recorded, Scenario, ThenStep, WhenStep
from harness.timing import HOUR, MINUTE, parse_instant

STORY: dict[str, Any] = {"scenario": "A ticket becomes a batch", "id": "BUN-001"}
RACE = [{"do": "shop.pay"}, {"do": "shop.cancel"}]
BASE = {"on": "shop.ticket"}


def scenario(**more: Any) -> Scenario:
    """Return a small story with more keys."""
    return Scenario.model_validate({**STORY, **more})


@pytest.mark.parametrize(
    ("step", "verb"),
    [
        ({"do": "shop.sell"}, "do"),
        ({"send": "shop.ticket"}, "send"),
        ({"send_again": "t1"}, "send_again"),
        ({"stop": "integration"}, "stop"),
        ({"start": "integration"}, "start"),
    ],
)
def test_a_step_has_one_verb(step: dict[str, str], verb: str) -> None:
    """Each of the five stands by itself."""
    assert verb == WhenStep.model_validate(step).verb


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ({"message": "oven.batch"}, "message"),
        ({"never": "oven.batch"}, "never"),
        ({"told": "bakers"}, "told"),
    ],
)
def test_an_expectation_has_one_word(step: dict[str, str], word: str) -> None:
    """Each of the three stands by itself."""
    assert word == ThenStep.model_validate(step).word


@pytest.mark.parametrize(
    ("model", "data", "said"),
    [
        (WhenStep, {}, "exactly one of .* here: none"),
        (WhenStep, {"do": "shop.sell", "send": "shop.ticket"}, "here: do, send"),
        (WhenStep, {"do": "sell"}, "pattern"),
        (WhenStep, {"do": "shop.sell", "after": "1m", "at": "2m"}, "`after` or `at`, not both"),
        (WhenStep, {"do": "shop.sell", "times": 3}, "`times` needs `every`"),
        (WhenStep, {"do": "shop.sell", "times": 0}, "greater than or equal to 1"),
        (WhenStep, {"stop": "shop"}, "integration"),
        (WhenStep, {"race": [{"do": "shop.pay"}]}, "at least 2"),
        (WhenStep, {"race": RACE, "id": "r"}, "the rest is of its steps"),
        (WhenStep, {"race": [{"race": RACE}, {"do": "shop.pay"}]}, "no race in it"),
        (WhenStep, {"race": [{"do": "shop.pay", "after": "1s"}] * 2}, "no time of their own"),
        (ThenStep, {}, "exactly one of .* here: none"),
        (ThenStep, {"message": "oven.batch", "never": "oven.batch"}, "here: message, never"),
        (ThenStep, {"message": "oven.batch", "times": -1}, "greater than or equal to 0"),
        (ThenStep, {"check": "mine"}, "a check written in Python"),
        (Fault, {**BASE, "do": "answer"}, "`do: answer` needs `status`"),
        (Fault, {**BASE, "do": "slow"}, "`do: slow` needs `by`"),
        (Fault, {**BASE, "do": "delay"}, "`do: delay` needs `by`"),
        (Fault, {**BASE, "do": "explode"}, "refuse"),
        (Fault, {**BASE, "do": "answer", "status": 99}, "greater than or equal to 100"),
        (Fault, {**BASE, "do": "drop", "try": 0}, "greater than or equal to 1"),
        (Fault, {"on": "ticket", "do": "drop"}, "pattern"),
        (Payload, {"set": {"lines[0].qty": 1}}, "is not a path"),
    ],
)
def test_what_cannot_be_meant_is_refused(model: Any, data: Any, said: str) -> None:
    """The message names the words that stand in the file."""
    with pytest.raises(ValidationError, match=said):
        model.model_validate(data)


SAID: dict[str, Any] = {
    "status": 503,
    "by": "1s",
    "body": {"result": "refused"},
    "headers": {"X-A": "1"},
    "retry_after": "2s",
    "style": "amazon",
    "rows": 1,
    "copies": 2,
    "new_id": True,
    "behind": 2,
    "back": 2,
    "how": "missing",
}


@pytest.mark.parametrize("word", get_args(FaultWord))
def test_a_fault_takes_its_own_words_and_no_others(word: str) -> None:
    """What it needs must be said; what means nothing with it is refused, with what does."""
    kind = WORDS[word]  # type: ignore[index]
    own = {name: SAID[name] for name in kind.takes}
    fault = Fault.model_validate({**BASE, "do": word, **own})
    assert fault.do == word
    for name in kind.needs:
        without = {key: value for key, value in own.items() if key != name}
        with pytest.raises(ValidationError, match=f"needs `{name}`"):
            Fault.model_validate({**BASE, "do": word, **without})
    for name in sorted(set(SAID) - set(kind.takes)):
        with pytest.raises(ValidationError, match=f"`{name}` means nothing with `do: {word}`"):
            Fault.model_validate({**BASE, "do": word, **own, name: SAID[name]})


def test_there_is_a_page_on_every_fault() -> None:
    """No word of the language is without a meaning."""
    assert set(WORDS) == set(get_args(FaultWord))


def test_a_fault_has_a_window_and_an_attempt_in_the_words_of_the_file() -> None:
    """`from`, `for` and `try` are words that Python keeps for itself."""
    fault = Fault.model_validate({**BASE, "do": "drop", "from": "1m", "for": "1h", "try": 2})

    assert (fault.since, fault.lasts, fault.attempt) == (MINUTE, HOUR, 2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"id": "bun-1"}, "pattern"),
        ({"scenario": ""}, "at least 3 characters"),
        ({"cases": [{}]}, "each case has a `name`"),
        ({"cases": [{"name": "Two Buns"}]}, "small letters, digits and dashes"),
        ({"cases": [{"name": "a"}, {"name": "a"}]}, "two cases have the same `name`"),
        ({"tags": ["Not A Tag"]}, "pattern"),
        ({"skip": {"reason": "the oven is cold"}}, "until"),
        ({"skip": {"reason": "", "until": "2026-03-02"}}, "at least 3 characters"),
        ({"systems": {"oven": "real"}}, "simulated"),
        ({"until": "soon"}, "settled"),
        ({"start": "2026-03-02T08:00:00"}, "zone|offset"),
        ({"given": {"records": {"ticket": []}}}, "pattern"),
    ],
)
def test_a_story_that_is_unclear_is_refused(more: dict[str, Any], said: str) -> None:
    """Ids, names, days and instants have one form each."""
    with pytest.raises(ValidationError, match=said):
        scenario(**more)


def test_a_story_may_be_told_in_two_lines() -> None:
    """What is left out: every contract, nothing given, until everything has settled."""
    told = scenario()

    assert (told.contracts, told.when, told.then, told.until) == ((), (), (), "settled")
    assert (told.name, told.file, told.line()) == ("BUN-001", "", 0)


def test_times_are_read_with_their_units() -> None:
    """Instants and durations become nanoseconds."""
    told = scenario(start="2026-03-02T09:00:00+01:00", until="2h")

    assert (told.start, told.until) == (parse_instant("2026-03-02T08:00:00Z"), 2 * HOUR)


def test_a_system_is_simulated_live_or_recorded() -> None:
    """A recording is named by its file."""
    told = scenario(systems={"shop": "live", "oven": {"recorded": "cassettes/a.yaml"}})

    assert told.systems == {"shop": "live", "oven": Recorded(recorded="cassettes/a.yaml")}


def test_steps_know_their_lines() -> None:
    """A place inside a step stands at the step, an unknown one at the beginning."""
    lines = {"": 7, "when": 9, "when.0": 10}
    told = scenario().located("scenarios/a.yaml", lines, case="late")

    assert told.name == "BUN-001[late]"
    assert [told.line(path) for path in ("when.0.do", "when.4", "then.0", "")] == [10, 9, 7, 7]


def test_locating_leaves_the_story_itself_alone() -> None:
    """Each case is a copy with a name of its own."""
    told = scenario()
    told.located("scenarios/a.yaml", {}, case="late")

    assert (told.name, told.file) == ("BUN-001", "")


def test_the_document_of_a_story_tells_it_again() -> None:
    """What a journal keeps reads as the same story, times and exact amounts included."""
    step = {"message": "shop.batch", "match": {"total": [Decimal("73.18")]}, "within": "3h"}
    told = scenario(then=[step], start="2026-03-02 09:00 Europe/Berlin")

    assert (
        Scenario.model_validate(json.loads(json_text(told.document()), parse_float=Decimal)) == told
    )
