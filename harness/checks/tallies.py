"""What both sides have of the same thing in the end: stock that is shown, money that is booked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from harness.checks.dossier import Dossier
from harness.checks.holdings import amount
from harness.checks.subjects import Subject, Version
from harness.contract import BookedSide
from harness.landscape import Telling
from harness.mapping import EVERY, Path, missing, parse_path, read, read_all, shown
from harness.mapping.transforms.operands import EXACT
from harness.matching import matches_data
from harness.messages import key_text
from harness.rules import Expected
from harness.verdict import Tally

ACCURACY: Final = "inventory_accuracy"
MARGIN: Final = "landed_margin"


def tallies(dossiers: Sequence[Dossier]) -> Iterator[Tally]:
    """Yield every figure that can be compared once everything has settled; judge nothing.

    Stock is compared by what the rules make of the newest version and what the target's record
    holds, or was last given. Money is what the contract's ``books`` say of both messages.
    """
    for dossier in dossiers:
        if not dossier.settled:
            continue
        if dossier.contract.object == "inventory":
            yield from _stock(dossier)
        yield from _money(dossier)


def _stock(dossier: Dossier) -> Iterator[Tally]:
    tells = dossier.target.tells
    for subject in dossier.subjects.values():
        newest = _newest(subject)
        if newest is None:
            continue
        for record, telling in tells.items():
            yield from _told(dossier, subject, newest, record, telling)


def _told(
    dossier: Dossier, subject: Subject, newest: Version, record: str, telling: Telling
) -> Iterator[Tally]:
    view = dossier.view(newest.body, in_part=newest.in_part)

    def expected(field: str) -> Any:
        found = view.expected(field)
        return found.value if isinstance(found, Expected) else None

    name = f"{dossier.contract.systems[1]}.{record}"
    keys = [
        expected(telling.key[field])
        for field in dossier.landscape.record(name).key
        if field in telling.key
    ]
    if any(missing(key) for key in keys):
        return
    held = dossier.holdings.of(name).get(" ".join(map(key_text, keys)), ())
    for value, field in telling.set.items():
        wanted = expected(field)
        if missing(wanted):
            continue
        found = held[-1].values(value) if held else ()
        here = shown(found[0]) if len(found) == 1 and not missing(found[0]) else None
        yield Tally(
            ACCURACY,
            dossier.contract.contract,
            subject.name,
            value,
            shown(wanted),
            here,
            parked=bool(subject.parked),
        )


def _money(dossier: Dossier) -> Iterator[Tally]:
    for kind, booking in dossier.contract.books.items():
        for subject in dossier.subjects.values():
            version = subject.owed
            taken = [one for one in subject.attempts if one.fate.taken]
            # What was called off before it was booked is owed to nobody.
            if version is None or (not taken and _newest(subject) is None):
                continue
            path = parse_path(booking.order)
            hidden = dossier.rules.hides("source", path)
            order = subject.name if hidden else read(path, version.body)
            there = booked(booking.source, version.body)
            if missing(order) or there is None:
                continue
            here = booked(booking.target, taken[-1].sighting.body) if taken else None
            money = parse_path(booking.currency)
            body = version.body
            if money.head == "target":
                money, body = money.tail(), taken[-1].sighting.body if taken else {}
            currency = read(money, body)
            yield Tally(
                MARGIN,
                dossier.contract.contract,
                key_text(order),
                kind,
                str(there),
                None if here is None else str(here),
                "" if missing(currency) else shown(currency),
                parked=bool(subject.parked),
            )


def booked(side: BookedSide, body: Any) -> Decimal | None:
    """Return what one side books of a message; None where an amount cannot be read."""
    total = Decimal(0)
    for term in side.add:
        path = parse_path(term.removeprefix("-"))
        for row, value in _rows(path, body):
            if row is not None and matches_data(side.where, row) is not True:
                continue
            number = amount(value)
            if number is None:
                return None
            total = EXACT.add(total, -number if term.startswith("-") else number)
    return total


def _rows(path: Path, body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each row with its amount; a path without a list has no row."""
    if not path.many:
        yield None, read(path, body)
        return
    cut = len(path.parts) - path.parts[::-1].index(EVERY)
    for found in read_all(Path(path.parts[:cut], 0, many=True), body):
        yield found.value, read(Path(path.parts[cut:]), found.value)


def _newest(subject: Subject) -> Version | None:
    newest = subject.versions[-1] if subject.versions else None
    return newest if newest is not None and newest.fulfils else None
