"""What every check gets, and what a check is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.checks.accounts import Account, accounts
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Case:
    """One contract in the light of one history, and how each of its messages ended."""

    dossier: Dossier
    accounts: tuple[Account, ...]

    @classmethod
    def of(cls, dossier: Dossier) -> Case:
        """Decide how each message ended; of messages that cannot be linked nobody can tell."""
        return cls(dossier, tuple(accounts(dossier)) if dossier.correlation.possible else ())


@dataclass(frozen=True, slots=True)
class Check:
    """A family of promises and the pure function that judges them.

    ``kinds`` are the kinds of clauses it rules on; should it fail, all of them are unproven.
    """

    name: str
    kinds: frozenset[str]
    run: Callable[[Case], Docket]
