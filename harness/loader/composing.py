"""Contracts put together: what they take over from others, and where each piece stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.contract import NEVER_TAKEN, UNTOLD
from harness.errors import Problem, did_you_mean
from harness.mapping import parse_pipe
from harness.yamlfile import Document, Place

Where = tuple[Document, tuple[str | int, ...]]
_ORIGINS: Final = ("from", "fixed", "expression")
_LIST_WORDS: Final = frozenset({"each", "match_by", "rows"})
_FOR: Final = {
    "if_missing": ("from",),
    "severity": _ORIGINS,
    "owner": _ORIGINS,
    "tolerance": ("from", "expression"),
}
"""The defaults of field rules, and the origins that a rule must have for each."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The data of one contract as it holds, and the way back to files, lines and columns.

    ``moved`` tells where a path stands that is not written in the contract's ``own`` document;
    everything below it stands there as well. ``filled`` are the values that come from `defaults`.
    ``borrowed`` gathers the problems that were found in what stands elsewhere, with its document
    and section; ``repeated`` those in values filled in, which are found in the defaults as well.
    """

    own: Document
    data: Any
    moved: Mapping[tuple[str, ...], Where] = field(default_factory=dict)
    filled: frozenset[tuple[str, ...]] = frozenset()
    borrowed: dict[Problem, tuple[Document, str]] = field(
        default_factory=dict, compare=False, repr=False
    )
    repeated: set[Problem] = field(default_factory=set, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Return the id of the contract."""
        return str(self.data["contract"])

    @property
    def file(self) -> str:
        """Return the file of the contract itself."""
        return self.own.file

    def origin(self, path: Place) -> Where:
        """Return the document in which a path really stands, and its path there."""
        for length in range(len(path), 0, -1):
            found = self.moved.get(tuple(map(str, path[:length])))
            if found is not None:
                document, start = found
                return document, (*start, *path[length:])
        return self.own, tuple(path)

    def key_place(self, path: Place) -> tuple[str, int]:
        """Return file and line of the key of a path, or of its nearest parent's key."""
        document, there = self.origin(path)
        return document.file, document.key_place(there)[0]

    def problem(self, path: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at the value at a path, or at its key, in the file it stands in."""
        document, there = self.origin(path)
        found = document.problem(there, message, hint, key=key)
        if document is not self.own:
            self.borrowed[found] = document, str(there[0]) if there else ""
        if tuple(path) in self.filled:
            self.repeated.add(found)
        return found


def compose(
    documents: Mapping[str, Document],
    *,
    common: Document | None,
    maps: Mapping[str, Document],
    report: Callable[[Problem], None],
) -> Iterator[Composed]:
    """Yield each contract as it holds, from documents by the id of their contract.

    A section that a contract does not name is that of the contract it is `like`, or of the one
    that this is like in turn; where none of them names it, that of the ``common`` document.
    Sections are taken whole. At last `defaults` of the contract, wherever they stand, are filled
    in for rules that do not say them. A contract whose `like` leads nowhere, or round in a
    circle, is reported and left out.
    """
    for name, document in documents.items():
        chain = _chain(name, documents, report)
        if chain is None:
            continue
        data = dict(document.data)
        moved: dict[tuple[str, ...], Where] = {}
        for other in chain:
            _take_over(data, moved, other, _sections(other))
        if common is not None and isinstance(common.data, Mapping):
            _take_over(data, moved, common, common.data)
        for word, other in maps.items():
            moved.setdefault(("maps", word), (other, ()))
        if isinstance(own := data.get("maps"), Mapping):
            # A map of the contract's own goes before a shared one of that name.
            at_home = moved.get(("maps",), (document, ("maps",)))
            moved |= {("maps", w): (at_home[0], (*at_home[1], w)) for w in own if w in maps}
        filling = _Filling(data, moved, document, maps)
        filling.fill()
        yield Composed(document, data, moved, frozenset(filling.filled))


def settled(
    found: Iterable[tuple[Composed, Iterable[Problem]]], known: Iterable[Problem] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with contracts, each mistake once.

    What stands in a section that several contracts take over is wrong for all of them: it is one
    problem where it is wrong for the one in which it stands, or for all that take it over, or is
    ``known`` already. Otherwise the contract that cannot take it over is named.
    """
    problems = [(composed, list(each)) for composed, each in found]
    plain = {*known}
    of: dict[Problem, set[str]] = {}
    for composed, each in problems:
        plain |= {problem for problem in each if problem not in composed.borrowed}
        for problem in each:
            of.setdefault(problem, set()).add(composed.name)
    for composed, each in problems:
        for problem in each:
            if problem in composed.repeated:
                continue
            if problem in plain or of[problem] >= _takers(composed, problem, problems):
                yield problem
            else:
                said = f"{problem.message} (in {composed.name}, which takes this over)"
                yield replace(problem, message=said)


def _takers(
    composed: Composed, problem: Problem, problems: Sequence[tuple[Composed, Sequence[Problem]]]
) -> set[str]:
    """Return the contracts for which a section in which something is wrong holds."""
    document, section = composed.borrowed[problem]
    return {
        other.name
        for other, _ in problems
        if other.own is document or other.moved.get((section,), (None,))[0] is document
    }


def _chain(
    name: str, documents: Mapping[str, Document], report: Callable[[Problem], None]
) -> list[Document] | None:
    """Return the documents that a contract is like, nearest first; None after a report."""
    chain, names, document = [], [name], documents[name]
    while (other := document.data.get("like")) is not None and isinstance(other, str):
        if other in names:
            circle = " -> ".join([*names[names.index(other) :], other])
            message = f"like: the contracts go round in a circle: {circle}"
            hint = "write the sections out in one of them"
            report(documents[name].problem(("like",), message, hint))
            return None
        if other not in documents:
            message = f"like: there is no contract {other!r}"
            report(document.problem(("like",), message, did_you_mean(other, list(documents))))
            return None
        document = documents[other]
        names.append(other)
        chain.append(document)
    return chain


def _sections(document: Document) -> Iterable[str]:
    return [key for key in document.data if key not in NEVER_TAKEN and not key.startswith("x-")]


def _take_over(
    data: dict[str, Any],
    moved: dict[tuple[str, ...], Where],
    other: Document,
    sections: Iterable[str],
) -> None:
    for key in sections:
        if key not in data:
            data[key] = other.data[key]
            moved[(key,)] = (other, (key,))


class _Filling:
    """Fills the defaults of one contract into its rules, in copies of what they stand in."""

    def __init__(
        self,
        data: dict[str, Any],
        moved: dict[tuple[str, ...], Where],
        own: Document,
        maps: Mapping[str, Document],
    ) -> None:
        self._data, self._moved, self._maps = data, moved, maps
        self.filled: set[tuple[str, ...]] = set()
        self._defaults = _mapping(data.get("defaults"))
        self._from, self._start = moved.get(("defaults",), (own, ("defaults",)))

    def fill(self) -> None:
        """Fill in what the rules and rows do not say themselves."""
        fields, failures = self._data.get("fields"), self._data.get("failures")
        if "fields" in self._defaults and isinstance(fields, Mapping):
            self._data["fields"] = {
                name: self._any_rule(rule, ("fields", name)) for name, rule in fields.items()
            }
        if "failures" in self._defaults and isinstance(failures, Mapping):
            self._data["failures"] = {
                outcome: self._failure(row, ("failures", outcome))
                for outcome, row in failures.items()
            }

    def _any_rule(self, rule: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(rule, Mapping) or not _LIST_WORDS & set(rule):
            return self._rule(rule, path)
        filled = dict(rule)
        if isinstance(rule.get("fields"), Mapping):
            filled["fields"] = self._rules(rule["fields"], (*path, "fields"))
        if isinstance(rule.get("rows"), Mapping):
            filled["rows"] = {
                name: {
                    **block,
                    "fields": self._rules(block["fields"], (*path, "rows", name, "fields")),
                }
                if isinstance(block, Mapping) and isinstance(block.get("fields"), Mapping)
                else block
                for name, block in rule["rows"].items()
            }
        return filled

    def _rules(self, rules: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        return {name: self._rule(rule, (*path, name)) for name, rule in rules.items()}

    def _rule(self, rule: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(rule, Mapping):
            return rule
        said = [
            word
            for word, origins in _FOR.items()
            if any(origin in rule for origin in origins)
            and not (word == "if_missing" and self._decided(rule))
        ]
        return self._with(rule, path, "fields", said)

    def _decided(self, rule: Mapping[str, Any]) -> bool:
        """Return whether the rule says already what happens without a value."""
        word = rule.get("map")
        if isinstance(word, str):
            own = _mapping(self._data.get("maps")).get(word)
            shared = self._maps[word].data if own is None and word in self._maps else own
            if "if_missing" in _mapping(shared):
                return True
        try:
            pipe = parse_pipe(rule["using"]) if isinstance(rule.get("using"), str) else None
        except ValueError:  # the rule gets a problem of its own
            return True
        return pipe is not None and any(stage.entry.takes_missing for stage in pipe.stages)

    def _failure(self, row: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(row, Mapping):
            return row
        said = ["severity"]
        if row.get("then") not in UNTOLD:
            said.append("tell")
        filled = self._with(row, path, "failures", said)
        if filled.get("tell") is not None:
            filled = self._with(filled, path, "failures", ["within"])
        return filled

    def _with(
        self, rule: Mapping[str, Any], path: tuple[str, ...], section: str, words: Sequence[str]
    ) -> dict[str, Any]:
        values = _mapping(self._defaults.get(section))
        filled = dict(rule)
        for word in words:
            if word not in rule and values.get(word) is not None:
                filled[word] = values[word]
                self.filled.add((*path, word))
                self._moved[(*path, word)] = (self._from, (*self._start, section, word))
        return filled


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
