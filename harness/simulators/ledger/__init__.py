"""A finance system: the journals it keeps, and the money that it knows of."""

from harness.simulators.ledger.simulator import Ledger

__all__ = ["Ledger"]
