"""The command line: every command is a few calls in sight."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.schemas import KINDS, schema_text, write_schemas

READY, NOT_READY, BAD_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is GO, 1 anything else that was judged, 2 bad usage."""
    parser = _parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, rest = parser.parse_known_args(given)
    if options.command is None:
        parser.print_help()
        return BAD_USAGE
    if rest and options.command != "run":
        parser.error(f"unknown argument {rest[0]!r}; `golive {options.command} --help` lists them")
    try:
        return int(options.action(options, rest))
    except HarnessError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except BrokenPipeError:
        return BAD_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="golive",
        description="Is this integration ready to go live? Contracts say what two systems agreed "
        "on, scenarios drive the real integration, the report says go or no-go.",
        epilog="Start with `golive init my-project`, then `golive run` in it.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run scenarios and write the readiness report",
        usage="golive run [options] [pytest options] [scenario file or folder ...]",
        description="Run scenarios and write the readiness report. This is pytest with the "
        "options of the harness: -k, -m, --lf, -x and -n work. Exit status: 0 GO, 1 anything "
        "else that was judged, 2 bad usage or nothing readable.",
        epilog="example: golive run scenarios/orders -k ORD-001",
    )
    run.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    run.add_argument("--contracts", metavar="DIR", help="another folder of contracts")
    run.add_argument("--reports", metavar="DIR", help="where reports and journals go")
    run.add_argument("--seed", type=int, metavar="N", help="the seed of all randomness")
    run.add_argument("--as-of", metavar="DATE", help="the day the record is made for")
    run.add_argument(
        "--given",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="replace the payload NAME of every scenario by a JSON file",
    )
    run.add_argument(
        "--record", action="store_true", help="record the traffic of systems marked `live`"
    )
    run.add_argument("--json", action="store_true", help="print the record on stdout")
    run.set_defaults(action=_run)

    judge = commands.add_parser(
        "judge",
        help="judge stored journals against contracts",
        description="Judge stored journals against contracts, without running anything. Exit "
        "status: 0 GO, 1 anything else that was judged, 2 bad usage or nothing readable.",
        epilog="example: golive judge reports/journals/*.jsonl",
    )
    judge.add_argument("journals", nargs="+", type=Path, help="journal files")
    judge.add_argument("--project", metavar="DIR", help="the folder that holds golive.toml")
    judge.add_argument("--contracts", metavar="DIR", type=Path, help="the folder of contracts")
    judge.add_argument("--as-of", metavar="DATE", help="the day the record is made for")
    judge.add_argument("--json", action="store_true", help="print the record on stdout")
    judge.set_defaults(action=_judge)

    report = commands.add_parser(
        "report",
        help="render reports again from a record",
        description="Render the page and the summary again from reports/readiness.json.",
    )
    report.add_argument(
        "record", nargs="?", type=Path, default=Path("reports/readiness.json"), help="the record"
    )
    report.add_argument("--to", metavar="DIR", type=Path, help="where to write (default: beside)")
    report.set_defaults(action=_report)

    schema = commands.add_parser(
        "schema",
        help="print a JSON Schema",
        description="Print the JSON Schema (draft-07) of a kind of file.",
    )
    schema.add_argument("kind", nargs="?", choices=sorted(KINDS), help="the kind of file")
    schema.add_argument("--to", metavar="DIR", type=Path, help="write every schema there instead")
    schema.set_defaults(action=_schema)

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

    init = commands.add_parser(
        "init",
        help="make a project that runs",
        description="Copy the reference landscape (contracts, scenarios, golive.toml) into a "
        "folder. It runs as it is; replace it piece by piece with your own.",
    )
    init.add_argument("folder", type=Path, metavar="DIR", help="the folder to make")
    init.set_defaults(action=_init)
    return parser


def _run(options: argparse.Namespace, rest: list[str]) -> int:
    import pytest

    from harness.errors import BadInput, Problem
    from harness.loader import find_root, load_settings

    root = Path(options.project).resolve() if options.project else find_root(Path.cwd())
    paths = _paths_among(rest)
    for path in paths:
        if not Path(path.partition("::")[0]).exists():
            raise BadInput([Problem(path, 0, 0, "there is no such file or folder")])
        root = root or find_root(Path(path))
    if root is None or not (root / "golive.toml").is_file():
        place = options.project or str(Path.cwd())
        message = "there is no golive.toml here or above"
        raise BadInput([Problem(place, 0, 0, message, "`golive init DIR` makes a project")])
    folders = load_settings(root).folders
    arguments = ["--golive-always", f"--golive-project={root}", *_passed_on(options), *rest]
    if not paths:
        everything = root / folders.scenarios
        arguments.append(str(everything if everything.is_dir() else root / "golive.toml"))
    keeper = _RecordKeeper()
    with _OnStderr(options.json):
        status = pytest.main(
            ["--rootdir", str(root), "-o", "addopts=", *_AS_A_PLUGIN, *arguments], [keeper]
        )
    if options.json and keeper.record is not None:
        print(keeper.record.model_dump_json(indent=2))
    if keeper.record is None or status == pytest.ExitCode.USAGE_ERROR:
        return BAD_USAGE
    good = keeper.record.verdict == "GO" and status in (0, 5)
    return READY if good else NOT_READY


