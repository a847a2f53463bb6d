"""One contract in the text of its file: what it says, and from where to where it says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import yaml

from harness.contract import Contract
from harness.errors import BadInput, Problem
from harness.yamlfile import Document, read_text, validate

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAIL: Final = re.compile(r"([ \t]*)(#[^\r\n]*)?(?=\r|\n|\Z)")
_COMMENT: Final = re.compile(r"#[^\r\n]*")

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """The sections that hold for a contract and stand elsewhere, each with its place."""

    sections: Mapping[str, Any]
    places: Mapping[str, str]


NOTHING_TAKEN: Final = Taken({}, {})


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows a rule in its line: ``start`` to ``end``, and the comment in it."""

    start: int
    end: int
    comment: str


@dataclass(frozen=True)
class Agreed:
    """A contract, its document, and the nodes of its text.

    ``others`` are the data of the other documents of the file, in their order; ``taken`` are the
    sections that hold for the contract and are not written in it.
    """

    text: str
    document: Document
    contract: Contract
    root: Any
    others: tuple[Any, ...]
    taken: Taken = NOTHING_TAKEN

    @classmethod
    def of(cls, text: str, *, file: str, name: str, taken: Taken = NOTHING_TAKEN) -> Agreed:
        """Find a contract in the text of a file.

        Raises:
            BadInput: the text cannot be read, or does not hold that contract.
        """
        documents = read_text(text, file)
        index = next((i for i, d in enumerate(documents) if _name(d.data) == name), None)
        if index is None:
            raise BadInput([Problem(file, 0, 0, f"the contract {name!r} does not stand here")])
        # Anchors, tags and depth are refused by now, so composing is safe.
        roots = [root for root in yaml.compose_all(text, Loader=_Loader) if not _is_nothing(root)]
        document = documents[index]
        contract = validate(Contract, document, {**taken.sections, **document.data})
        others = tuple(d.data for d in documents if d is not document)
        return cls(text, document, contract, roots[index], others, taken)

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the contract as plain data."""
        data: Mapping[str, Any] = self.document.data
        return data

    @cached_property
    def comments(self) -> tuple[tuple[int, int], ...]:
        """Return from where to where each comment stands."""
        found: list[tuple[int, int]] = []
        position = 0
        for token in yaml.scan(self.text, Loader=_Loader):
            found += _comments_between(self.text, position, token.start_mark.index)
            position = max(position, token.end_mark.index)
        return (*found, *_comments_between(self.text, position, len(self.text)))

    @property
    def line_end(self) -> str:
        """Return how the lines of the file end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def node(self, path: Sequence[str]) -> Any:
        """Return the node of the value at a path; KeyError where there is none."""
        node = self.root
        for part in path:
            node = self.pair(node, part)[1]
        return node

    def pair(self, mapping: Any, key: str) -> Pair:
        """Return the nodes of a key and its value; KeyError where there is none."""
        for found, value in mapping.value:
            if found.value == key:
                return found, value
        raise KeyError(key)

    def has(self, path: Sequence[str]) -> bool:
        """Tell whether something stands at a path."""
        data: Any = self.data
        for part in path:
            if not isinstance(data, Mapping) or part not in data:
                return False
            data = data[part]
        return True

    def end(self, node: Any) -> int:
        """Return where a value ends; what the parser counts to the next line does not belong."""
        while is_block(node) and node.value:
            last = node.value[-1]
            node = last[1] if isinstance(last, tuple) else last
        start: int = node.start_mark.index
        end: int = node.end_mark.index
        return start + len(self.text[start:end].rstrip())

    def colon(self, key: Any) -> int:
        """Return where the value after a key may begin: behind the colon."""
        end: int = key.end_mark.index
        match = re.compile(r"[ \t]*:").match(self.text, end)
        return match.end() if match else end

    def tail(self, path: Sequence[str]) -> Tail | None:
        """Return the end of the line of a rule; None where a comment has no room."""
        parent = self.node(path[:-1])
        key, value = self.pair(parent, path[-1])
        if not is_block(parent) or getattr(value, "style", None) in ("|", ">"):
            return None
        position = self.colon(key) if is_block(value) else self.end(value)
        match = _TAIL.match(self.text, position)
        if match is None or (match[2] and not match[1]):
            return None
        comment = (match[2] or "").removeprefix("#").strip()
        end = match.end(2) if match[2] else position
        return Tail(position, end, comment)

    def above(self, path: Sequence[str]) -> str:
        """Return the comment lines directly above a rule."""
        parent = self.node(path[:-1])
        if not is_block(parent):
            return ""
        start = self.pair(parent, path[-1])[0].start_mark.index
        lines: list[str] = []
        for line in reversed(self.text[:start].splitlines()[:-1]):
            if not line.lstrip().startswith("#"):
                break
            lines.insert(0, line.lstrip().removeprefix("#").strip())
        return " / ".join(filter(None, lines))

    def problem(self, path: Sequence[str], message: str, hint: str = "") -> Problem:
        """Return a problem at a place of the contract's file."""
        return self.document.problem(path, message, hint, key=True)


def _name(data: Any) -> Any:
    return data.get("contract") if isinstance(data, Mapping) else None


def _is_nothing(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value and not node.style


def is_block(node: Any) -> bool:
    """Tell whether a mapping or list is written in lines, without braces or brackets."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _comments_between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _COMMENT.finditer(text, start, max(start, end)):
        yield match.start(), match.end()
