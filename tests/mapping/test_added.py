"""What projects add to the catalogue comes and goes; what is built in stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.mapping import Transform, catalogue, parse_expression, parse_pipe
from harness.mapping.added import added, show_added


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the catalogue as it was."""
    before = added()
    yield
    show_added(before)


def loud() -> Transform:
    """Return a transform that is not built in."""
    return replace(catalogue()["upper"], name="loud", built_in=False, home="shop")


def test_what_is_hidden_is_not_parsed_even_if_it_was_before() -> None:
    """Nothing that was parsed earlier keeps a transform alive."""
    built_in = len(catalogue())
    show_added({"loud": loud()})
    assert parse_pipe("loud").apply("rye") == "RYE"
    assert parse_expression("bread | loud").evaluate(lambda _: "rye") == "RYE"
    show_added({})

    assert len(catalogue()) == built_in
    for parse in (parse_pipe, parse_expression):
        with pytest.raises(ValueError, match="loud"):
            parse("bread | loud" if parse is parse_expression else "loud")


def test_of_two_with_a_name_the_shown_one_counts() -> None:
    """A pipe that was parsed before does not keep the other."""
    show_added({"loud": loud()})
    parse_pipe("loud")
    show_added({"loud": replace(loud(), function=lambda value: f"{value}!")})

    assert parse_pipe("loud").apply("rye") == "rye!"
