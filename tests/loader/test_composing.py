"""Contracts take over what others say, and every problem stands where the words stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.contract import FieldRule, RowRule
from harness.loader import composed_contracts, load_project
from tests.loader.support import ORDERS, add, contract_of, said
from tests.projects import replace_in

ORDERS_FILE = f"contracts/{ORDERS}.yaml"
TWIN = """\
contract: twin
version: "2.0.0"
status: proposed
summary: The same, said once.
like: shopify-order-to-oms
"""
COMMON = """\
retry: {attempts: 2, wait: {first: 1s}, on: [5xx]}
parked: {to: ops.parked_order}
"""


def line_of(folder: Path, file: str, text: str) -> int:
    """Return the number of the line that begins with a text."""
    lines = (folder / file).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.lstrip().startswith(text))


def test_a_contract_takes_over_what_it_does_not_name(folder: Path) -> None:
    """All but what is about the other contract alone."""
    add(folder / "contracts/twin.yaml", TWIN + "retry: {attempts: 2, wait: {first: 1s}, on: [5xx]}")
    twin, other = contract_of(folder, "twin"), contract_of(folder)

    assert (twin.version, twin.status, twin.signed_off, twin.examples) == (
        "2.0.0",
        "proposed",
        (),
        (),
    )
    assert (twin.source, twin.fields, twin.owners) == (other.source, other.fields, other.owners)
    assert twin.retry is not None
    assert twin.retry.attempts == 2


def test_a_section_is_taken_over_whole(folder: Path) -> None:
    """One own failure row replaces all of the other contract's, and nothing empties a section."""
    add(folder / "contracts/twin.yaml", TWIN + "failures: {422: {then: park}}\nparked: null\n")
    twin = contract_of(folder, "twin")

    assert list(twin.failures) == ["422"]
    assert twin.parked is None


def test_terms_are_the_same_whether_written_or_taken_over(folder: Path) -> None:
    """A signature counts for what was agreed, not for where it was written."""
    text = (folder / ORDERS_FILE).read_text().partition("\nexamples:")[0]
    text = re.sub(r"(?s)signed_off:.*?\n\n", "", text)
    (folder / ORDERS_FILE).write_text(text)
    add(folder / "contracts/twin.yaml", TWIN)
    written = text.replace(f"contract: {ORDERS}", "contract: twin")
    written = written.replace('"1.0.0"', '"2.0.0"', 1)
    written = re.sub("summary: .*", "summary: The same, said once.", written)
    taken = contract_of(folder, "twin").terms
    (folder / "contracts/twin.yaml").write_text(written)

    assert contract_of(folder, "twin").terms == taken


def test_clauses_stand_where_their_words_stand(folder: Path) -> None:
    """In the file of the other contract, in the own one, or in that of all."""
    add(folder / "contracts/twin.yaml", TWIN + "expect: one\n")
    add(folder / "contracts/defaults.yaml", COMMON)
    replace_in(folder / ORDERS_FILE, "retry:\n", "x-retry:\n")
    twin = contract_of(folder, "twin")

    quantity = line_of(folder, ORDERS_FILE, "qty:")
    assert twin.clause("fields.lines.qty").place == f"{ORDERS_FILE}:{quantity}"
    assert twin.clause("expect").place == "contracts/twin.yaml:6"
    assert twin.clause("retry.attempts").place == "contracts/defaults.yaml:1"
    assert contract_of(folder).clause("retry.on").place == "contracts/defaults.yaml:1"
    place = composed_contracts(folder / "contracts", root=folder)["twin"].key_place(("object",))
    assert place == (ORDERS_FILE, line_of(folder, ORDERS_FILE, "object:"))


