"""Contracts know where each of their clauses stands."""

from __future__ import annotations

from pathlib import Path

from harness.loader import load_project
from harness.places import Places
from tests.loader.support import ORDERS, add, contract_of
from tests.projects import ROOT, replace_in


def test_clause_ids_are_unique_and_each_has_its_line() -> None:
    """The id is the literal path, and the line is where that path stands."""
    contract = load_project(ROOT).contract("shopify-order-to-oms")
    assert contract is not None
    clauses = contract.clauses()
    text = (ROOT / contract.file).read_text().splitlines()

    assert len({clause.id for clause in clauses}) == len(clauses)
    for clause in clauses:
        word = clause.path.split(".")[-1]
        known = text[clause.line - 1]
        assert word in known or clause.kind.startswith(("when", "timing", "map", "retry")), clause


def test_a_shared_map_stands_in_its_own_file(folder: Path) -> None:
    """Its pairs are clauses of each contract that uses it; a map of the contract goes before it."""
    file = folder / f"contracts/{ORDERS}.yaml"
    pairs = "pairs: {paid: RELEASED, partially_refunded: RELEASED, partially_paid: HOLD}"
    shared = f"map: payment_status\nlossy: [partially_refunded]\n{pairs}\nif_unmapped: fail\n"
    add(folder / "contracts/maps/payment.yaml", shared)
    own = contract_of(folder).clause("maps.payment_status.paid")
    replace_in(file, "\nmaps:\n", "\nx-maps:\n")
    contract = contract_of(folder)

    assert own.file == f"contracts/{ORDERS}.yaml"
    assert contract.clause("maps.payment_status.paid").place == "contracts/maps/payment.yaml:3"
    unmapped = contract.clause("maps.payment_status.if_unmapped")
    assert unmapped.place == "contracts/maps/payment.yaml:4"


def test_places_are_found_where_they_really_stand(folder: Path) -> None:
    """Whoever asks for the place of a path gets the file that says it."""
    add(
        folder / "contracts/twin.yaml",
        "contract: twin\nversion: '1.0.0'\nstatus: proposed\nsummary: The same.\n"
        f"like: {ORDERS}\nexpect: one\n",
    )
    places = Places(load_project(folder))

    assert places("contract", "twin", ("expect",)) == "contracts/twin.yaml:6"
    own = places("contract", ORDERS, ("fields", "note"))
    assert places("contract", "twin", ("fields", "note")) == own
    assert own.startswith(f"contracts/{ORDERS}.yaml:")
    assert places("contract", "nobody", ("fields",)) == ""
