"""A project adds transforms of its own; what cannot be relied on is refused, and said where."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

import harness
from harness.errors import HarnessError
from harness.mapping import Limits, Refused, catalogue, parse_pipe, transform
from harness.mapping.transforms import entries

MODULE = '''"""Transforms of a bakery."""

from __future__ import annotations

from typing import Any, Literal

from harness import transform


@transform(accepts="text", gives="text", each=True, inverse=lambda value, *_: value.upper())
def whispered(value: Any, times: int = 1, manner: Literal["softly", "hoarsely"] = "softly") -> str:
    """Whisper a text."""
    return str(value).lower()
'''


@pytest.fixture(autouse=True)
def own_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test add to a catalogue of its own."""
    monkeypatch.setattr(entries, "_ENTRIES", dict(catalogue()))
    parse_pipe.cache_clear()
    yield
    parse_pipe.cache_clear()


def bake(value: Any, hours: int) -> str:
    """Bake a cake."""
    return f"{value} baked {hours} h"


def test_a_transform_of_a_project_is_used_like_any_other() -> None:
    """It is found by its name, typed, and explained by its docstring."""
    transform(accepts="text", gives="text", limits=lambda *_: Limits(max_length=9))(bake)
    entry = catalogue()["bake"]

    assert parse_pipe("trim | bake 2").apply(" rye ") == "rye baked 2 h"
    assert (entry.usage, entry.description, entry.built_in) == ("bake HOURS", "Bake a cake.", False)
    assert parse_pipe("bake 2").limits() == Limits(max_length=9)


def test_it_counts_as_lossy_unless_it_says_otherwise() -> None:
    """Nothing that was left unsaid makes a rule look safer than it is."""
    transform(accepts="text", gives="text")(bake)
    assert catalogue()["bake"].lossy
    transform(accepts="text", gives="text", lossy=False)(bake)
    assert not catalogue()["bake"].lossy


def test_a_module_of_a_project_adds_its_transforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The public decorator works from any module, also when that is loaded a second time."""
    (tmp_path / "bakery_words.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for _ in range(2):
        monkeypatch.delitem(sys.modules, "bakery_words", raising=False)
        __import__("bakery_words")

    assert parse_pipe("whispered").apply(["RYE", None]) == ["rye", None]
    assert parse_pipe("whispered 2 hoarsely").invert("rye") == "RYE"
    assert catalogue()["whispered"].usage == "whispered [TIMES] [MANNER]"
    assert catalogue()["whispered"].home == "bakery_words"


def nothing() -> str:
    """Take nothing."""
    return ""


def bare(value: Any, hours) -> str:  # type: ignore[no-untyped-def]
    """Bake."""
    return f"{value}{hours}"


def odd(value: Any, hours: float) -> str:
    """Bake."""
    return f"{value}{hours}"


def mixed(value: Any, hours: Literal[1, "two"]) -> str:
    """Bake."""
    return f"{value}{hours}"


def many(value: Any, *hours: int) -> str:
    """Bake."""
    return f"{value}{hours}"


def named(value: Any, *, hours: int) -> str:
    """Bake."""
    return f"{value}{hours}"


def silent(value: Any) -> str:  # noqa: D103 - that is the point
    return str(value)


def unknown(value: Any, hours: Hours) -> str:  # type: ignore[name-defined]  # noqa: F821
    """Bake."""
    return f"{value}{hours}"


async def later(value: Any) -> str:
    """Bake."""
    return str(value)


@pytest.mark.parametrize(
    ("function", "options", "said"),
    [
        (bake, {"name": "lower"}, "lower`: that is a transform of the harness; choose another"),
        (bake, {"name": "Bake it"}, "small letters"),
        (bake, {"accepts": "cake"}, "`accepts` is one of text, .*not 'cake'"),
        (bake, {"gives": "cake"}, "`gives` is one of text"),
        (bake, {"lossy": True, "inverse": bake}, "cannot be brought back"),
        (bake, {"accepts": "list", "each": True}, "takes a list"),
        (nothing, {}, "takes no value"),
        (bare, {}, "`hours` has no annotation; write `hours: str`"),
        (odd, {}, "`hours` is annotated with float; an argument is str, int"),
        (mixed, {}, "Literal of texts"),
        (many, {}, "cannot be written in a pipe"),
        (named, {}, "cannot be written in a pipe"),
        (silent, {}, "no docstring"),
        (unknown, {}, "'Hours' is not defined"),
        (later, {}, "asynchronous"),
    ],
)
def test_what_cannot_be_relied_on_is_refused(function: Any, options: Any, said: str) -> None:
    """The message names file, line, transform and a way out; the catalogue stays as it was."""
    before = catalogue()
    with pytest.raises(HarnessError, match=rf"{Path(__file__).name}:\d+: transform `.*{said}"):
        transform(**{"accepts": "text", "gives": "text", **options})(function)
    assert catalogue() == before


def test_two_projects_cannot_share_a_name() -> None:
    """The second function of a name is refused, and the first one is named."""
    transform(accepts="text", gives="text", name="cut")(bake)
    with pytest.raises(HarnessError, match=f"{__name__} has a transform of that name"):
        transform(accepts="text", gives="text", name="cut")(silent_with_docstring)


def silent_with_docstring(value: Any) -> str:
    """Say nothing."""
    return str(value)


def test_a_transform_that_fails_refuses_the_value() -> None:
    """Foreign code may raise anything; the run goes on, and the message says who failed."""

    @transform(accepts="text", gives="text")
    def broken(value: Any) -> str:
        """Break."""
        raise KeyError(value)

    with pytest.raises(Refused, match=f"broken: the transform of {__name__} failed with KeyError"):
        parse_pipe("broken").apply("x")


@pytest.mark.parametrize(
    ("gives", "given"),
    [
        ("text", 5),
        ("integer", True),
        ("integer", "5"),
        ("decimal", 0.5),
        ("boolean", "true"),
        ("list", "abc"),
        ("instant", "2026-03-02T08:00:00"),
        ("date", 20260302),
    ],
)
def test_a_transform_gives_what_it_says(gives: Any, given: Any) -> None:
    """The static checks rest on the kind that is given, so another one is refused."""

    @transform(accepts="any", gives=gives)
    def made(value: Any) -> Any:
        """Give something."""
        del value
        return given

    with pytest.raises(Refused, match=f"says that it gives {gives}"):
        parse_pipe("made").apply("x")


@pytest.mark.parametrize(
    ("gives", "given"),
    [
        ("text", "x"),
        ("integer", 5),
        ("number", Decimal("0.5")),
        ("boolean", False),
        ("list", []),
        ("instant", "2026-03-02T08:00:00Z"),
        ("date", "2026-03-02"),
        ("any", {"a": 1}),
    ],
)
def test_a_kind_that_is_kept_passes(gives: Any, given: Any) -> None:
    """Values of the kind that was promised go on."""

    @transform(accepts="any", gives=gives)
    def made(value: Any) -> Any:
        """Give something."""
        del value
        return given

    assert parse_pipe("made").apply("x") == given


def test_the_decorator_is_public() -> None:
    """A project imports it from the root."""
    assert harness.transform is transform


def test_the_tables_are_read_only_where_they_are_needed() -> None:
    """The pure language starts without tables of countries, currencies, phones and zones."""
    heavy = {"anyascii", "iso4217", "jinja2", "phonenumbers", "pycountry", "pydantic", "zoneinfo"}
    script = "import sys, harness.mapping; print(*sys.modules)"
    out = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(harness.__file__).parents[1],
    ).stdout

    assert "harness.mapping.transforms.places" in out.split()
    assert heavy & set(out.split()) == set()
