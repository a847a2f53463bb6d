"""Commands that run and judge: run, judge, report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.cli.words import BAD_USAGE, NOT_READY, READY, Commands


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
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
