"""Contracts know where each of their clauses stands."""

from __future__ import annotations

from harness.loader import load_project
from tests.projects import ROOT


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
