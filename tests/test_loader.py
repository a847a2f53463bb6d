"""A project is read whole: what is good is kept, and everything that is wrong is named at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.declaration import Declaration
from harness.errors import BadInput
from harness.loader import Project, find_root, load_project, load_scenarios, put, resolve_payload
from harness.scenario import Scenario, ThenStep, WhenStep
from tests.projects import ROOT, replace_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a copy of the reference landscape."""
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "golive.toml", tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str], Any]:
    """Provide a way to write a scenario and load it."""

    def written(text: str) -> tuple[Scenario, ...]:
        file = folder / "scenarios" / "new.yaml"
        file.write_text(text)
        return load_scenarios(file, load_project(folder))

    return written


def said(project: Project) -> str:
    """Return all problems as they are shown."""
    return "\n".join(map(str, project.problems))


def test_the_reference_landscape_has_no_problems() -> None:
    """What we ship fits together."""
    project = load_project(ROOT)

    assert project.problems == ()
    assert [c.contract for c in project.contracts] == [
        "oms-fulfilment-to-shopify",
        "shopify-order-to-oms",
    ]


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


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("shopify-order-to-oms.yaml", "from: shopify.order", "from: shopfy.order", "'shopify'"),
        ("shopify-order-to-oms.yaml", "from: shopify.order", "from: shopify.ordr", "shopify.order"),
        (
            "shopify-order-to-oms.yaml",
            "business: commerce-ops",
            "business: commerce",
            "commerce-ops",
        ),
        ("shopify-order-to-oms.yaml", "map: payment_status,", "map: payment,", "payment_status"),
        ("shopify-order-to-oms.yaml", "  422: {", "  refusd: {", "refused"),
        ("shopify-order-to-oms.yaml", "to: ops.parked_order", "to: ops.parked", "ops.parked_order"),
        ("oms-fulfilment-to-shopify.yaml", "sums.quantity}", "sums.quantities}", "sums.quantity"),
        ("systems/oms.yaml", "owner: oms-team", "owner: oms-tem", "oms-team"),
    ],
)
def test_a_reference_that_leads_nowhere_is_placed_and_explained(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    """File, line, column, and the name that was probably meant."""
    replace_in(folder / "contracts" / file, old, new)
    project = load_project(folder)

    assert f"contracts/{file}:" in said(project)
    assert expected in said(project)


def test_broken_files_do_not_hide_good_ones(folder: Path) -> None:
    """Two broken contracts are both reported, and the systems are still read."""
    replace_in(folder / "contracts/shopify-order-to-oms.yaml", "expect: one", "expekt: one")
    replace_in(folder / "contracts/oms-fulfilment-to-shopify.yaml", "expect: one", "expect: two")
    project = load_project(folder)

    assert {p.file for p in project.problems} == {
        "contracts/shopify-order-to-oms.yaml",
        "contracts/oms-fulfilment-to-shopify.yaml",
    }
    assert set(project.landscape.systems) == {"shopify", "oms", "ops"}


def test_two_contracts_of_one_name_are_refused(folder: Path) -> None:
    """The second names the file of the first."""
    shutil.copy(folder / "contracts/shopify-order-to-oms.yaml", folder / "contracts/zz-copy.yaml")

    assert "stands in contracts/shopify-order-to-oms.yaml already" in said(load_project(folder))


@pytest.mark.parametrize(
    "model",
    [
        WhenStep,
        ThenStep,
    ],
)
def test_words_of_the_language_that_are_not_judged_are_refused(model: type[Declaration]) -> None:
    """They are never ignored, so that nobody takes them for checked."""
    assert model.not_yet
    for key in model.not_yet:
        with pytest.raises(ValueError, match="does not judge it yet"):
            model.model_validate({key: 1})


def test_the_root_is_the_nearest_folder_with_a_project_file(folder: Path) -> None:
    """From anywhere below it."""
    assert find_root(folder / "scenarios" / "orders") == folder.resolve()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[run\n", "is not TOML"),
        ("[run]\nseeed = 1\n", "golive.toml:2"),
        ("[run]\nseed = 'x'\n", "run.seed"),
        ("[run]\nas_of = 'soon'\n", "run.as_of"),
        ("[unknown]\n", "there is no such setting"),
    ],
)
def test_a_wrong_project_file_is_one_problem(folder: Path, text: str, expected: str) -> None:
    """Named with its line where TOML tells it."""
    (folder / "golive.toml").write_text(text)

    assert expected in said(load_project(folder))


