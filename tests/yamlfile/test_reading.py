"""Files become exactly the data they say, or a list of everything that is wrong."""

from __future__ import annotations

import os
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import BadInput, Problem
from harness.yamlfile import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    empty_file,
    read_documents,
    read_text,
    reading,
)
from harness.yamlfile.places import MAX_PROBLEMS


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test over libyaml, and over the parser that stands in for it."""
    if request.param == "python":
        monkeypatch.setattr(reading, "_Parser", yaml.SafeLoader)
    return str(request.param)


def problems(text: str) -> tuple[Problem, ...]:
    """Return what is wrong with a text."""
    with pytest.raises(BadInput) as caught:
        read_text(text, "file.yaml")
    return caught.value.problems


def only(text: str) -> Any:
    """Return the data of the only document."""
    (document,) = read_text(text, "file.yaml")
    return document.data


@pytest.mark.parametrize(
    ("expected", "written"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (None, "~"),
        (0, "0"),
        (-12, "-12"),
        (Decimal("1.10"), "1.10"),
        (Decimal("-0.5"), "-0.5"),
        (Decimal("12e5"), "12e5"),
        (Decimal("1.5E-3"), "1.5E-3"),
    ],
)
def test_the_few_typed_scalars(parser: str, expected: object, written: str) -> None:
    """Only true, false, null, plain integers and plain decimals have a type."""
    value = only(f"a: {written}")["a"]

    assert (type(expected), str(expected)) == (type(value), str(value))


@pytest.mark.parametrize(
    "written",
    [
        *("NO", "no", "yes", "on", "off", "True", "TRUE", "Null", "y"),
        *("0123", "-01", "12:30", "12:30:00", "1_000", "0x1F", "0o17", "+5", "+4917012345"),
        *("2026-03-02", "2026-03-02T08:00:00Z", ".inf", ".nan", ".5", "5.", "1e", "1.0.0"),
        *("\u0665", "lines.*.sku", "^as_of", "x=y", "a#b"),
    ],
)
def test_everything_else_stays_text(parser: str, written: str) -> None:
    """Country codes, postcodes, times and dates are never guessed at."""
    assert written == only(f"a: {written}")["a"]


@pytest.mark.parametrize("written", ["true", "null", "12", "1.5", "~", "", "NO"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_scalars_are_text(quote: str, written: str) -> None:
    """Quotes make text of anything."""
    assert written == only(f"a: {quote}{written}{quote}")["a"]


def test_block_scalars_are_text() -> None:
    """A block of lines is text, even when it looks like a number."""
    assert only("a: |\n  12\nb: >\n  true\n") == {"a": "12\n", "b": "true\n"}


def test_keys_are_always_text(parser: str) -> None:
    """A status code, a word or a null as a key is the text that was written."""
    keys = ["409", "NO", "true", "null", "1.0", "~"]

    assert keys == list(only("{409: a, NO: b, true: c, null: d, 1.0: e, ~: f}"))


def test_an_absent_value_is_none() -> None:
    """A key without a value has none, in block and in flow style."""
    assert only("a:\nb: {c}\nd:\n-\n") == {"a": None, "b": {"c": None}, "d": [None]}


def test_documents_come_in_order(parser: str) -> None:
    """A file may hold several documents; empty ones hold nothing, a written null does."""
    documents = read_text("a: 1\n---\n# nothing\n---\n- b\n---\n~\n---\n", "file.yaml")

    assert [document.data for document in documents] == [{"a": 1}, ["b"], None]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n---\n"])
def test_an_empty_file_holds_no_document(parser: str, text: str) -> None:
    """Nothing is not an error here; the caller has a problem at hand when it is one."""
    assert read_text(text, "file.yaml") == []
    assert str(empty_file("a.yaml")).startswith("a.yaml: the file is empty")


def test_a_repeated_key_names_both_lines(parser: str) -> None:
    """Each repetition is a problem, at any depth, and none of them wins silently."""
    found = problems("a: 1\nb:\n  NO: 1\n  no: 2\n  'NO': 3\na: 2\n409: x\n'409': y\n")

    assert [(p.line, p.column) for p in found] == [(5, 3), (6, 1), (8, 1)]
    assert "first in line 3" in found[0].message
    assert found[1].message == "the key `a` is given twice, first in line 1"


def test_a_problem_shows_the_line_with_a_caret() -> None:
    """The message can be read without opening the file."""
    (problem,) = problems("a: 1\na: 2\n")

    assert str(problem).splitlines() == [
        "file.yaml:2:1: the key `a` is given twice, first in line 1",
        "    a: 2",
        "    ^",
        "    hint: keep one of the two",
    ]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("anchors and aliases (`&x`)", "a: &x 1"),
        ("anchors and aliases (`&x`)", "a: &x [1]"),
        ("anchors and aliases (`&x`)", "&x a: 1"),
        ("anchors and aliases (`*x`)", "a: *x"),
        ("anchors and aliases (`*x`)", "*x : a"),
        ("anchors and aliases (`*x`)", "- *x"),
        ("tags such as `!!str`", "a: !!str 1"),
        ("tags such as `!x`", "a: !x {b: 1}"),
        ("tags such as `!`", "a: ! b"),
        ("merge keys", "<<: {a: 1}"),
        ("a key must be text", "? [a, b]\n: c\n"),
        ("a key must be text", "a: {{ name }}"),
        ("a key must be text", "? {a: b}\n"),
        ("a key is missing", "?\n: b\n"),
        ("too large or too fine", "a: 1e99999"),
        ("too large or too fine", "a: 1e401"),
        ("too large or too fine", "a: " + "1" * 5000),
    ],
)
def test_refused_constructs_say_why(parser: str, said: str, text: str) -> None:
    """What could multiply, hide or change values is refused with a reason and a way out."""
    found = problems(text)

    assert said in found[0].message
    assert found[0].hint


def test_quoted_signs_are_text() -> None:
    """Quotes take the special meaning away."""
    assert only("'<<': '*x'\na: '!b'\n") == {"<<": "*x", "a": "!b"}


def test_all_problems_of_a_file_come_at_once(parser: str) -> None:
    """Reading goes on after a refused value, up to a syntax error."""
    found = problems("a: &x 1\nb: *x\nb: !y 2\n[1]: c\nd: [1\n")

    assert [p.line for p in found] == [1, 2, 3, 3, 4, 5]


def test_a_bomb_of_aliases_stays_small() -> None:
    """Nothing is expanded, and the report ends after so many problems."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    found = problems("\n".join(lines))

    assert len(found) == MAX_PROBLEMS + 1
    assert "the rest of the file was not read" in str(found)


