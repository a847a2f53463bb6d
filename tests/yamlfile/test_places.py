"""Every value and every key of a document can be found again in its text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.yamlfile import Document, Place, read_text

TEXT = """\
contract: shop-to-oms
owners:
  business: ops
  steps:
    - {after: 15m, to: "team"}
    - after: 1h
empty:
"""


@pytest.fixture
def document() -> Document:
    """Return a small document."""
    (document,) = read_text(TEXT, "c.yaml")
    return document


@pytest.mark.parametrize(
    ("value", "key", "path"),
    [
        ((1, 1), (1, 1), []),
        ((1, 11), (1, 1), ["contract"]),
        ((3, 3), (2, 1), ["owners"]),
        ((5, 7), (5, 7), ["owners", "steps", 0]),
        ((5, 24), (5, 20), ["owners", "steps", 0, "to"]),
        ((5, 24), (5, 20), ["owners", "steps", "0", "to"]),
        ((6, 14), (6, 7), ["owners", "steps", 1, "after"]),
        ((7, 7), (7, 1), ["empty"]),
    ],
)
def test_places_of_values_and_keys(
    document: Document, value: tuple[int, int], key: tuple[int, int], path: Place
) -> None:
    """A value and its key stand where an editor shows them, counted from one."""
    assert (value, key) == (document.place(path), document.key_place(path))


@pytest.mark.parametrize(
    "path",
    [
        ["owners", "source"],
        ["owners", 0],
        ["owners", "business", "x"],
        ["owners", "steps", 2],
        ["owners", "steps", -1],
        ["owners", "steps", "x", "after"],
    ],
)
def test_what_is_absent_stands_at_its_nearest_parent(document: Document, path: list[Any]) -> None:
    """A path that the document lacks is found as far as it goes."""
    while path and (document.place(path), document.key_place(path)) != (
        document.place(path[:-1]),
        document.key_place(path[:-1]),
    ):
        path = path[:-1]

    assert path


def test_a_problem_is_filled_in(document: Document) -> None:
    """File, line, column and the text of the line come from the document."""
    problem = document.problem(["owners", "business"], "unknown team", "ask", key=True)

    assert str(problem).splitlines() == [
        "c.yaml:3:3: unknown team",
        "      business: ops",
        "      ^",
        "    hint: ask",
    ]


def test_line_breaks_of_all_systems_count_alike() -> None:
    """Lines end as they do in an editor."""
    (document,) = read_text("a: 1\r\nb: 2\rc: 3\nd: 4", "c.yaml")

    assert [document.place([key])[0] for key in "abcd"] == [1, 2, 3, 4]
    assert document.problem(["c"], "x").source == "c: 3"


def test_documents_of_one_file_keep_their_lines() -> None:
    """A later document counts from the start of the file."""
    _, second = read_text("a: 1\n---\na: 2\n", "c.yaml")

    assert second.place(["a"]) == (3, 4)


def test_documents_compare_by_data_and_file() -> None:
    """Two readings of the same text are equal."""
    assert read_text(TEXT, "c.yaml") == read_text(TEXT, "c.yaml")


WORD = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
TREES = st.recursive(
    WORD,
    lambda inner: (
        st.dictionaries(WORD, inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(TREES, st.booleans())
def test_each_path_leads_to_its_text(data: Any, flow: bool) -> None:
    """Whatever the shape, the text at a place is the key or the value that was asked for."""
    text = yaml.safe_dump({"top": data}, default_flow_style=flow)
    (document,) = read_text(text, "c.yaml")
    lines = text.splitlines()

    def check(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                line, column = document.key_place((*path, key))
                assert lines[line - 1][column - 1 :].lstrip("'").startswith(key)
                check(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                check(inner, (*path, index))
        else:
            line, column = document.place(path)
            assert lines[line - 1][column - 1 :].lstrip("'").startswith(value)

    check({"top": data}, ())
