"""Syntax errors in words that say what to change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

from harness.errors import Problem
from harness.yamlfile.places import Source

_QUOTE_IT: Final = "put the text in quotes"


@dataclass(frozen=True, slots=True)
class _Slip:
    """What people wrote when the parser says ``said``, and the way out.

    ``at_start``: the place to show is where the broken thing began, not where it was noticed.
    """

    said: str
    message: str
    hint: str = ""
    at_start: bool = False


_INDENTATION: Final = "check its indentation; text after a closing quote belongs inside the quotes"
_SLIPS: Final = (
    _Slip(
        "scanning an? (anchor|alias)",
        "`&` and `*` at the start of a text have a meaning in YAML that is not read here",
        _QUOTE_IT,
    ),
    _Slip(
        "scanning a tag|parsing a tag|undefined tag handle",
        "`!` at the start of a text has a meaning in YAML that is not read here",
        _QUOTE_IT,
    ),
    _Slip(
        "scanning a (%YAML |%TAG )?directive|duplicate %|incompatible YAML",
        "a line that begins with `%` is not a directive that can be read",
        _QUOTE_IT,
    ),
    _Slip(
        "quoted scalar.*(unexpected end of stream|document (indicator|separator))",
        "the quote that opens here is never closed",
        "close it; inside single quotes write '' for an apostrophe",
        at_start=True,
    ),
    _Slip(
        "unknown escape|hexdecimal|hexadecimal|invalid Unicode",
        "the backslash does not begin an escape that YAML knows",
        "use single quotes, or write two backslashes for one",
    ),
    _Slip(
        r"parsing a flow sequence.*expected ',' or '\]'",
        "a comma or the closing `]` of the list from line {start} is missing before this",
        "quote a text that contains a comma, a bracket or a brace",
    ),
    _Slip(
        r"parsing a flow mapping.*expected ',' or '\}'",
        "a comma or the closing `}}` of the mapping from line {start} is missing before this",
        "quote a text that contains a comma, a bracket or a brace",
    ),
    _Slip(
        "could not find expected ':'",
        "this is not `key: value`",
        "a colon and a space end a key; a longer text is quoted, or indented below its key",
        at_start=True,
    ),
    _Slip(
        "mapping values are not allowed",
        "a `key: value` cannot stand here",
        "quote a text that holds a colon and a space; a key's colon is followed by a space",
    ),
    _Slip(
        "sequence entries are not allowed",
        "a list entry (`- `) cannot stand here",
        "put it on a line of its own, indented like its neighbours",
    ),
    _Slip("mapping keys are not allowed", "a key marked with `? ` cannot stand here", _QUOTE_IT),
    _Slip(
        "block mapping.*(expected key|expected <block end>)",
        "this does not fit into the mapping from line {start}",
        _INDENTATION,
    ),
    _Slip(
        "block (collection|sequence).*(expected '-'|expected <block end>)",
        "this does not fit into the list from line {start}",
        _INDENTATION,
    ),
    _Slip("cannot start any token", "a text cannot begin with {char!r}", _QUOTE_IT),
    _Slip(
        "scanning a block scalar",
        "after `|` or `>` only a digit, `+` or `-` may stand, then a new line",
        "quote a text that begins with `|` or `>`, and indent the lines below",
    ),
    _Slip(
        "node content",
        "a key or a value is missing before this",
        "write it, or quote what stands here",
    ),
    _Slip(
        "<document start>",
        "the document has ended before this",
        "check the indentation; a line `---` begins another document",
    ),
)


def syntax_problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    """Return a syntax error in words that say what to change."""
    said = ": ".join(part for part in (error.context, error.problem) if part)
    found = error.problem_mark or error.context_mark
    start = error.context_mark or found
    if found is None or start is None:
        return source.problem(1, 1, f"not YAML: {said}")
    line = source.lines[found.line] if found.line < len(source.lines) else ""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation and not re.search("flow|quoted", said):
        column = indentation.index("\t") + 1
        return source.problem(found.line + 1, column, "tabs cannot indent YAML; use spaces")
    slip = next((slip for slip in _SLIPS if re.search(slip.said, said)), None)
    if slip is None:
        return source.problem(found.line + 1, found.column + 1, f"not YAML: {said}")
    mark = start if slip.at_start else found
    char = line[found.column : found.column + 1]
    message = slip.message.format(start=start.line + 1, char=char)
    return source.problem(mark.line + 1, mark.column + 1, message, slip.hint)