@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000, "{a: " * 5000])
def test_deep_nesting_is_refused(parser: str, text: str) -> None:
    """Depth is counted while reading, so that no recursion can overflow."""
    assert f"more than {MAX_DEPTH} levels" in problems(text)[0].message


def test_nesting_in_keys_is_refused(parser: str) -> None:
    """Each key that is a mapping is a problem, long before the depth is one."""
    assert len(problems("? " * 5000)) == MAX_PROBLEMS + 1


def test_nesting_is_fine_up_to_the_limit() -> None:
    """The limit itself is allowed."""
    data = only("[" * MAX_DEPTH + "]" * MAX_DEPTH)

    assert str(data).count("[") == MAX_DEPTH


def test_too_many_values_are_refused() -> None:
    """A file cannot hold more keys and values than the limit, over all its documents."""
    half = "[" + "a," * (MAX_NODES // 2 + 1) + "]"
    (problem,) = problems(f"{half}\n---\n{half}\n")

    assert (problem.line, f"more than {MAX_NODES} keys" in problem.message) == (3, True)


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x1b", "\x85", "\u2028", "\ufeff", "\ud800"]
)
def test_invisible_characters_are_refused(parser: str, character: str) -> None:
    """Characters that nobody sees are named with their place, and never shown raw."""
    (problem,) = problems(f"a: b\nc: d{character}\n")

    assert (problem.line, problem.column) == (2, 5)
    assert f"U+{ord(character):04X}" in problem.message
    assert character not in str(problem)


def test_a_binary_file_is_not_reported_at_length() -> None:
    """After so many of them the rest does not matter."""
    assert len(problems("\x00" * 1000)) == MAX_PROBLEMS


def test_half_a_character_cannot_be_escaped_in(parser: str) -> None:
    """An escape for a lone surrogate is refused by either parser."""
    (problem,) = problems('a: "\\ud800"\n')

    assert problem.line == 1


