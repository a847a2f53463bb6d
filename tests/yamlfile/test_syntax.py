"""A slip of the pen is explained in words, at the place where it was made."""

from __future__ import annotations

import pytest
import yaml

from harness.errors import BadInput
from harness.yamlfile import read_text, reading


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run each test over libyaml, and over the parser that stands in for it."""
    if request.param == "python":
        monkeypatch.setattr(reading, "_Parser", yaml.SafeLoader)
    return str(request.param)


@pytest.mark.parametrize(
    ("place", "said", "text"),
    [
        ((2, 1), "tabs cannot indent YAML; use spaces", "a:\n\tb: 1\n"),
        ((2, 3), "tabs cannot indent YAML; use spaces", "a:\n  \tb: 1\n"),
        ((2, 1), "tabs cannot indent YAML; use spaces", "a: 1\n\tb: 2\n"),
        ((1, 4), "the quote that opens here is never closed", "a: 'x\nb: 1\n"),
        ((1, 4), "the quote that opens here is never closed", 'a: "x\n---\nb: 1\n'),
        ((2, 2), "closing `]` of the list from line 1", "a: [1, 2\nb: 3\n"),
        ((2, 2), "closing `}` of the mapping from line 1", "a: {b: 1\nc: 3\n"),
        ((1, 5), "a `key: value` cannot stand here", "a: b: c\n"),
        ((1, 4), "a list entry (`- `) cannot stand here", "a: - b\n"),
        ((3, 1), "this is not `key: value`", "a:\n- b\n-c\n"),
        ((3, 2), "does not fit into the mapping from line 1", "a:\n  b: 1\n c: 2\n"),
        ((1, 8), "does not fit into the mapping from line 1", 'a: "x" y\n'),
        ((2, 1), "does not fit into the list from line 1", "- a\nb: 1\n"),
        ((1, 4), "a text cannot begin with '@'", "a: @x\n"),
        ((1, 4), "a text cannot begin with '`'", "a: `x`\n"),
        ((1, 4), "a text cannot begin with '%'", "a: %x\n"),
        ((1, 5), "`&` and `*` at the start of a text", "a: *.sku\n"),
        ((1, 4), "`!` at the start of a text", "a: !e!x y\n"),
        ((1, 1), "a line that begins with `%`", "%YAML 3.0\n---\na: 1\n"),
        ((1, 6), "after `|` or `>` only", "a: > x\n"),
        ((1, 5), "a key or a value is missing before this", "a: [,]\n"),
        ((2, 1), "the document has ended before this", "'a'\nb\n"),
    ],
)
def test_slips_are_explained(place: tuple[int, int], said: str, text: str) -> None:
    """Each common slip has a place, words without parser jargon, and a way out."""
    with pytest.raises(BadInput) as caught:
        read_text(text, "file.yaml")

    (problem,) = caught.value.problems
    assert (place, True) == ((problem.line, problem.column), said in problem.message)
    assert problem.hint or "use spaces" in problem.message


def test_an_unknown_escape_is_explained() -> None:
    """A Windows path in double quotes is the usual case."""
    with pytest.raises(BadInput, match="use single quotes"):
        read_text('a: "C:\\qq"\n', "file.yaml")


@pytest.mark.parametrize("parser", ["libyaml"], indirect=True)
def test_a_tab_in_a_list_in_brackets_is_not_blamed() -> None:
    """Inside brackets tabs are allowed, so the missing comma is the slip."""
    with pytest.raises(BadInput, match="a comma or the closing"):
        read_text("a: [1,\n\t2 3}\n", "file.yaml")


def test_the_end_of_the_file_is_its_last_line() -> None:
    """What is missed at the end is shown behind the last character."""
    with pytest.raises(BadInput) as caught:
        read_text("a: [1,\n", "file.yaml")

    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.source) == (1, 7, "a: [1,")


@pytest.mark.parametrize("mark", [None, yaml.Mark("", 0, 0, 3, None, 0)])
def test_an_error_nobody_foresaw_keeps_the_parsers_words(
    monkeypatch: pytest.MonkeyPatch, mark: yaml.Mark | None
) -> None:
    """A new message of the parser is shown as it is, with whatever place it has."""

    def fail(self: object) -> None:
        raise yaml.MarkedYAMLError("while dreaming", None, "found a sheep", mark)

    monkeypatch.setattr(
        reading, "_Parser", type("Dreamer", (yaml.SafeLoader,), {"get_event": fail})
    )
    with pytest.raises(BadInput, match="not YAML: while dreaming: found a sheep"):
        read_text("a: 1\n", "file.yaml")
