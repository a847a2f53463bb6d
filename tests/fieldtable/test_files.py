"""Tables in a project: the reference contracts, references into the project, and whole writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.fieldtable import (
    apply_to,
    contract_path,
    contract_table,
    csv_bytes,
    parse_sheet,
    read_sheet,
    write_applied,
    write_beside,
)
from harness.loader import Project, load_project
from harness.starter import copy_landscape
from tests.fieldtable.samples import difference

ORDERS = "shopify-order-to-oms"
FULFILMENTS = "oms-fulfilment-to-shopify"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return the reference landscape in a folder of its own."""
    copy_landscape(tmp_path / "p")
    return load_project(tmp_path / "p")


@pytest.mark.parametrize("name", [ORDERS, FULFILMENTS])
def test_reference_contracts_round_trip(project: Project, name: str) -> None:
    """The table of a real contract, saved and read again, leaves its file untouched."""
    path = contract_path(project, name)
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    sheet = parse_sheet(csv_bytes(contract_table(project, name).cells(), bom=True), "t.csv")

    found = apply_to(project, name, sheet)

    assert (found.changed, found.notes) == ((), ())
    assert write_applied(project, name, found) is None
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)


def test_one_line_of_the_reference_contract(project: Project, tmp_path: Path) -> None:
    """An edit in a spreadsheet with semicolons changes one line of the file, and it loads."""
    path = contract_path(project, ORDERS)
    before = path.read_text(encoding="utf-8")
    table = tmp_path / "t.csv"
    table.write_text("target;using\ncustomerEmail;trim\n", encoding="utf-8-sig")

    found = apply_to(project, ORDERS, read_sheet(table))

    assert write_applied(project, ORDERS, found) == path
    went, came = difference(before, path.read_text(encoding="utf-8"))
    assert came == ["  customerEmail: {from: email, using: trim, if_missing: leave_out}"]
    assert len(went) == 1
    assert load_project(project.root).problems == ()


def test_maps_that_contracts_share(project: Project) -> None:
    """A map in a file of its own may be named; another may not."""
    folder = project.contracts_folder / "maps"
    folder.mkdir(exist_ok=True)
    (folder / "m.yaml").write_text("map: channels\npairs: {a: b}\n", encoding="utf-8")
    sheet = parse_sheet(b"target,map\ncurrency,channels\n", "t.csv")

    found = apply_to(project, ORDERS, sheet)

    assert found.changed == ("fields.currency.map: channels, new",)
    with pytest.raises(BadInput, match="did you mean 'channels'"):
        apply_to(project, ORDERS, parse_sheet(b"target,map\ncurrency,channel\n", "t.csv"))


def test_owner_is_a_role_or_a_team(project: Project) -> None:
    """An owner that nobody knows is refused with the nearest team."""
    with pytest.raises(BadInput, match="did you mean 'oms-team'"):
        apply_to(project, ORDERS, parse_sheet(b"target,owner\ncurrency,oms-tem\n", "t.csv"))


def test_unknown_contract(project: Project) -> None:
    """A contract that is not there is refused with the nearest name."""
    with pytest.raises(BadInput, match=f"did you mean '{ORDERS}'"):
        contract_table(project, "shopify-orders-to-oms")


def test_broken_project(project: Project) -> None:
    """A contract with a problem in it is not there; the problem is what is said."""
    path = contract_path(project, ORDERS)
    path.write_text(path.read_text().replace("to_text", "to_txt"), encoding="utf-8")

    with pytest.raises(BadInput, match="to_txt"):
        contract_table(load_project(project.root), ORDERS)


def test_unreadable_files(project: Project, tmp_path: Path) -> None:
    """A table or a contract that is not there any more is a problem, not a traceback."""
    with pytest.raises(BadInput, match="cannot be read"):
        read_sheet(tmp_path / "none.csv")
    contract_path(project, ORDERS).unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        contract_table(project, ORDERS)