def test_an_impossible_escape_is_a_problem(parser: str) -> None:
    """A code point that does not exist is refused by either parser."""
    (problem,) = problems('a: "\\U00110000"\n')

    assert problem.line == 1


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Some editors write one; columns do not move."""
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    (document,) = read_documents(file)

    assert (document.data, document.key_place(["a"])) == ({"a": 1}, (1, 1))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_other_encodings_are_refused(tmp_path: Path, mark: bytes) -> None:
    """The byte that is not UTF-8 is named with its line and column."""
    file = tmp_path / "a.yaml"
    file.write_bytes(mark + "ü: 1\nb: ".encode() + b"\xfc\n")
    with pytest.raises(BadInput) as caught:
        read_documents(file, shown="a.yaml")

    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("a.yaml", 2, 4)
    assert "byte 0xfc is not UTF-8" in problem.message


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    """A misspelt name is told from a missing folder."""
    (tmp_path / "teams.yaml").touch()

    with pytest.raises(BadInput, match=r"(?s)no such file.*did you mean 'teams.yaml'"):
        read_documents(tmp_path / "team.yaml")
    with pytest.raises(BadInput, match=r"(?s)no such file.*there is no folder"):
        read_documents(tmp_path / "nowhere" / "team.yaml")


def test_a_folder_that_cannot_be_listed_offers_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for a similar name never fails in its own way."""

    def fail(self: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", fail)
    with pytest.raises(BadInput, match=r"there is no such file$"):
        read_documents(tmp_path / "team.yaml")


def test_a_folder_a_pipe_and_an_impossible_name_are_refused(tmp_path: Path) -> None:
    """What is not a file is never waited for."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadInput, match="is a folder"):
        read_documents(tmp_path)
    with pytest.raises(BadInput, match="not a regular file"):
        read_documents(tmp_path / "pipe")
    with pytest.raises(BadInput, match="cannot be read"):
        read_documents(Path("a\0b"))


def test_an_unreadable_file_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing rights and failing disks are said in words."""
    (tmp_path / "a.yaml").touch()
    for error, said in [(PermissionError(), "may not be read"), (OSError(5, "I/O"), "I/O")]:

        def fail(*_: object, error: OSError = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(Path, "open", fail)
        with pytest.raises(BadInput, match=said):
            read_documents(tmp_path / "a.yaml")


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is looked at first, and again after reading."""
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(BadInput, match=r"is 2\.0 MB; 2 MB is the most"):
        read_documents(file)
    with pytest.raises(BadInput, match="is the most"):
        read_text("#" * (MAX_BYTES + 1), "a.yaml")
    file.write_bytes(b"#" * MAX_BYTES)
    assert read_documents(file) == []
    monkeypatch.setattr(reading, "_bytes", lambda path, file: b"#" * (MAX_BYTES + 1))
    with pytest.raises(BadInput, match="is the most"):
        read_documents(file)


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | KEYS
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


class _Quoting(yaml.SafeDumper):
    """Writes text in double quotes, as a person does who wants to be sure."""


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@given(DATA, st.booleans(), st.booleans())
def test_what_is_dumped_reads_back(data: Any, flow: bool, unicode: bool) -> None:
    """Text stays text, and numbers, truth values and nothing keep their types."""
    text = yaml.dump(
        [data], Dumper=_Quoting, default_flow_style=flow, allow_unicode=unicode, sort_keys=False
    )

    assert repr([data]) == repr(only(text))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9)))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    """A price of 1.10 does not become 1.1, whatever its size."""
    if len(f"{number:f}") < 300:
        assert f"{number:f}" == str(only(f"a: {number:f}")["a"])


def read_or_refuse(raw: bytes, file: Path) -> None:
    """Read bytes as a file; a refusal must stay inside the file."""
    file.write_bytes(raw)
    try:
        read_documents(file)
        found: tuple[Problem, ...] = ()
    except BadInput as error:
        found = error.problems or (Problem("", 0, 0, "refused without a problem"),)
    lines = max(len(raw.decode("utf-8", "replace").splitlines()), 1)
    assert all(1 <= p.line <= lines and p.column >= 1 and str(p) for p in found)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file to write to."""
    return tmp_path_factory.mktemp("scratch") / "file.yaml"


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(scratch: Path, raw: bytes) -> None:
    """No file whatsoever leads to anything but data or problems with a place in it."""
    read_or_refuse(raw, scratch)


PIECES = st.sampled_from(
    [
        *("a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ", "),
        *("'", '"', "&x ", "*x", "!t ", "|", ">", "#", "%", "@", "`", "---\n", "...\n", "<<: "),
        *("\\u", "\\", "é", "\r", "\r\n", "\x00", "\u2028", "\ufeff", "true", "1.5", "~"),
        "key: value\n",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=30))
def test_random_yaml_is_read_or_refused(scratch: Path, pieces: list[str]) -> None:
    """The same for text that looks like YAML."""
    read_or_refuse("".join(pieces).encode(), scratch)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(PIECES, max_size=20))
def test_random_yaml_is_refused_by_the_other_parser_too(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[str]
) -> None:
    """Without libyaml the promise is the same."""
    monkeypatch.setattr(reading, "_Parser", yaml.SafeLoader)
    read_or_refuse("".join(pieces).encode(), scratch)


@given(DATA, st.randoms(use_true_random=False), PIECES)
def test_damaged_yaml_is_read_or_refused(
    scratch: Path, data: Any, chance: random.Random, piece: str
) -> None:
    """The same for a good file with a piece cut out and another put in."""
    text = yaml.safe_dump({"a": data, "b": [data]})
    at = chance.randrange(len(text))
    read_or_refuse((text[:at] + piece + text[at + chance.randrange(4) :]).encode(), scratch)
