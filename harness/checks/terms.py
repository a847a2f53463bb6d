"""The arithmetic of sums: signed terms, products within a row, and what they are taken by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from harness.contract import Contract, Sum
from harness.contract.words import TIMES
from harness.landscape import Landscape
from harness.mapping import (
    ABSENT,
    EVERY,
    TABLES,
    Found,
    Incomplete,
    Path,
    Uncomparable,
    Unsure,
    Veiled,
    missing,
    parse_condition,
    parse_path,
    read,
    read_all,
    to_decimal,
)
from harness.mapping.transforms.operands import EXACT
from harness.messages import key_text
from harness.remembered import remembered
from harness.rules import RootedCondition, rooted

Place = tuple[str | int, ...]
Only = Mapping[tuple[str, tuple[str, ...]], Collection[Place]]
"""For a list, by its root and its path, the elements that count; other lists count whole."""
EVERYTHING: Final[Only] = {}


class Unknown(Exception):
    """A term cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A path and where it starts: ``target``, ``source``, or the name of a join.

    ``money`` is where the currency of the amount stands, ``listed`` the path of the list whose
    elements it reads, up to its last ``*``, and ``inner`` the rest, within an element.
    """

    text: str
    root: str
    path: Path
    listed: tuple[str, ...]
    inner: Path
    money: Path | None


Bodies = Mapping[str, Any]
"""What paths start at: the target, the source, and what is joined by its name."""


@dataclass(slots=True)
class Mix:
    """The currencies that one sum meets."""

    found: set[str] = field(default_factory=set)

    def check(self) -> None:
        """Refuse to add amounts of several currencies."""
        if len(self.found) > 1:
            raise Unknown("the terms are in " + " and ".join(sorted(self.found)))


@dataclass(frozen=True, slots=True)
class Term:
    """One signed term: a number, a path, or a product within a row.

    ``base`` is the path that tells the row; ``beside`` are read in the same row, ``apart`` start
    elsewhere and are single values.
    """

    text: str
    factor: Decimal
    base: Spot | None
    beside: tuple[Spot, ...]
    apart: tuple[Spot, ...]

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Return every path that it reads, from its root."""
        if self.base is None:
            return ()
        return (self.base, *self.beside, *self.apart)

    def total(self, bodies: Bodies, mix: Mix, only: Only) -> Decimal:
        """Return its value; one over a list is the sum over its elements."""
        if self.base is None:
            return self.factor
        factor = self.factor
        for spot in self.apart:
            found = Found(spot.path.parts, read(spot.path, _body(bodies, spot)))
            factor = EXACT.multiply(factor, self._number(found.value))
            _note_currency(bodies, spot, [found], mix)
        total, values = Decimal(0), []
        for row, found in self._rows(bodies, only):
            values.append(found)
            product = self._number(found.value)
            for spot in self.beside:
                product = EXACT.multiply(product, self._number(read(spot.inner, row)))
            total = EXACT.add(total, product)
        if self.base.money is not None:
            _note_currency(bodies, self.base, values, mix)
        return EXACT.multiply(factor, total) if factor != 1 else total

    def _rows(self, bodies: Bodies, only: Only) -> Iterator[tuple[Any, Found]]:
        """Yield each row with its amount; the row is left out where nothing else reads it."""
        base = self.base
        assert base is not None  # noqa: S101 - asked by the caller
        body = _body(bodies, base)
        if not base.path.many:
            yield body, Found(base.path.parts, read(base.path, body))
            return
        self._demand_list(base, body)
        if not (only or self.beside):
            for found in read_all(base.path, body):
                yield None, found
            return
        for one in read_all(Path(base.listed, 0, many=True), body):
            if _counts(base, one.at, only):
                value = read(base.inner, one.value)
                yield one.value, Found((*one.at, *base.inner.parts), value)

    def _demand_list(self, base: Spot, body: Any) -> None:
        """Refuse a list that is not there; an empty one adds up to zero, and it does not."""
        parts = base.path.parts
        first = parts.index(EVERY)
        lists = [read(Path(parts[:first]), body)]
        for index in range(first + 1, len(parts)):
            if parts[index] == EVERY:
                before = Path(parts[:index], 0, many=True)
                lists += [found.value for found in read_all(before, body)]
        if any(missing(one) for one in lists):
            raise Unknown(f"{self.text} is missing")
        if not all(isinstance(one, list) for one in lists):
            raise Unknown(f"{self.text} reads a list where there is none")

    def _number(self, value: Any) -> Decimal:
        if missing(value):
            raise Unknown(f"{self.text} is missing")
        if isinstance(value, Unsure):
            raise Unknown(value.reason)
        if isinstance(value, Veiled):
            raise Unknown(f"{self.text} is veiled")
        try:
            return _amount(value) if type(value) is str else to_decimal(value)
        except Uncomparable:
            raise Unknown(f"{self.text} is not a number") from None


