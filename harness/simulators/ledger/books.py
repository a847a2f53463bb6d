"""The books: journals that balance, what they leave on each account, and months that are closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from harness.mapping import to_decimal
from harness.simulators.base import copied

Place = tuple[str, str]
"""An account and a currency."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a journal is not booked: the word for it, and what it is about."""

    error: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journal:
    """A booked journal, with the body it came with."""

    number: int
    posted_at: int
    body: Mapping[str, Any]

    @property
    def reference(self) -> str:
        """Return the reference by which its sender knows it."""
        return str(self.body["reference"])

    @property
    def period(self) -> str:
        """Return the month in which it counts."""
        return period_of(self.body)

    @property
    def lines(self) -> list[tuple[Place, Decimal]]:
        """Return what each line credits, debits being negative."""
        return lines_of(self.body)

    @property
    def places(self) -> list[Place]:
        """Return the accounts and currencies that it touches, each once, in order."""
        return sorted({place for place, _ in self.lines})


class Books:
    """Journals by reference. What is booked balances, stays, and never lies in a closed month."""

    def __init__(self) -> None:
        self.journals: dict[str, Journal] = {}
        self.balances: dict[Place, Decimal] = {}
        self.closed_accounts: set[str] = set()
        self.periods: dict[str, bool] = {}

    def objection(self, body: Mapping[str, Any]) -> Objection | None:
        """Return why a body whose fields are all as described is not booked, or None.

        What is booked already is said first: a retry must hear the same after the month is closed.
        """
        reference = str(body["reference"])
        if known := self.journals.get(reference):
            about = {"reference": reference, "journalNo": known.number}
            return Objection("duplicate_reference", about)
        if differences := self.differences(body):
            return Objection("unbalanced", {"differences": differences})
        accounts = sorted({account for (account, _), _ in lines_of(body)} & self.closed_accounts)
        if accounts:
            return Objection("account_closed", {"accounts": accounts})
        if not self.is_open(period_of(body)):
            return Objection("period_closed", {"period": period_of(body)})
        return None

    def differences(self, body: Mapping[str, Any]) -> dict[str, Decimal]:
        """Return what is left over in each currency in which credits and debits differ."""
        left = total((currency, amount) for (_, currency), amount in lines_of(body))
        return {currency: amount for currency, amount in sorted(left.items()) if amount}

    def post(self, body: Mapping[str, Any], *, now: int) -> Journal:
        """Book a journal to which there is no objection."""
        journal = Journal(len(self.journals) + 1, now, copied(body))
        self.journals[journal.reference] = journal
        for place, amount in journal.lines:
            self.balances[place] = self.balances.get(place, Decimal(0)) + amount
        self.periods.setdefault(journal.period, True)
        return journal

    def is_open(self, period: str) -> bool:
        """Return whether a month still takes journals."""
        return self.periods.get(period, True)

    def turnover(self, period: str) -> dict[str, Decimal]:
        """Return what was credited in a month, by currency; as much was debited."""
        return total(
            (currency, amount)
            for journal in self.journals.values()
            if journal.period == period
            for (_, currency), amount in journal.lines
            if amount > 0
        )


def total(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Return the exact sum of the amounts of each name."""
    sums: dict[str, Decimal] = {}
    for name, amount in amounts:
        sums[name] = sums.get(name, Decimal(0)) + amount
    return sums


def lines_of(body: Mapping[str, Any]) -> list[tuple[Place, Decimal]]:
    """Return where each line of a journal books how much."""
    return [
        ((line["account"], line["currency"]), to_decimal(line["credit"])) for line in body["lines"]
    ]


def period_of(body: Mapping[str, Any]) -> str:
    """Return the month of the day on which a journal is booked, as ``2026-03``."""
    return date.fromisoformat(body["bookedOn"]).isoformat()[:7]


def reversed_body(journal: Journal, *, booked_on: str) -> dict[str, Any]:
    """Return a journal that takes back another, to the last part of a cent."""
    body: dict[str, Any] = copied(journal.body)
    for line in body["lines"]:
        line["credit"] = f"{-to_decimal(line['credit']):f}"
    reference = f"reversal-{journal.number}"
    return body | {"reference": reference, "bookedOn": booked_on, "text": "Reversal"}
