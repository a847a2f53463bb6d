"""Commands that work on contracts alone: align, explain, diff, scope, fields, import."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from harness.cli.words import NOT_READY, READY, Commands, project_at, project_root
from harness.errors import BadInput, Problem, did_you_mean


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    _add_align(commands)
    _add_explain(commands)
    _add_diff(commands)
    _add_scope(commands)
    _add_fields(commands)
    _add_import(commands)


# -- align ---------------------------------------------------------------------------------------


def _add_align(commands: Commands) -> None:
    align = commands.add_parser(
        "align",
        help="find what two systems assume of each other, without running anything",
        description="Hold contracts against the systems they connect and against each other: "
        "fields, types, units, zones, value maps, timing arithmetic, owners, and the graph of all "
        "contracts. Exit status: 0 nothing found or all of it accepted, 1 something found or a "
        "file that cannot be read, 2 bad usage or nothing readable.",
        epilog="example: golive align --only W,O01     `golive explain W01` prints a check's page",
    )
    align.add_argument("folder", nargs="?", metavar="DIR", help="a project, or its contracts")
    align.add_argument("--only", metavar="CODES", help="codes or their first letters, with commas")
    align.add_argument("--as-of", metavar="DATE", help="the day that counts for what ends")
    align.add_argument("--json", action="store_true", help="print the findings on stdout as JSON")
    align.set_defaults(action=_align)


def _align(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.align.wording import gap_lines
    from harness.alignment import aligned

    project = project_at(options.folder)
    found = aligned(project, only=_codes(options.only), as_of=options.as_of)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if not project.contracts:
        where = project.settings.folders.contracts
        hint = "mend the files above, or name the folder that holds the contracts"
        raise BadInput([Problem(where, 0, 0, "there is no contract here that can be read", hint)])
    if options.json:
        print(json.dumps(found.as_data(), indent=2, ensure_ascii=False))
        return READY if found.clean else NOT_READY
    teams = project.landscape.teams
    for gap in found.open:
        contact = teams[gap.owner].contact if gap.owner in teams else ""
        print("\n".join(gap_lines(gap, contact=contact)), end="\n\n")
    for gap, risk in found.accepted:
        print(f"accepted until {risk.until} by {risk.by}: {gap.fingerprint}: {risk.reason}")
    for code, reason in found.alignment.broken:
        print(f"{code} broke and found nothing: {reason}", file=sys.stderr)
    print(found.sentence)
    return READY if found.clean else NOT_READY


def _codes(text: str | None) -> list[str]:
    from harness.align import FAMILIES, checks

    wanted = [code.strip().upper() for code in (text or "").split(",") if code.strip()]
    known = [*FAMILIES, *(check.code for check in checks())]
    for code in wanted:
        if code not in known:
            hint = did_you_mean(code, known) or f"families: {', '.join(FAMILIES)}"
            raise BadInput([Problem("--only", 0, 0, f"there is no check {code!r}", hint)])
    return wanted


def _add_explain(commands: Commands) -> None:
    explain = commands.add_parser(
        "explain",
        help="print what an alignment check means and how to mend it",
        description="Print the page of an alignment check, or the list of all checks.",
        epilog="example: golive explain F03",
    )
    explain.add_argument("code", nargs="?", metavar="CODE", help="the code of a check")
    explain.set_defaults(action=_explain)


def _explain(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.align import checks
    from harness.align.wording import page

    if options.code is None:
        for check in checks():
            print(f"{check.code}  {check.weight:<8} {check.title}")
        return READY
    (code,) = _codes(options.code) or [""]
    if len(code) != 3:
        raise BadInput([Problem("explain", 0, 0, f"{options.code!r} is no code", "write `F03`")])
    print(page(code), end="")
    return READY


# -- diff and scope ------------------------------------------------------------------------------


def _add_diff(commands: Commands) -> None:
    diff = commands.add_parser(
        "diff",
        help="say what changed between two versions, and for whom it matters",
        description="Compare two versions of the contracts. Each change is graded for the source "
        "and for the target: it tightens, loosens, does both, or nobody can tell. Exit status: 0, "
        "or 1 with --fail-on, or 2 for what cannot be read.",
        epilog="example: golive diff main . --fail-on tightens,both",
    )
    diff.add_argument("old", metavar="OLD", help="a folder, or a git revision")
    diff.add_argument("new", metavar="NEW", nargs="?", help="the same; the project when left out")
    diff.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    diff.add_argument(
        "--fail-on",
        metavar="GRADES",
        # Spelled out, so that asking for help imports nothing.
        help="grades that fail: tightens, loosens, both, undetermined, version, any",
    )
    diff.add_argument("--json", action="store_true", help="print the changes on stdout as JSON")
    diff.set_defaults(action=_diff)


def _diff(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.compare import compare, version_problems
    from harness.compare.wording import change_lines
    from harness.plurals import counted
    from harness.revisions import version_in, version_of

    failing = _grades(options.fail_on)
    root = project_root(options.project)
    old = version_of(options.old, root=root)
    new = version_in(root) if options.new is None else version_of(options.new, root=root)
    changes = compare(old, new)
    versions = version_problems(old, new, changes)
    if options.json:
        data = {
            "changes": [{**asdict(change), "grade": change.grade} for change in changes],
            "versions": list(versions),
        }
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        for change in changes:
            print("\n".join(change_lines(change)), end="\n\n")
        for problem in versions:
            print(problem)
        print(counted(len(changes), "change"))
    grades = {change.grade for change in changes}
    bad = bool(grades & failing) or ("version" in failing and bool(versions))
    return NOT_READY if bad else READY


def _grades(text: str | None) -> set[str]:
    from harness.compare.grades import GRADES

    known = {*GRADES, "version"}
    wanted = {word.strip() for word in (text or "").split(",") if word.strip()}
    if "any" in wanted:
        return {*known, "nothing"}
    for word in sorted(wanted - known):
        hint = did_you_mean(word, [*known, "any"])
        raise BadInput([Problem("--fail-on", 0, 0, f"there is no grade {word!r}", hint)])
    return wanted


def _add_scope(commands: Commands) -> None:
    scope = commands.add_parser(
        "scope",
        help="say what must be run again after a change",
        description="List the contracts, flows, clauses and scenarios that a new or changed "
        "system reaches, and the clauses that nobody tests yet.",
        epilog="example: golive scope --changed wms,erp     golive scope --since main",
    )
    what = scope.add_mutually_exclusive_group(required=True)
    what.add_argument("--changed", metavar="SYSTEMS", help="systems, with commas")
    what.add_argument("--since", metavar="REV", help="a git revision, or a folder")
    scope.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    scope.add_argument("--json", action="store_true", help="print the scope on stdout as JSON")
    scope.set_defaults(action=_scope)


def _scope(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.compare import compare, scope_of_changes, scope_of_systems
    from harness.compare.wording import scope_lines
    from harness.loader import load_project
    from harness.revisions import version_of, version_of_project

    root = project_root(options.project)
    project = load_project(root)
    if project.problems:
        raise BadInput(project.problems)
    version = version_of_project(project)
    tested = _tested(project.reports_folder / "readiness.json")
    if options.changed is not None:
        systems = [name.strip() for name in options.changed.split(",") if name.strip()]
        known = project.landscape.systems
        for name in systems:
            if name not in known:
                hint = did_you_mean(name, list(known))
                raise BadInput([Problem("--changed", 0, 0, f"there is no system {name!r}", hint)])
        found = scope_of_systems(version, systems, tested=tested)
    else:
        changes = compare(version_of(options.since, root=root), version)
        found = scope_of_changes(version, changes, tested=tested)
    if options.json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        print("\n".join(scope_lines(found)))
    return READY


def _tested(file: Path) -> set[str] | None:
    """Return the clauses that some scenario of the last record exercised; None without one."""
    from harness.report import load_record

    if not file.is_file():
        return None
    record = load_record(file)
    return {
        clause.id
        for contract in record.contracts
        for clause in contract.clauses
        if clause.proven_by or clause.failed_by
    }


# -- fields --------------------------------------------------------------------------------------


def _add_fields(commands: Commands) -> None:
    fields = commands.add_parser(
        "fields",
        help="the mapping table of a contract, for a spreadsheet and back",
        description="Write the mapping table of a contract as CSV, or take the changes of such a "
        "table into the contract's file, where everything else stays as it is.",
        epilog="example: golive fields shopify-order-to-oms --csv --to mapping.csv",
    )
    fields.add_argument("contract", metavar="CONTRACT", help="the id of the contract")
    fields.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    way = fields.add_mutually_exclusive_group(required=True)
    way.add_argument("--csv", action="store_true", help="write the table")
    way.add_argument("--from", dest="source", type=Path, metavar="FILE.csv", help="read a table")
    fields.add_argument("--to", type=Path, metavar="FILE.csv", help="where to write the table")
    fields.add_argument("--excel", action="store_true", help="mark the file as UTF-8 for Excel")
    fields.add_argument("--remove", action="store_true", help="remove rules without a row")
    fields.add_argument("--dry-run", action="store_true", help="say what would change, and stop")
    fields.set_defaults(action=_fields)


def _fields(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness import fieldtable
    from harness.loader import load_project

    project = load_project(project_root(options.project))
    if options.csv:
        table = fieldtable.contract_table(project, options.contract)
        for note in table.notes:
            print(note, file=sys.stderr)
        content = fieldtable.csv_bytes(table.cells(), bom=options.excel)
        if options.to is None:
            sys.stdout.buffer.write(content)
        else:
            fieldtable.write_beside(options.to, content)
        return READY
    sheet = fieldtable.read_sheet(options.source)
    applied = fieldtable.apply_to(project, options.contract, sheet, remove=options.remove)
    for note in applied.notes:
        print(note, file=sys.stderr)
    for clause in applied.changed:
        print(clause)
    if not options.dry_run:
        fieldtable.write_applied(project, options.contract, applied)
    return READY


# -- import --------------------------------------------------------------------------------------


def _add_import(commands: Commands) -> None:
    importing = commands.add_parser(
        "import",
        help="write a system's file from a vendor's description or a recorded message",
        description="Write the file of a system with one message: from an OpenAPI description, a "
        "JSON Schema, or a recorded message, of which no value is kept. What the source does not "
        "know is left out, and said.",
        epilog="example: golive import openapi oms.yaml --system oms --message sales_order "
        '--operation "POST /sales-orders" --key externalId --to contracts/systems/oms.yaml',
    )
    importing.add_argument("form", choices=("openapi", "jsonschema", "example"), help="what it is")
    importing.add_argument("file", type=Path, metavar="FILE", help="the vendor's file")
    importing.add_argument("--system", required=True, metavar="NAME", help="the system")
    importing.add_argument("--message", required=True, metavar="NAME", help="the message")
    importing.add_argument("--operation", metavar="OP", help="as `POST /orders`, or its id")
    importing.add_argument(
        "--answer", action="store_true", help="what the operation answers, not what it takes"
    )
    importing.add_argument(
        "--part",
        metavar="NAME",
        help="the schema; with --operation or for an example a path, as `payload.Orders.*`",
    )
    importing.add_argument("--kind", metavar="KIND", help="the part that the system plays")
    importing.add_argument("--owner", metavar="TEAM", help="the team that answers for it")
    importing.add_argument("--key", metavar="FIELD", help="what tells one message from another")
    importing.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    importing.add_argument("--to", type=Path, metavar="FILE.yaml", help="where to write it")
    importing.add_argument("--force", action="store_true", help="write over a file that is there")
    importing.set_defaults(action=_import)


def _import(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness import importing
    from harness.fieldtable import write_beside

    if options.to is not None and options.to.exists() and not options.force:
        hint = "take over what is new by hand, or write over it with --force"
        raise BadInput([Problem(str(options.to), 0, 0, "the file is there already", hint)])
    wanted = importing.Wanted(
        system=options.system,
        message=options.message,
        kind=options.kind,
        owner=options.owner,
        key=options.key,
        part=options.part,
        operation=options.operation,
        answer=options.answer,
    )
    read = {
        "openapi": importing.import_openapi,
        "jsonschema": importing.import_json_schema,
        "example": importing.import_example,
    }[options.form]
    made = read(options.file, wanted, root=project_root(options.project))
    for note in made.notes:
        print(f"left out: {note}", file=sys.stderr)
    if options.to is None:
        print(made.text, end="")
    else:
        write_beside(options.to, made.text.encode())
    return READY