def test_cases_are_spread_out(write: Callable[[str], Any]) -> None:
    """Each case is a scenario of its own, with the values replaced."""
    one, two = write(
        "scenario: Two of them\nid: X-1\nwhen:\n"
        "  - {do: shopify.place_order, with: {from: fixtures/order_basic.json, set: {a.b: 0}}}\n"
        "cases:\n  - {name: one, 'when.0.with.set.\"a.b\"': 1}\n"
        "  - {name: two, 'when.0.with.set.\"a.b\"': 2}\n"
    )

    assert (one.name, two.name) == ("X-1[one]", "X-1[two]")
    assert [s.when[0].values.set["a.b"] for s in (one, two)] == [1, 2]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("contracts: [shopify-orders]", "shopify-order-to-oms"),
        ("covers: [shopify-order-to-oms#failures.423]", "failures.422"),
        ("systems: {shopfy: simulated}", "'shopify'"),
        ("given: {faults: [{on: oms.sales_orders, do: refuse}]}", "oms.sales_order"),
        ("when: [{do: shopfy.place_order}]", "'shopify'"),
        ("when: [{send_again: o1}]", "earlier step"),
        ("when: [{do: shopify.place_order, with: {from: nothing.json}}]", "nothing.json"),
        ("then: [{told: commerce}]", "commerce-ops"),
        ("then: [{message: oms.sales_order, of: o9}]", "o9"),
        ("then: [{message: oms.sales_order, never: oms.sales_order}]", "exactly one"),
        ("given: {faults: [{on: oms.sales_order, do: answer}]}", "needs `status`"),
        ("when: [{do: shopify.place_order, times: 3}]", "needs `every`"),
        ("cases: [{name: X}]", "small letters"),
    ],
)
def test_a_scenario_that_refers_to_nothing_is_explained(
    write: Callable[[str], Any], line: str, expected: str
) -> None:
    """The place and the way out are named when the file is read, not when it runs."""
    with pytest.raises(BadInput, match=r"scenarios/new\.yaml:\d+") as caught:
        write(f"scenario: Something\nid: X-1\n{line}\n")

    assert expected in str(caught.value)


def test_one_id_is_used_once(write: Callable[[str], Any]) -> None:
    """Two scenarios of one file cannot share a name."""
    with pytest.raises(BadInput, match="used twice"):
        write("scenario: One\nid: X-1\n---\nscenario: Two\nid: X-1\n")


def test_payloads_are_changed_and_given_ones_win(write: Callable[[str], Any], folder: Path) -> None:
    """`set` and `remove` change a copy; `--given` replaces a named payload, unwrapped."""
    (scenario,) = write(
        "scenario: Given\nid: X-1\ngiven: {payloads: {order: fixtures/order_basic.json}}\n"
        "when:\n  - do: shopify.place_order\n"
        "    with: {from: order, set: {note: hi}, remove: [email]}\n"
    )
    (folder / "real.json").write_text('{"order": {"id": 9, "email": "x"}}')
    project = load_project(folder)

    plain = resolve_payload(scenario.when[0].values, scenario, project)
    given = resolve_payload(
        scenario.when[0].values, scenario, project.giving({"order": folder / "real.json"})
    )

    assert (plain["note"], "email" in plain) == ("hi", False)
    assert given == {"id": 9, "note": "hi"}


def test_values_are_put_where_the_path_leads() -> None:
    """Missing mappings are made, lists are indexed."""
    data: Any = {"lines": [{"sku": "A"}]}
    put(data, ("lines", "0", "sku"), "B")
    put(data, ("ship", "to", "city"), "Bergen")

    assert data == {"lines": [{"sku": "B"}], "ship": {"to": {"city": "Bergen"}}}
