"""An invented landscape and small records, so that tests say only what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.align import Alignment
from harness.contract import Contract
from harness.errors import Problem
from harness.landscape import Contact, Flow, Landscape
from harness.readiness import (
    Attestation,
    GapWaiver,
    Policy,
    Readiness,
    ScenarioResult,
    Step,
    Waiver,
    build,
)
from harness.verdict import Finding, Grade, Ruling, Severity, failed, proven, ruling_to_json
from harness.verdict import unproven as never_proven

TODAY = "2026-03-02"
PARCEL = "bakery-bread-to-kiosk"
SOLD = f"{PARCEL}#fields.loaf"
SIZE = f"{PARCEL}#fields.size"
EXPECT = f"{PARCEL}#expect"
OWNERS = f"{PARCEL}#owners"
OBSERVABLE = (SOLD, SIZE, EXPECT)

LANDSCAPE = Landscape(
    systems={},
    teams={
        "bakers": Contact(name="The bakers", contact="#bakers"),
        "sellers": Contact(name="The sellers", contact="+00 12"),
    },
)


def contract(*, name: str = PARCEL, status: str = "agreed") -> Contract:
    """Return a contract of four clauses: two fields, a delivery, and a signature."""
    return Contract.described(
        contract=name,
        version="1.0.0",
        status=status,
        summary="Bread that was baked is shown in the kiosk.",
        **{"from": "bakery.bread"},
        to="kiosk.loaf",
        object="inventory",
        owners={
            "business": "sellers",
            "source": "bakers",
            "target": "sellers",
            "integration": "bakers",
        },
        fields={"loaf": {"from": "bread"}, "size": {"from": "weight", "severity": "minor"}},
    )


def kept(clause: str, *, grade: Grade = Grade.SIMULATED) -> Ruling:
    """Return a ruling that proves a clause."""
    return proven(clause, "as agreed", [3], grade=grade)


def broken(clause: str, *, cause: str = "other_value", owner: str = "bakers") -> Ruling:
    """Return a ruling that a clause is broken, by one cause."""
    return failed(
        clause,
        [Finding(clause, cause, Severity.MAJOR, owner, "rye", "wheat", "loaf 7", (3,))],
    )


def open_(clause: str) -> Ruling:
    """Return a ruling that a clause is neither kept nor broken."""
    return never_proven(clause, "nothing was sold", would_prove="a sold loaf")


def result(
    *rulings: Ruling, name: str = "BRD-001", outcome: str | None = None, **more: Any
) -> ScenarioResult:
    """Return the result of a scenario with these rulings; its outcome is the worst of them."""
    worst = max((ruling.status for ruling in rulings), default=None)
    word = outcome or (worst.word if worst is not None else "unproven")
    values: dict[str, Any] = {
        "title": "A loaf is sold",
        "file": f"scenarios/{name}.yaml",
        "line": 2,
        "owner": "",
        "severity": Severity.MAJOR,
        "tags": (),
        "because": "",
        "contracts": (PARCEL,),
        "reason": "",
        "systems": {"bakery": "simulated", "kiosk": "simulated"},
    }
    return ScenarioResult(
        name=name,
        outcome=word,
        rulings=tuple(ruling_to_json(ruling) for ruling in rulings),
        **{**values, **more},
    )


GOOD = result(*map(kept, OBSERVABLE))
SIGNED = Attestation(clause=OWNERS, by="Ada Quist", on="2026-02-20")


def waiver(clause: str, *, cause: str | None = None, until: str = TODAY) -> Waiver:
    """Return a waiver of one clause."""
    return Waiver(clause=clause, cause=cause, by="Ruth Okafor", reason="Sold by hand", until=until)


SEEN = Alignment(gaps=(), contracts=1, checks=("W01", "O02"))
"""An alignment that found nothing."""


def record(
    *results: ScenarioResult,
    contracts: Sequence[Contract] | None = None,
    waivers: Iterable[Waiver] = (),
    attested: Iterable[Attestation] = (SIGNED,),
    problems: Sequence[Problem] = (),
    as_of: str | None = TODAY,
    alignment: Alignment = SEEN,
    accepted: Iterable[GapWaiver] = (),
    flows: Sequence[Flow] = (),
) -> Readiness:
    """Return the record of these results, with the one contract signed by its owner."""
    return build(
        landscape=LANDSCAPE,
        contracts=[contract()] if contracts is None else contracts,
        policy=Policy(
            launch="Kiosk",
            waivers=tuple(waivers),
            attested=tuple(attested),
            alignment=tuple(accepted),
        ),
        results=results,
        alignment=alignment,
        flows=flows,
        problems=problems,
        as_of=as_of,
        seed=7,
    )


def timeline(*, rows: int = 6) -> tuple[Step, ...]:
    """Return steps of a sequence between three parties, one of them bad."""
    return tuple(
        Step(
            seq=row,
            t=row * 1_500_000_000,
            sender="bakery" if row % 2 else "integration",
            receiver="integration" if row % 2 else "kiosk",
            label="loaves/created" if row % 2 else "POST /api/loaves",
            result="timeout" if row == 2 else "200",
            good=row != 2,
            faulted=row == 2,
        )
        for row in range(rows)
    )
