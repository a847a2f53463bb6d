"""What stops the harness is said once, with its place, what is wrong, and a way out."""

from __future__ import annotations

from itertools import permutations

import pytest

from harness.errors import (
    BadInput,
    HarnessError,
    IntegrationError,
    Problem,
    RecordingError,
    Stalled,
    UnroutedCall,
    did_you_mean,
)

KNOWN = ["park", "skip", "retry"]


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ((3, 7), "a.yaml:3:7: is wrong"),
        ((3, 0), "a.yaml:3: is wrong"),
        ((0, 0), "a.yaml: is wrong"),
    ],
)
def test_a_place_is_shown_as_far_as_it_is_known(place: tuple[int, int], shown: str) -> None:
    """A zero means that the place is the whole line, or the whole file."""
    assert shown == str(Problem("a.yaml", *place, "is wrong"))


def test_the_caret_stands_under_the_column() -> None:
    """The offending word of the source line is pointed at, and a way out follows."""
    problem = Problem("a.yaml", 3, 8, "no such word", hint="write park", source="then: prak\n")

    assert str(problem).splitlines() == [
        "a.yaml:3:8: no such word",
        "    then: prak",
        "           ^",
        "    hint: write park",
    ]


def test_a_tab_does_not_move_the_caret() -> None:
    """Source and caret line up even where the source holds a tab."""
    shown = str(Problem("a.yaml", 1, 2, "is a tab", source="\tkey: 1")).splitlines()

    assert shown[1:] == ["     key: 1", "     ^"]


def test_a_line_without_text_is_not_shown() -> None:
    """Blank source would only be noise."""
    assert str(Problem("a.yaml", 1, 1, "is empty", source="  \n")) == "a.yaml:1:1: is empty"


def test_a_very_long_line_is_cut() -> None:
    """A minified file does not fill the screen."""
    assert len(str(Problem("a.json", 1, 1, "is long", source="x" * 5000))) < 400


def test_problems_are_told_once_and_in_the_order_of_the_file() -> None:
    """In whatever order they are found, the message is the same."""
    problems = [Problem("a", 9, 1, "late"), Problem("a", 10, 1, "later"), Problem("b", 1, 1, "b")]
    told = {str(BadInput([*order, order[0]])) for order in permutations(problems)}

    assert told == {"a:9:1: late\na:10:1: later\nb:1:1: b"}


@pytest.mark.parametrize("kind", [UnroutedCall, IntegrationError, Stalled, RecordingError])
def test_every_error_of_ours_is_a_harness_error(kind: type[HarnessError]) -> None:
    """One `except` at the border is enough, and the message stays as it was written."""
    with pytest.raises(HarnessError, match=r"^said$"):
        raise kind("said")


def test_bad_input_carries_its_problems() -> None:
    """Who catches it can show each problem by itself."""
    problem = Problem("a.yaml", 1, 1, "is wrong")

    with pytest.raises(HarnessError) as caught:
        raise BadInput([problem])

    assert isinstance(caught.value, BadInput)
    assert caught.value.problems == (problem,)


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("prak", KNOWN, "did you mean 'park'?"),
        ("orders", ["order", "border"], "did you mean 'order' or 'border'?"),
        ("zzz", KNOWN, "known: park, retry, skip"),
        ("zzz", [], ""),
        ("zzz", [f"word{n}" for n in range(25)], ""),
    ],
)
def test_the_nearest_word_is_offered(word: str, known: list[str], hint: str) -> None:
    """Near words are named, a short list is shown whole, a long one helps nobody."""
    assert hint == did_you_mean(word, known)