def test_written_beside(tmp_path: Path) -> None:
    """A file is replaced whole, through a link and with its permissions; none is left beside."""
    file, link = tmp_path / "a.yaml", tmp_path / "l.yaml"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)

    write_beside(link, b"new")

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "l.yaml"]
    with pytest.raises(BadInput, match="cannot be written"):
        write_beside(tmp_path / "none" / "b.yaml", b"new")


def test_columns_without_a_system(project: Project) -> None:
    """Without a description of the target, a new row is taken and said to be unchecked."""
    empty = replace(project, landscape=project.landscape.model_copy(update={"systems": {}}))

    found = apply_to(empty, ORDERS, parse_sheet(b"target,from\nextra,id\n", "t.csv"))

    assert found.changed == ("fields.extra: new",)
    assert any("could not be looked up" in note for note in found.notes)


TWIN = f"""\
contract: twin
version: "1.0.0"
status: proposed
summary: The same, said once.
like: {ORDERS}
"""


def with_twin(project: Project, text: str) -> Project:
    """Return the project with a contract that is like another one."""
    (project.contracts_folder / "twin.yaml").write_text(text, encoding="utf-8")
    found = load_project(project.root)
    assert found.problems == ()
    return found


def test_rules_that_stand_elsewhere_have_their_table_there(project: Project) -> None:
    """A table of rules that are taken over could not be read back."""
    with pytest.raises(BadInput, match=rf"the rules of twin stand in contracts/{ORDERS}\.yaml:\d+"):
        contract_table(with_twin(project, TWIN), "twin")


def test_a_contract_that_takes_over_the_rest_has_a_table(project: Project) -> None:
    """What it says itself is read and written; what stands elsewhere is noted, and not hidden."""
    own = "fields:\n  note: {from: note}\nsums: {}\nidempotency: null\n"
    twin = with_twin(project, TWIN + own + "defaults: {fields: {if_missing: park}}\n")
    table = contract_table(twin, "twin")

    assert [row.said for row in table.rows if row.kind == "field"] == [{"from": ("note",)}]
    assert [note.partition(":")[0] for note in table.notes] == [
        "`if_missing`",
        "`not_mapped` stands in contracts/shopify-order-to-oms.yaml",
    ]
    sheet = parse_sheet(csv_bytes(table.cells()), "t.csv")
    assert apply_to(twin, "twin", sheet).changed == ()
    sheet = parse_sheet(b"target,severity\nnote,minor\n", "t.csv")
    assert "note: {from: note, severity: minor}" in apply_to(twin, "twin", sheet).text
    sheet = parse_sheet(b"kind,target,from,reason\nnot_mapped,,tags,Not needed.\n", "t.csv")
    with pytest.raises(BadInput, match=r"`not_mapped` of this contract stands in contracts/shop"):
        apply_to(twin, "twin", sheet)


BLOCKS = """\
fields:
  lines:
    match_by: [ref]
    rows:
      goods: {each: items, where: {gift: {not: true}}, fields: {ref: {from: id}}}
      freight: {fields: {ref: {fixed: F}}}
      gifts: {each: items, where: {gift: true}, drop: They are free.}
"""


def test_what_a_table_cannot_say_of_blocks_is_noted_and_kept(project: Project) -> None:
    """Conditions and reasons of row blocks stand in the YAML only."""
    rest = "sums: {}\nidempotency: null\nnot_mapped: {}\n"
    twin = with_twin(project, TWIN + BLOCKS + rest)
    table = contract_table(twin, "twin")
    assert [note.partition(" stand")[0] for note in table.notes] == [
        "fields.lines.goods: `where`",
        "fields.lines.gifts: `where`, `drop`",
    ]
    assert apply_to(twin, "twin", parse_sheet(csv_bytes(table.cells()), "t.csv")).changed == ()
    sheet = b"kind,target,list,block,severity\nlist,lines,lines,freight,minor\n"
    assert apply_to(twin, "twin", parse_sheet(sheet, "t.csv")).changed == (
        "fields.lines.freight.severity: minor, new",
    )