def test_chains_are_followed_and_circles_refused(folder: Path) -> None:
    """The nearest contract that names a section wins; a circle is told with its names."""
    add(folder / "contracts/twin.yaml", TWIN + "expect: at_most_one\n")
    third = TWIN.replace("contract: twin", "contract: third").replace(
        f"like: {ORDERS}", "like: twin"
    )
    add(folder / "contracts/third.yaml", third)
    assert contract_of(folder, "third").expect == "at_most_one"

    replace_in(folder / "contracts/twin.yaml", f"like: {ORDERS}", "like: third")
    complaint = said(load_project(folder))
    assert "contracts/twin.yaml:5:7: like: the contracts go round in a circle" in complaint
    assert "third -> twin -> third" in complaint


@pytest.mark.parametrize(
    ("like", "expected"),
    [("shopify-order-to-omz", "did you mean 'shopify-order-to-oms'"), ("twin", "twin -> twin")],
)
def test_a_like_that_leads_nowhere_is_explained(folder: Path, like: str, expected: str) -> None:
    """A flood of missing sections would hide the one mistake."""
    add(folder / "contracts/twin.yaml", TWIN.replace(f"like: {ORDERS}", f"like: {like}"))
    project = load_project(folder)

    assert expected in said(project)
    assert len(project.problems) == 1


def test_a_mistake_in_a_section_taken_over_is_told_once(folder: Path) -> None:
    """It stands in one place, so one problem is enough."""
    add(folder / "contracts/twin.yaml", TWIN)
    replace_in(folder / ORDERS_FILE, "qty: {from: quantity,", "qty: {form: quantity,")
    replace_in(folder / ORDERS_FILE, "business: commerce-ops", "business: commerce")
    project = load_project(folder)

    assert {problem.file for problem in project.problems} == {ORDERS_FILE}
    assert said(project).count("unknown key") == 1


def test_who_cannot_take_a_section_over_is_named(folder: Path) -> None:
    """The section is right where it stands; what is wrong is who is like it."""
    text = TWIN + "fields: {externalId: {from: id}}\nsums: {}\nmaps: {other: {pairs: {a: b}}}\n"
    add(folder / "contracts/twin.yaml", text + "idempotency: null\n")
    replace_in(folder / ORDERS_FILE, "  lines: {add", "  externalId: {add")
    add(
        folder / "contracts/four.yaml",
        TWIN.replace("contract: twin", "contract: four") + "maps: {}",
    )
    complaint = said(load_project(folder))

    assert f"{ORDERS_FILE}:{line_of(folder, ORDERS_FILE, 'status: {from')}" in complaint
    assert "there is no map 'payment_status' (in four, which takes this over)" in complaint


def test_common_sections_hold_where_nobody_names_them(folder: Path) -> None:
    """What a contract names, or one that it is like, goes before them."""
    add(folder / "contracts/defaults.yaml", COMMON + "owners: {business: a, source: b}\n")
    complaint = said(load_project(folder))
    assert "contracts/defaults.yaml:3:1: owners: missing `target`" in complaint
    add(folder / "contracts/defaults.yaml", COMMON)
    replace_in(folder / ORDERS_FILE, "\nparked:", "\nx-parked:")
    add(folder / "contracts/twin.yaml", TWIN)
    twin = contract_of(folder, "twin")

    assert twin.retry is not None
    assert twin.parked is not None
    assert (twin.retry.attempts, twin.parked.keep) == (6, None)


def rule(folder: Path, name: str) -> FieldRule:
    """Return a field rule of the orders contract."""
    found = contract_of(folder).fields[name]
    assert isinstance(found, FieldRule)
    return found


def test_defaults_are_filled_into_the_rules_that_do_not_say_it(folder: Path) -> None:
    """A rule's own word wins; no rule gets what it could not say."""
    defaults = "defaults: {fields: {if_missing: fail, severity: minor, owner: source}}\n"
    with (folder / ORDERS_FILE).open("a") as file:
        file.write(defaults)
    lines = contract_of(folder).fields["lines"]
    assert isinstance(lines, RowRule)

    assert (rule(folder, "note").if_missing, rule(folder, "note").severity) == (
        "leave_out",
        "minor",
    )
    assert (rule(folder, "currency").severity, rule(folder, "currency").owner) == (
        "blocker",
        "source",
    )
    assert (rule(folder, "channel").severity, rule(folder, "channel").if_missing) == ("minor", None)
    assert rule(folder, "warehouse").severity == "major"
    assert lines.severity == "blocker"
    assert (lines.fields["unitPrice"].if_missing, lines.fields["sku"].if_missing) == (
        "fail",
        "park",
    )
    clause = contract_of(folder).clause("fields.currency.if_missing")
    assert clause.line == line_of(folder, ORDERS_FILE, "defaults:")


