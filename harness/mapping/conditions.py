"""The one grammar of conditions, with three answers: yes, no, and cannot be known."""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from harness.errors import did_you_mean
from harness.mapping.paths import ABSENT, EVERY, Path, missing, parse_path, read, read_all
from harness.mapping.unsure import Incomplete, InPart, Unsure
from harness.mapping.values import Uncomparable, Veiled, shown, to_decimal

Read = Callable[[Path], Any]
WORDS: Final = (
    "is",
    "not",
    "in",
    "not_in",
    "over",
    "under",
    "at_least",
    "at_most",
    "matches",
    "all",
    "some",
    "none",
)
TABLES: Final = "tables"
LONGEST_PATTERN: Final = 200
LONGEST_TEXT: Final = 10_000


class Condition(ABC):
    """Something that holds, does not hold, or cannot be known."""

    @abstractmethod
    def holds(self, read_at: Read) -> bool | None:
        """Return whether it holds; ``read_at`` gives the value at a path, or ABSENT."""

    @abstractmethod
    def paths(self) -> Iterator[Path]:
        """Yield the paths it reads."""

    def holds_for(self, value: Any) -> bool | None:
        """Return whether it holds for a plain document."""
        return self.holds(reader(value))


@dataclass(frozen=True, slots=True)
class Column(Path):
    """A column of a table, ``tables.NAME.COLUMN``; who has tables reads it as a set of texts."""

    @property
    def table(self) -> str:
        """Return the name of the table."""
        return self.parts[1]

    @property
    def name(self) -> str:
        """Return the name of the column."""
        return self.parts[-1]

    def __str__(self) -> str:
        return f"{TABLES}.{self.table}.{self.name}"


Columns = Callable[[Column], Any]
"""Gives the texts of a column as a frozenset, or ABSENT where there is no such table at hand."""


def reader(value: Any, columns: Columns | None = None) -> Read:
    """Return a reader of one document; a path with ``*`` reads a list."""

    def read_at(path: Path) -> Any:
        if not path.many:
            found = read(path, value)
            return _UNSEEN if found is ABSENT and type(value) is InPart else found
        if type(path) is Column:
            return ABSENT if columns is None else columns(path)
        return [found.value for found in read_all(path, value)]

    return read_at


_UNSEEN: Final = Unsure("the message was seen in part only")


@dataclass(frozen=True, slots=True)
class All(Condition):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def holds(self, read_at: Read) -> bool | None:
        """Return the weakest answer of the parts."""
        return all_of(part.holds(read_at) for part in self.parts)

    def paths(self) -> Iterator[Path]:
        """Yield the paths of all parts."""
        for part in self.parts:
            yield from part.paths()

    def __str__(self) -> str:
        return " and ".join(str(part) for part in self.parts) or "always"


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, read_at: Read) -> bool | None:
        """Return the strongest answer of the parts."""
        return any_of(part.holds(read_at) for part in self.parts)

    def paths(self) -> Iterator[Path]:
        """Yield the paths of all parts."""
        for part in self.parts:
            yield from part.paths()

    def __str__(self) -> str:
        return "(" + " or ".join(str(part) for part in self.parts) + ")"


@dataclass(frozen=True, slots=True)
class Test(Condition):
    """One word about one value."""

    path: Path
    word: str
    operand: Any

    __test__ = False

    def holds(self, read_at: Read) -> bool | None:
        """Return the answer for the value at the path."""
        if self.word in _QUANTIFIERS:
            return _about_elements(self.word, self.operand, read_at(self.path), read_at)
        return _answer(self.word, self.operand, read_at(self.path))

    def paths(self) -> Iterator[Path]:
        """Yield the path."""
        yield self.path

    def __str__(self) -> str:
        said = {
            "equal": "is",
            "one_of": "is one of",
            "is": "is",
            "not": "is not",
            "at_least": "is at least",
            "at_most": "is at most",
        }.get(self.word, self.word.replace("_", " "))
        operand = self.operand
        if isinstance(operand, tuple):
            operand = ", ".join(shown(one) for one in operand)
        return f"{self.path} {said} {shown(operand) if not isinstance(operand, str) else operand}"


@dataclass(frozen=True, slots=True)
class Listed(Condition):
    """A value stands, or does not stand, in a column of a table; tables hold texts."""

    path: Path
    column: Column
    wanted: bool

    def holds(self, read_at: Read) -> bool | None:
        """Return the answer for the value at the path; unknown without the table."""
        value, texts = read_at(self.path), read_at(self.column)
        if value is ABSENT or isinstance(value, _UNKNOWN) or not isinstance(texts, frozenset):
            return None
        return (value is not None and shown(value) in texts) is self.wanted

    def paths(self) -> Iterator[Path]:
        """Yield the path."""
        yield self.path

    def __str__(self) -> str:
        return f"{self.path} is {'in' if self.wanted else 'not in'} {self.column}"


