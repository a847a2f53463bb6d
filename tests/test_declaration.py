"""What people write is closed and frozen; what is not judged is refused, never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import Field, ValidationError

from harness import contract, landscape, loader, readiness, scenario
from harness.declaration import Declaration


class Loaf(Declaration):
    """Something that a baker writes down."""

    source: str = Field(alias="from", description="The mill.")
    grams: int = Field(500, description="How heavy it is.")
    not_yet: ClassVar[Mapping[str, str]] = {"oven": "where it is baked"}


def subclasses(of: type[Declaration]) -> list[type[Declaration]]:
    """Return every declaration of the product, however deep."""
    found = [inner for kind in of.__subclasses__() for inner in (kind, *subclasses(kind))]
    return [kind for kind in found if kind.__module__.startswith("harness.")]


PRODUCT = subclasses(Declaration)


def test_an_unknown_key_is_refused() -> None:
    """A misspelt promise is never taken for one that is kept."""
    with pytest.raises(ValidationError, match="gramms"):
        Loaf.described(**{"from": "mill", "gramms": 500})


def test_a_value_does_not_change() -> None:
    """What was agreed at the start of a run holds to its end."""
    loaf = Loaf.described(source="mill")

    with pytest.raises(ValidationError, match="frozen"):
        loaf.grams = 1  # type: ignore[misc]


def test_both_names_of_a_key_are_understood() -> None:
    """Files write `from`, Python writes `source`."""
    assert Loaf.described(**{"from": "mill"}) == Loaf.described(source="mill")


def test_a_word_that_is_not_judged_says_so() -> None:
    """The refusal names the word, its meaning, and that nobody checks it."""
    with pytest.raises(ValidationError) as caught:
        Loaf.described(source="mill", oven="stone")

    (error,) = caught.value.errors()
    assert error["type"] == "not_yet"
    for part in ("`oven`", "where it is baked", "remove it"):
        assert part in error["msg"]


def test_a_word_that_is_not_judged_is_refused_whatever_it_says() -> None:
    """Even an empty value would look like a promise."""
    with pytest.raises(ValidationError, match="not judge it yet"):
        Loaf.described(source="mill", oven=None)


def test_something_that_is_no_mapping_is_left_to_the_model() -> None:
    """The message is then about the type, not about a word."""
    with pytest.raises(ValidationError, match="dictionary"):
        Loaf.model_validate(["mill"])


@pytest.mark.parametrize("module", [contract, landscape, loader, readiness, scenario])
def test_every_model_that_reads_a_file_is_closed(module: Any) -> None:
    """No module has a model that would ignore what it does not know."""
    models = [
        kind
        for kind in PRODUCT
        if kind.__module__ == module.__name__ or kind.__module__.startswith(f"{module.__name__}.")
    ]

    assert models
    assert {kind.model_config.get("extra") for kind in models} == {"forbid"}
    assert all(kind.model_config.get("frozen") for kind in models)


def test_every_key_is_described() -> None:
    """Editors and the reference show a sentence for each key of the language."""
    silent = [
        f"{kind.__name__}.{name}"
        for kind in PRODUCT
        if kind.__module__.startswith(
            ("harness.contract.", "harness.landscape", "harness.scenario")
        )
        for name, field in kind.model_fields.items()
        if not field.description
    ]

    assert [name for name in silent if not name.startswith("Landscape.")] == []


def test_no_key_is_judged_and_refused_at_once() -> None:
    """A word leaves `not_yet` on the day it becomes a key."""
    both = [
        f"{kind.__name__}.{word}"
        for kind in PRODUCT
        for word in kind.not_yet
        if word in kind.model_fields or word in {f.alias for f in kind.model_fields.values()}
    ]

    assert both == []
