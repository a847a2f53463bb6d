"""What every check gets, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.checks.accounts import Account, accounts
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Case:
    """One contract in the light of one history, and how each of its messages ended.

    ``functions`` are the Python checks that contracts name, by ``module:function``.
    """

    dossier: Dossier
    accounts: tuple[Account, ...]
    functions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, dossier: Dossier, functions: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> Case:
        """Decide how each message ended; of messages that cannot be linked nobody can tell."""
        ended = tuple(accounts(dossier)) if dossier.correlation.possible else ()
        return cls(dossier, ended, functions or {})


@dataclass(frozen=True, slots=True)
class Check:
    """A family of promises and the pure function that judges them.

    ``kinds`` are the kinds of clauses it rules on; should it fail, all of them are unproven.
    """

    name: str
    kinds: frozenset[str]
    run: Callable[[Case], Docket]