def all_of(answers: Iterator[bool | None]) -> bool | None:
    """Combine answers by *and*: one no decides, else one unknown."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        result = None if answer is None else result
    return result


def any_of(answers: Iterator[bool | None]) -> bool | None:
    """Combine answers by *or*: one yes decides, else one unknown."""
    result: bool | None = False
    for answer in answers:
        if answer is True:
            return True
        result = None if answer is None else result
    return result


def parse_condition(data: Any) -> Condition:
    """Parse a condition from YAML data.

    Raises:
        ValueError: the message names the key and says what may stand there.
    """
    if not isinstance(data, Mapping) or not data:
        raise ValueError("a condition is a mapping such as `{status: [paid, refunded]}`")
    parts: list[Condition] = []
    for key, value in data.items():
        if key == "any_of":
            if not isinstance(value, Sequence) or isinstance(value, str) or not value:
                raise ValueError("`any_of` takes a list of conditions")
            parts.append(AnyOf(tuple(parse_condition(one) for one in value)))
        else:
            parts += _tests(parse_path(key), value)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _tests(path: Path, value: Any) -> Iterator[Condition]:
    if isinstance(value, Mapping):
        if not value:
            raise ValueError(f"`{path}`: an empty condition says nothing")
        for word, operand in value.items():
            if word in ("in", "not_in") and isinstance(operand, str):
                yield Listed(path, _column(path, word, operand), word == "in")
            else:
                yield _test(path, word, operand)
    elif isinstance(value, (list, tuple)):
        yield Test(path, "one_of", tuple(value))
    else:
        yield Test(path, "equal", value)


def _test(path: Path, word: str, operand: Any) -> Test:
    if word not in WORDS:
        raise ValueError(
            f"`{path}`: there is no word `{word}` in conditions ~ hint: "
            + did_you_mean(word, WORDS)
        )
    match word:
        case "is":
            if operand not in ("present", "absent", "nothing"):
                raise ValueError(f"`{path}.is` takes present, absent or nothing, not {operand!r}")
        case "not" | "in" | "not_in":
            listed = isinstance(operand, (list, tuple))
            if word != "not" and not listed:
                raise ValueError(f"`{path}.{word}` takes a list, or `tables.NAME.COLUMN`")
            operand = tuple(operand) if listed else (operand,)
        case "over" | "under" | "at_least" | "at_most":
            try:
                operand = to_decimal(operand)
            except Uncomparable as error:
                raise ValueError(f"`{path}.{word}` takes a number, not {operand!r}") from error
        case "matches":
            operand = _pattern(path, operand)
        case _:
            operand = parse_condition(operand)
    return Test(path, word, operand)


def _column(path: Path, word: str, text: str) -> Column:
    parts = parse_path(text).parts
    if len(parts) != 3 or parts[0] != TABLES or EVERY in parts:
        raise ValueError(
            f"`{path}.{word}` takes a list, or a column as `tables.NAME.COLUMN`, not {text!r}"
        )
    return Column((TABLES, parts[1], EVERY, parts[2]), many=True)


def _pattern(path: Path, text: Any) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_PATTERN:
        raise ValueError(
            f"`{path}.matches` takes a pattern of at most {LONGEST_PATTERN} characters"
        )
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"`{path}.matches`: {text!r} is not a pattern: {error}") from error
    if re.search(r"[+*}]\)?[+*{]", text):
        raise ValueError(f"`{path}.matches`: {text!r} repeats a repetition, which may never end")
    return text


_QUANTIFIERS: Final = ("all", "some", "none")
_UNKNOWN: Final = (Veiled, Unsure, Incomplete)
_ORDER: Final = {
    "over": operator.gt,
    "under": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
}


def _answer(word: str, operand: Any, value: Any) -> bool | None:
    if word == "is":
        return None if isinstance(value, Unsure) else _presence(operand, value)
    if value is ABSENT or isinstance(value, _UNKNOWN):
        return None
    if word in _ORDER:
        return _in_order(word, operand, value)
    if word == "matches":
        return _matches(operand, value)
    listed = operand if isinstance(operand, tuple) else (operand,)
    found = any(equal(value, one) for one in listed)
    return not found if word in ("not", "not_in") else found


def _presence(word: str, value: Any) -> bool:
    if word == "absent":
        return value is ABSENT
    return missing(value) == (word == "nothing")


def _in_order(word: str, operand: Decimal, value: Any) -> bool | None:
    try:
        number = to_decimal(value)
    except Uncomparable:
        return None
    return bool(_ORDER[word](number, operand))


def _matches(pattern: str, value: Any) -> bool | None:
    if not isinstance(value, str):
        return False
    return None if len(value) > LONGEST_TEXT else re.search(pattern, value) is not None


def _about_elements(word: str, condition: Condition, value: Any, read_at: Read) -> bool | None:
    if not isinstance(value, list):
        return None
    answers = [condition.holds(reader(element, read_at)) for element in value]
    if isinstance(value, Incomplete):
        answers.append(None)
    if word == "all":
        return all_of(iter(answers))
    some = any_of(iter(answers))
    return some if word == "some" else None if some is None else not some


def equal(left: Any, right: Any) -> bool:
    """Return whether two plain values are equal: numbers by value, all else strictly by type."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    numbers = (int, float, Decimal)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return to_decimal(left) == to_decimal(right)
    return type(left) is type(right) and bool(left == right)