_AS_A_PLUGIN = (
    # By module and not by entry point, so that a checkout runs without being installed.
    "-p",
    "no:golive",
    "-p",
    "harness.plugin",
    # The command has imported the package before pytest could rewrite its asserts; it has none.
    "-W",
    "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning",
)

_WITH_VALUE = frozenset({
    "-k", "-m", "-n", "-p", "-o", "-c", "-W", "-r", "--tb", "--maxfail", "--html", "--junitxml",
    "--durations", "--dist", "--deselect", "--ignore", "--color", "--log-level", "--basetemp",
})  # fmt: skip
"""Options of pytest whose next word is their value, not a path."""


def _paths_among(words: Sequence[str]) -> list[str]:
    """Return the words that name files or folders among pytest's options."""
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not word.startswith("-") and before not in _WITH_VALUE
    ]


def _passed_on(options: argparse.Namespace) -> list[str]:
    named = {
        "--golive-contracts": options.contracts,
        "--golive-reports": options.reports,
        "--golive-seed": options.seed,
        "--golive-as-of": options.as_of,
    }
    arguments = [f"{name}={value}" for name, value in named.items() if value is not None]
    arguments += [f"--golive-given={entry}" for entry in options.given]
    return [*arguments, "--golive-record"] if options.record else arguments


class _RecordKeeper:
    """Keeps the record of the session that pytest runs."""

    record: Any = None

    def pytest_unconfigure(self, config: Any) -> None:
        """Take the record from the plugin before it goes."""
        controller = config.pluginmanager.get_plugin("golive-controller")
        if controller is not None:
            self.record = controller.record


def _judge(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.failure_text import verdict_lines
    from harness.journal import read_journal
    from harness.loader import find_root, load_project
    from harness.rehearsal import Rehearsal
    from harness.scenario import Scenario

    root = Path(options.project).resolve() if options.project else find_root(Path.cwd())
    folder = options.contracts.resolve() if options.contracts else None
    root = root or (folder.parent if folder else Path.cwd())
    project = load_project(root, contracts=folder)
    rehearsal = Rehearsal.of(project, folder=project.reports_folder, as_of=options.as_of)
    results = []
    for path in options.journals:
        history = read_journal(path)
        name = history.header.scenario
        case = name.partition("[")[2].rstrip("]")
        scenario = Scenario.model_validate(history.header.document).located("", {}, case=case)
        results.append(rehearsal.judged(scenario, history, store=False))
    record = rehearsal.record_of(results)
    if options.json:
        print(record.model_dump_json(indent=2))
    else:
        for line in verdict_lines(record, partial=False):
            print(line)
        for contract in record.contracts:
            for clause in contract.clauses:
                print(f"{clause.status:<9} {clause.id}")
    return READY if record.verdict == "GO" else NOT_READY


def _report(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.report import load_record, write_reports

    record = load_record(options.record)
    folder = options.to or options.record.parent
    write_reports(record, folder)
    print(folder / "readiness.html")
    return READY if record.verdict == "GO" else NOT_READY


def _schema(options: argparse.Namespace, _rest: list[str]) -> int:
    if options.to is not None:
        write_schemas(options.to)
        return READY
    if options.kind is None:
        raise HarnessError("name a kind of file, or a folder with --to; kinds: " + ", ".join(KINDS))
    print(schema_text(options.kind), end="")
    return READY


def _fields(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness import fieldtable
    from harness.loader import find_root, load_project

    root = Path(options.project).resolve() if options.project else find_root(Path.cwd())
    project = load_project(root or Path.cwd())
    if options.csv:
        table = fieldtable.contract_table(project, options.contract)
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


def _init(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.starter import copy_landscape

    copied = copy_landscape(options.folder)
    print(f"{options.folder}: {copied} files; now: cd {options.folder} && golive run")
    return READY


class _OnStderr:
    """Let everything that pytest says go to stderr, so that stdout holds data alone."""

    def __init__(self, wanted: bool) -> None:  # noqa: FBT001 - one switch
        self._wanted = wanted

    def __enter__(self) -> None:
        self._stdout = sys.stdout
        if self._wanted:
            sys.stdout = sys.stderr

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._stdout


if __name__ == "__main__":
    sys.exit(main())
