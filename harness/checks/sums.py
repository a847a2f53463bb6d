"""Whether amounts add up, and whose breach it is when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from harness.checks.comparison import Outlook
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.subjects import Attempt, Subject
from harness.contract import Sum
from harness.mapping import (
    EVERY,
    Path,
    Uncomparable,
    Veiled,
    missing,
    parse_condition,
    parse_path,
    read,
    read_all,
    reader,
    to_decimal,
)
from harness.rules import Expected


@dataclass(frozen=True, slots=True)
class _Term:
    """One signed term: a path of the target, or of the source."""

    text: str
    sign: int
    of_source: bool
    path: Path


class _Unknown(Exception):
    """A term cannot be read; the message says why."""


def judge_sums(dossier: Dossier, subject: Subject, docket: Docket) -> None:
    """Vote on every sum of the contract for every message that was sent for a subject.

    An equation that fails although every field is what the rules make of the source is the
    source's own: its totals do not add up. One that fails because of a wrong field has that
    field's finding and no other. A missing term and mixed currencies decide nothing.
    """
    if not dossier.contract.sums:
        return
    found: set[tuple[str, str]] = set()
    for attempt in subject.attempts:
        if attempt.basis is None:
            continue
        unbalanced: set[str] = set()
        for name, total in dossier.contract.sums.items():
            _Equation(dossier, subject, attempt, docket, f"sums.{name}", total).vote(
                found, unbalanced
            )


class _Equation:
    """One sum for one message."""

    def __init__(
        self,
        dossier: Dossier,
        subject: Subject,
        attempt: Attempt,
        docket: Docket,
        clause: str,
        total: Sum,
    ) -> None:
        assert attempt.basis is not None  # noqa: S101 - asked by the caller
        self._dossier = dossier
        self._subject = subject
        self._attempt = attempt
        self._docket = docket
        self._clause = clause
        self._sum = total
        self._view: Outlook = attempt.basis.view
        self._comparison = attempt.basis.comparison
        self._target = attempt.sighting.body

    def vote(self, found: set[tuple[str, str]], unbalanced: set[str]) -> None:
        """Vote once for each outcome; ``unbalanced`` are source fields that do not add up."""
        applies = self._applies()
        if applies is False:
            self._docket.idle(self._clause, "the condition of the sum was never fulfilled")
            return
        if applies is None:
            self._doubt("the condition of the sum cannot be decided")
            return
        try:
            left, right = self._sides(self._observed)
            self._of_one_currency()
        except _Unknown as unknown:
            self._doubt(str(unknown))
            return
        if abs(left - right) <= self._sum.tolerance:
            self._keep(left)
            return
        if (self._clause, f"{left}={right}") not in found:
            found.add((self._clause, f"{left}={right}"))
            self._break(left, right, unbalanced)

    def _applies(self) -> bool | None:
        if self._sum.when is None:
            return True
        of_target, of_source = reader(self._target), reader(self._view.source)

        def read_at(path: Path) -> Any:
            if path.head == "source" and len(path.parts) > 1:
                return of_source(path.tail())
            return of_target(path)

        return parse_condition(self._sum.when).holds(read_at)

    def _keep(self, left: Decimal) -> None:
        if self._attempt.fate.taken:
            name = self._dossier.target_name(self._attempt)
            self._docket.prove(self._clause, [self._attempt.number], f"adds up in {name}: {left}")

    def _doubt(self, reason: str) -> None:
        if self._attempt.fate.taken:
            self._docket.doubt(
                self._clause,
                f"{self._subject.name}: {reason}",
                witnesses=[self._attempt.number],
            )

    def _break(self, left: Decimal, right: Decimal, unbalanced: set[str]) -> None:
        try:
            wanted = self._sides(self._expected)
        except _Unknown:
            wanted = None
        fields = self._source_fields()
        if wanted is not None and abs(wanted[0] - wanted[1]) > self._sum.tolerance:
            if unbalanced & fields:
                self._doubt("it depends on source totals that do not add up")
                return
            unbalanced |= fields
            self._fail("source_does_not_add_up", left, right, self._dossier.team("source"))
            return
        guilty = self._wrong_fields()
        if guilty:
            self._docket.idle(self._clause, f"a field of it is wrong, see {guilty[0]}")
            return
        self._fail("does_not_add_up", left, right, None)

    def _fail(self, cause: str, left: Decimal, right: Decimal, owner: str | None) -> None:
        add = " + ".join(self._sum.add).replace("+ -", "- ")
        by_source = ", as in the source itself" if cause == "source_does_not_add_up" else ""
        self._docket.fail(
            self._clause,
            cause=cause,
            expected=f"{add} = {' + '.join(self._sum.other_side)}",
            observed=f"{left} against {right} in "
            f"{self._dossier.target_name(self._attempt)}{by_source}",
            subject=self._subject.name,
            exchanges=[self._attempt.number, *self._subject.witnesses[:5]],
            owner=owner,
        )

    def _sides(self, values_of: Any) -> tuple[Decimal, Decimal]:
        return (
            _total(self._sum.add, values_of),
            _total(self._sum.other_side, values_of),
        )

    def _observed(self, term: _Term) -> list[Any]:
        body = self._view.source if term.of_source else self._target
        return _values(term, body)

    def _expected(self, term: _Term) -> list[Any]:
        """Return what the rules make of the source for a term; unknown where no rule fills it."""
        if term.of_source:
            return _values(term, self._view.source)
        name = str(term.path)
        result = self._view.expected(name)
        if isinstance(result, Expected):
            return result.value if isinstance(result.value, list) else [result.value]
        for rows, outlooks in self._view.rows:
            for plan in rows.fields:
                if f"{rows.name}.*.{plan.name}" == name:
                    return [_of_row(plan.clause, one.results) for one in outlooks or ()]
        raise _Unknown(f"no rule fills {name}")

    def _source_fields(self) -> set[str]:
        fields: set[str] = set()
        for text in (*self._sum.add, *self._sum.other_side):
            term = _term(text)
            if term.of_source:
                fields.add(str(term.path))
            plan = self._dossier.rules.field(str(term.path))
            fields |= set(plan.rule.sources) if plan is not None else set()
        return fields

    def _wrong_fields(self) -> list[str]:
        names = {_term(text).text for text in (*self._sum.add, *self._sum.other_side)}
        return [
            deviation.clause
            for deviation in self._comparison.different
            if any(_about(deviation.clause, deviation.plan, name) for name in names)
        ]

    def _of_one_currency(self) -> None:
        currencies = {
            str(currency)
            for text in (*self._sum.add, *self._sum.other_side)
            for currency in self._currencies(_term(text))
        }
        if len(currencies) > 1:
            raise _Unknown("the terms are in " + " and ".join(sorted(currencies)))

    def _currencies(self, term: _Term) -> list[Any]:
        message = self._dossier.source if term.of_source else self._dossier.target
        spec = message.fields.get(str(term.path))
        if spec is None or spec.money is None:
            return []
        body = self._view.source if term.of_source else self._target
        found = [one.value for one in read_all(parse_path(spec.money), body)]
        return [value for value in found if not missing(value)]


def _total(terms: Sequence[str], values_of: Any) -> Decimal:
    total = Decimal(0)
    for text in terms:
        term = _term(text)
        for value in values_of(term):
            total += term.sign * _number(term, value)
    return total


def _number(term: _Term, value: Any) -> Decimal:
    if missing(value):
        raise _Unknown(f"{term.text} is missing")
    if isinstance(value, Veiled):
        raise _Unknown(f"{term.text} is veiled")
    try:
        return _amount(value) if type(value) is str else to_decimal(value)
    except Uncomparable:
        raise _Unknown(f"{term.text} is not a number") from None


def _values(term: _Term, body: Any) -> list[Any]:
    if not term.path.many:
        return [read(term.path, body)]
    before = Path(term.path.parts[: term.path.parts.index(EVERY)])
    if before.parts and missing(read(before, body)):
        raise _Unknown(f"{term.text} is missing")
    return [found.value for found in read_all(term.path, body)]


def _of_row(clause: str, results: Any) -> Any:
    result = next(result for plan, result in results if plan.clause == clause)
    if not isinstance(result, Expected):
        raise _Unknown(f"{clause} cannot be known")
    return result.value


def _about(clause: str, plan: Any, name: str) -> bool:
    if plan is not None and plan.name == name:
        return True
    head, _, inner = name.partition(".*.")
    return clause == f"fields.{head}" or (bool(inner) and clause == f"fields.{head}.{inner}")


@lru_cache(maxsize=4096)
def _amount(text: str) -> Decimal:
    return to_decimal(text)


@lru_cache(maxsize=1024)
def _term(text: str) -> _Term:
    bare = text.removeprefix("-")
    path = parse_path(bare)
    sign = -1 if text.startswith("-") else 1
    if path.head in ("source", "target") and len(path.parts) > 1:
        return _Term(bare, sign, path.head == "source", path.tail())
    return _Term(bare, sign, of_source=False, path=path)
