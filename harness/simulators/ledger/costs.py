"""What goods cost on their way: invoices of carriers, corrected afterwards, and duties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from harness.simulators.base import UnknownAction


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a carrier's invoice; what is given back is negative."""

    shipment: str
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CarrierInvoice:
    """An invoice at one moment; lines are only ever added."""

    number: str
    carrier: str
    currency: str
    charges: tuple[Charge, ...]
    updated_at: int
    revision: int = 1

    @property
    def total(self) -> Decimal:
        """Return what is owed, the adjustments included."""
        return sum((charge.amount for charge in self.charges), Decimal(0))


@dataclass(frozen=True, slots=True)
class Duty:
    """What a border took for the goods of an order."""

    id: str
    external_id: str
    country: str
    currency: str
    duty: Decimal
    import_tax: Decimal
    updated_at: int
    revision: int = 1

    @property
    def total(self) -> Decimal:
        """Return what is owed."""
        return self.duty + self.import_tax


class Costs:
    """Invoices by number and duties by id."""

    def __init__(self) -> None:
        self.invoices: dict[str, CarrierInvoice] = {}
        self.duties: dict[str, Duty] = {}

    def receive(self, invoice: CarrierInvoice) -> CarrierInvoice:
        """Receive an invoice.

        Raises:
            UnknownAction: its number is known.
        """
        if invoice.number in self.invoices:
            raise UnknownAction(f"invoice {invoice.number} was received before; adjust it instead")
        self.invoices[invoice.number] = invoice
        return invoice

    def adjust(
        self, invoice: CarrierInvoice, charges: Sequence[Charge], *, now: int
    ) -> CarrierInvoice:
        """Add to an invoice what was found out after the fact."""
        after = replace(
            invoice,
            charges=(*invoice.charges, *charges),
            revision=invoice.revision + 1,
            updated_at=now,
        )
        self.invoices[invoice.number] = after
        return after

    def assess(self, duty: Duty) -> Duty:
        """Keep a duty, or what it is corrected to."""
        known = self.duties.get(duty.id)
        after = duty if known is None else replace(duty, revision=known.revision + 1)
        self.duties[duty.id] = after
        return after