@dataclass(frozen=True, slots=True)
class Share:
    """By what a sum is taken: the values of a path, or pairs of values that two sides have."""

    text: str
    left: tuple[Spot, ...]
    right: tuple[Spot, ...]

    def parts(self, bodies: Bodies) -> Iterator[tuple[str, Only]]:
        """Yield each value that both sides have, with the elements that have it."""
        left = _elements(self.left, bodies)
        right = _elements(self.right, bodies) if self.right else None
        for key, places in left.items():
            if right is None or key in right:
                only: dict[tuple[str, tuple[str, ...]], Collection[Place]] = {}
                only[self.left[0].root, self.left[0].listed] = places
                if right is not None:
                    only[self.right[0].root, self.right[0].listed] = right[key]
                yield ", ".join(key), only


@dataclass(frozen=True, slots=True)
class SumPlan:
    """One sum, prepared: its two sides, by what it is taken, and when it holds."""

    name: str
    rule: Sum
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    share: Share | None
    when: RootedCondition | None

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Return every path that its terms read."""
        return tuple(spot for term in (*self.left, *self.right) for spot in term.spots)

    @property
    def reads_target(self) -> bool:
        """Return whether any of its terms stands in the target."""
        return any(spot.root == "target" for spot in self.spots)

    def totals(self, bodies: Bodies) -> Iterator[tuple[str, tuple[Decimal, Decimal]]]:
        """Yield both sides, for each value by which the sum is taken.

        Raises:
            Unknown: a term is missing or cannot be read, or the currencies are mixed.
        """
        parts = [("", EVERYTHING)] if self.share is None else self.share.parts(bodies)
        for key, only in parts:
            mix = Mix()
            try:
                left = _total(self.left, bodies, mix, only)
                right = _total(self.right, bodies, mix, only)
            except ArithmeticError:
                raise Unknown("the result is no number of a reasonable size") from None
            mix.check()
            yield key, (left, right)

    def holds(self, left: Decimal, right: Decimal) -> bool:
        """Return whether two sides are as agreed."""
        # A difference keeps its sign and its size however many digits the two have.
        apart = left - right
        return (apart if self.rule.equals is None else abs(apart)) <= self.rule.tolerance

    def __str__(self) -> str:
        relation = "=" if self.rule.equals is not None else "<="
        said = f"{_said(self.rule.add)} {relation} {_said(self.rule.other_side)}"
        return said if self.share is None else f"{said}, per {self.share.text}"


@remembered
def sum_plans(contract: Contract, landscape: Landscape) -> tuple[SumPlan, ...]:
    """Return the sums of a contract, prepared.

    Those over the source alone come first, because others may depend on them.
    """
    parser = _Parser(contract, landscape)
    plans = [parser.plan(name, rule) for name, rule in contract.sums.items()]
    return tuple(sorted(plans, key=lambda plan: plan.reads_target))


class _Parser:
    """Prepares the sums of one contract."""

    def __init__(self, contract: Contract, landscape: Landscape) -> None:
        self._joins = contract.with_
        self._landscape = landscape
        self._messages = {"source": contract.source, "target": contract.to}
        self._messages |= {name: join.name for name, join in contract.with_.items()}

    def plan(self, name: str, rule: Sum) -> SumPlan:
        """Prepare a sum."""
        when = None
        if rule.when is not None:
            condition = parse_condition(rule.when)
            when = rooted(condition, in_row=False, joins=self._joins, bare="target")
        left = tuple(map(self._term, rule.add))
        right = tuple(map(self._term, rule.other_side))
        return SumPlan(name, rule, left, right, self._share(rule), when)

    def _term(self, text: str) -> Term:
        bare = text.removeprefix("-")
        factor = Decimal(-1 if text.startswith("-") else 1)
        base: Spot | None = None
        beside: list[Spot] = []
        apart: list[Spot] = []
        for part in bare.split(TIMES):
            number = _constant(part)
            if number is not None:
                factor = EXACT.multiply(factor, number)
                continue
            root, path = self._start(part, bare="")
            if base is None:
                base = self._spot(part, root or "target", path)
            elif root:
                apart.append(self._spot(part, root, path))
            else:
                beside.append(self._within(base, part, path))
        return Term(bare, factor, base, tuple(beside), tuple(apart))

    def _share(self, rule: Sum) -> Share | None:
        if rule.per is None:
            return None
        if isinstance(rule.per, str):
            return Share(rule.per, (self._spot_of(rule.per, bare="target"),), ())
        return Share(
            " and ".join(f"{left} and {right}" for left, right in rule.per.items()),
            tuple(self._spot_of(text, bare="target") for text in rule.per),
            tuple(self._spot_of(text, bare="source") for text in rule.per.values()),
        )

    def _spot_of(self, text: str, *, bare: str) -> Spot:
        return self._spot(text, *self._start(text, bare=bare))

    def _start(self, text: str, *, bare: str) -> tuple[str, Path]:
        path = parse_path(text)
        if path.up:
            return "source", Path(path.parts, 0, path.many)
        if path.head in self._joins:
            return path.head, path.tail()
        if path.head in ("source", "target") and len(path.parts) > 1:
            return path.head, path.tail()
        return bare, path

    def _spot(self, text: str, root: str, path: Path) -> Spot:
        parts = path.parts
        listed = parts[: len(parts) - parts[::-1].index(EVERY)] if path.many else ()
        inner = Path(parts[len(listed) :])
        return Spot(text, root, path, listed, inner, self._money(root, path))

    def _within(self, base: Spot, text: str, path: Path) -> Spot:
        whole = Path((*base.listed, *path.parts), 0, base.path.many or path.many)
        return Spot(text, base.root, whole, base.listed, path, None)

    def _money(self, root: str, path: Path) -> Path | None:
        """Return where the currency of an amount stands, from where its own path starts."""
        message, many = self._messages.get(root, TABLES), False
        if message.partition(".")[0] == TABLES:
            return None
        if root in self._joins:
            many = self._joins[root].all is not None
        try:
            spec = self._landscape.fields(message).get(str(Path(path.parts[many:])))
        except KeyError:
            return None
        if spec is None or spec.money is None:
            return None
        money = parse_path(spec.money)
        return Path((EVERY, *money.parts), 0, many=True) if many else money


def _body(bodies: Bodies, spot: Spot) -> Any:
    """Return what a path starts at; unknown where that is not known whole."""
    body = bodies.get(spot.root, ABSENT)
    if isinstance(body, (Unsure, Incomplete)):
        raise Unknown(body.reason)
    return body


def _total(terms: Sequence[Term], bodies: Bodies, mix: Mix, only: Only) -> Decimal:
    total = Decimal(0)
    for term in terms:
        total = EXACT.add(total, term.total(bodies, mix, only))
    return total


def _said(terms: Sequence[str]) -> str:
    return " + ".join(terms).replace("+ -", "- ")


def _constant(text: str) -> Decimal | None:
    try:
        return to_decimal(text)
    except Uncomparable:
        return None


def _elements(spots: Sequence[Spot], bodies: Bodies) -> dict[tuple[str, ...], list[Place]]:
    """Return the elements of one list by the values at some paths in them."""
    first = spots[0]
    if any((one.root, one.listed) != (first.root, first.listed) for one in spots):
        raise Unknown("the values by which it is taken stand in different lists")
    found: dict[tuple[str, ...], list[Place]] = {}
    for one in read_all(Path(first.listed, 0, many=True), _body(bodies, first)):
        key = tuple(_key(spot, read(spot.inner, one.value)) for spot in spots)
        found.setdefault(key, []).append(one.at)
    return found


def _key(spot: Spot, value: Any) -> str:
    if missing(value):
        raise Unknown(f"{spot.text} is missing")
    if isinstance(value, Veiled):
        raise Unknown(f"{spot.text} is veiled")
    return key_text(value)


def _counts(spot: Spot, at: Place, only: Only) -> bool:
    return all(
        at[: len(listed)] in places
        for (root, listed), places in only.items()
        if root == spot.root and spot.listed[: len(listed)] == listed
    )


def _note_currency(bodies: Bodies, spot: Spot, values: Sequence[Found], mix: Mix) -> None:
    money = spot.money
    if money is None:
        return
    body = _body(bodies, spot)
    places = {_beside(money, found.at) for found in values} if money.many else {money}
    for place in places:
        found = [one.value for one in read_all(place, body)]
        mix.found.update(str(value) for value in found if not missing(value))


def _beside(money: Path, at: Place) -> Path:
    """Return the place of the currency in the same row as an amount."""
    parts: list[str] = []
    for index, part in enumerate(money.parts):
        row = part == EVERY and index < len(at) and isinstance(at[index], int)
        same = parts == [str(one) for one in at[:index]]
        parts.append(str(at[index]) if row and same else part)
    return Path(tuple(parts), 0, EVERY in parts)


@lru_cache(maxsize=4096)
def _amount(text: str) -> Decimal:
    return to_decimal(text)
