"""The table of a contract in a project: from its file, and back into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.contract import Contract
from harness.errors import BadInput, Problem, did_you_mean
from harness.fieldtable.agreed import Agreed, Taken
from harness.fieldtable.csvfile import Sheet
from harness.fieldtable.merging import Applied, apply_sheet
from harness.fieldtable.table import Table, table_of
from harness.loader import Project, SharedMap, composed_contracts, load_declaration
from harness.yamlfile import MAX_BYTES


def contract_table(project: Project, name: str) -> Table:
    """Return the table of a contract.

    Raises:
        BadInput: there is no such contract, or its file cannot be read.
    """
    contract = _contract(project, name)
    text = _text(project, contract).removeprefix("\ufeff")
    agreed = Agreed.of(text, file=contract.file, name=name, taken=_taken(project, contract))
    return table_of(agreed, project.landscape)


def apply_to(project: Project, name: str, sheet: Sheet, *, remove: bool = False) -> Applied:
    """Return the contract's file with what a sheet says differently; nothing is written.

    Raises:
        BadInput: the sheet is wrong, or a change cannot be made without harm to the file.
    """
    contract = _contract(project, name)
    return apply_sheet(
        sheet,
        _text(project, contract),
        file=contract.file,
        contract=name,
        landscape=project.landscape,
        maps=sorted(_shared_maps(project)),
        taken=_taken(project, contract),
        remove=remove,
    )


def write_applied(project: Project, name: str, applied: Applied) -> Path | None:
    """Write a contract's file, beside and then in its place; None when nothing had changed."""
    if not applied.changed:
        return None
    path = contract_path(project, name)
    write_beside(path, applied.text.encode("utf-8"))
    return path


def contract_path(project: Project, name: str) -> Path:
    """Return the file in which a contract stands.

    Raises:
        BadInput: there is no such contract.
    """
    return project.root / _contract(project, name).file


def write_beside(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it; its permissions stay."""
    path = path.resolve()  # a link keeps pointing where it points
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        message = f"the file cannot be written: {error.strerror}"
        raise BadInput([Problem(path.as_posix(), 0, 0, message)]) from error


def _contract(project: Project, name: str) -> Contract:
    contract = project.contract(name)
    if contract is not None:
        return contract
    # A contract with a problem in it is not among those that were read.
    if project.problems:
        raise BadInput(project.problems)
    known = [contract.contract for contract in project.contracts]
    folder = project.settings.folders.contracts
    hint = did_you_mean(name, known)
    raise BadInput([Problem(folder, 0, 0, f"there is no contract {name!r}", hint)])


def _taken(project: Project, contract: Contract) -> Taken:
    """Return what holds for a contract and stands elsewhere.

    Raises:
        BadInput: its rules stand elsewhere, so that it has no table of its own.
    """
    composed = composed_contracts(project.contracts_folder, root=project.root)[contract.contract]
    sections = {key: value for key, value in composed.data.items() if key not in composed.own.data}
    places = {key: "{}:{}".format(*composed.key_place((key,))) for key in sections}
    if "fields" in sections:
        message = f"the rules of {contract.contract} stand in {places['fields']}"
        hint = f"they are those of {contract.like}; write and read the table of that contract"
        raise BadInput([composed.own.problem(("like",), message, hint)])
    return Taken(sections, places)


def _text(project: Project, contract: Contract) -> str:
    path = project.root / contract.file
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1).decode("utf-8")
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise BadInput([Problem(contract.file, 0, 0, message)]) from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(contract.file, 0, 0, "is not UTF-8 text")]) from error


def _shared_maps(project: Project) -> Iterator[str]:
    for file in sorted((project.contracts_folder / "maps").glob("*.y*ml")):
        found = load_declaration(SharedMap, file, root=project.root)
        if found is not None:
            yield found.map