@pytest.mark.parametrize(
    "change",
    [
        (
            "note: {from: note, using: truncate 500, if_missing: leave_out}",
            'note: {from: note, using: default "-"}',
        ),
        ("if_unmapped: park", "if_unmapped: park\n    if_missing: leave_out"),
    ],
)
def test_what_is_decided_already_gets_no_default(folder: Path, change: tuple[str, str]) -> None:
    """A transform that makes something of nothing, or the value map, says what happens."""
    replace_in(folder / ORDERS_FILE, *change)
    with (folder / ORDERS_FILE).open("a") as file:
        file.write("defaults: {fields: {if_missing: fail}}\n")

    name = "note" if "note" in change[0] else "status"
    assert rule(folder, name).if_missing is None


def test_failure_rows_tell_by_default_where_somebody_has_to_act(folder: Path) -> None:
    """Nobody is called for what ends well; a row that names nobody calls nobody."""
    replace_in(folder / ORDERS_FILE, "then: park, tell: business, within: 15m}", "then: park}")
    replace_in(folder / ORDERS_FILE, "tell: integration, within: 15m}", "tell: null}")
    with (folder / ORDERS_FILE).open("a") as file:
        file.write("defaults: {failures: {tell: target, within: 20m, severity: blocker}}\n")
    rows = contract_of(folder).failures

    assert [(row.tell, row.within is None) for row in rows.values()] == [
        (None, True),
        ("target", False),
        (None, True),
    ]
    assert {row.severity for row in rows.values()} == {"blocker"}


def test_own_defaults_go_before_common_ones_and_count_for_what_is_taken_over(folder: Path) -> None:
    """They hold for the rules of the contract as it holds, wherever those stand."""
    add(folder / "contracts/defaults.yaml", "defaults: {fields: {owner: target}}\n")
    add(folder / "contracts/twin.yaml", TWIN + "defaults: {fields: {owner: source}}\n")

    assert contract_of(folder).clause("fields.currency").owner == "oms-team"
    assert contract_of(folder, "twin").clause("fields.currency").owner == "storefront-team"


def test_a_wrong_default_is_one_problem_where_it_stands(folder: Path) -> None:
    """However many rules it is filled into."""
    add(folder / "contracts/defaults.yaml", "defaults: {fields: {owner: nobody, severity: high}}\n")
    add(folder / "contracts/twin.yaml", TWIN)
    (severity,) = load_project(folder).problems
    replace_in(folder / "contracts/defaults.yaml", ", severity: high", "")
    (owner,) = load_project(folder).problems

    assert (severity.file, severity.line) == (owner.file, owner.line)
    assert severity.message.startswith("defaults.fields.severity: expected `blocker`")
    assert owner.message == "defaults.fields.owner: there is no team 'nobody'"


@pytest.mark.parametrize(
    "text",
    ["- 1\n", "contract: 5\n", "contract: x\nlike: 5\nfields: 3\n", "contract: x\nmaps: 1\n"],
)
def test_nonsense_is_a_problem_and_nothing_worse(folder: Path, text: str) -> None:
    """Sections are put together before anybody knows whether they are right."""
    add(folder / "contracts/odd.yaml", text)
    add(folder / "contracts/defaults.yaml", "[1, 2]\n")
    complaint = said(load_project(folder))

    assert "contracts/odd.yaml:" in complaint
    assert "contracts/defaults.yaml:1:1:" in complaint
