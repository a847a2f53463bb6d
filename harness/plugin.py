"""The pytest plugin: YAML scenarios as items, a third outcome, and the readiness record."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from harness.loader import Project
    from harness.readiness import Readiness, ScenarioResult
    from harness.rehearsal import Rehearsal
    from harness.run_facts import RunFacts
    from harness.scenario import Scenario

PROJECT_FILE = "golive.toml"
MOST_LINES = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the harness."""
    group = parser.getgroup("golive", "golive: go-live readiness")
    group.addoption("--golive-project", metavar="DIR", help="the folder that holds golive.toml")
    group.addoption("--golive-contracts", metavar="DIR", help="another folder of contracts")
    group.addoption("--golive-reports", metavar="DIR", help="where reports and journals go")
    group.addoption("--golive-seed", type=int, metavar="N", help="the seed of the run")
    group.addoption(
        "--golive-as-of", metavar="DATE", help="the day the record is made for, as 2026-03-02"
    )
    group.addoption(
        "--golive-given",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="replace the payload NAME of every scenario by a JSON file",
    )
    group.addoption(
        "--golive-record",
        action="store_true",
        help="record the traffic of systems that a scenario marks `live`",
    )
    group.addoption(
        "--golive-always",
        action="store_true",
        help="write a record even when no scenario is collected",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Stay out of the way unless there is a project."""
    config.addinivalue_line("markers", "golive: a scenario of the go-live harness")
    root = _project_root(config)
    if root is None or config.getoption("collectonly", default=False):
        if root is not None:
            config.pluginmanager.register(_Collector(config, root), "golive-collector")
        return
    config.pluginmanager.register(_Collector(config, root), "golive-collector")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "golive-controller")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """Show the third outcome."""
    if report.when == "call" and getattr(report, "golive_unproven", False):
        return "unproven", "?", ("UNPROVEN", {"yellow": True})
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the result of a scenario travel on its report, also from xdist workers."""
    report = yield
    if isinstance(item, ScenarioItem | BrokenItem):
        report.golive_item = item.described()  # type: ignore[attr-defined]
        result = getattr(item, "result", None)
        if call.when == "call" and result is not None:
            report.golive = result.model_dump(mode="json")  # type: ignore[attr-defined]
            report.golive_unproven = result.outcome == "unproven"  # type: ignore[attr-defined]
    return report


class ScenarioFailed(Exception):
    """A scenario shows that a promise is broken."""


class ScenarioUnproven(Exception):
    """A scenario cannot show what it is there to show."""


class ScenarioBroken(Exception):
    """A file cannot be read, or the integration cannot be started."""


class _Collector:
    """Collects scenario files of one project; loads the project when the first one is met."""

    def __init__(self, config: pytest.Config, root: Path) -> None:
        self.config = config
        self.root = root
        self.deselected = 0
        self._rehearsal: Rehearsal | None = None

    @property
    def rehearsal(self) -> Rehearsal:
        """Return the rehearsal of the project, loaded once."""
        if self._rehearsal is None:
            self._rehearsal = _rehearsal(self.config, self.root)
        return self._rehearsal

    @property
    def project(self) -> Project:
        """Return the project."""
        return self.rehearsal.project

    @pytest.hookimpl
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """Take YAML files of the scenarios' folder, and any that is named on the command line."""
        if file_path.suffix not in (".yaml", ".yml"):
            return None
        named = any(
            Path(str(argument)).resolve() == file_path.resolve()
            for argument in self.config.args
            if "::" not in str(argument)
        )
        if not named and not self._is_scenario(file_path):
            return None
        return ScenarioFile.from_parent(parent, path=file_path, collector=self)

    @pytest.hookimpl
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add one failing item for each broken file of the project."""
        wanted = self.config.getoption("--golive-always")
        if not wanted and not any(isinstance(item, ScenarioItem | BrokenItem) for item in items):
            return
        by_file: dict[str, list[Any]] = {}
        for problem in self.rehearsal.problems:
            by_file.setdefault(problem.file, []).append(problem)
        for file, problems in sorted(by_file.items()):
            item = BrokenItem.from_parent(session, name=file, problems=problems, of_project=True)
            items.append(item)

    @pytest.hookimpl
    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember that this is a part of the scenarios only."""
        self.deselected += sum(isinstance(item, ScenarioItem | BrokenItem) for item in items)

    def _is_scenario(self, file: Path) -> bool:
        folder = self.root / "scenarios"
        if self._rehearsal is not None:
            folder = self.project.scenarios_folder
        try:
            inside = file.resolve().relative_to(folder.resolve())
        except ValueError:
            return False
        return not {"fixtures", "cassettes"} & set(inside.parts)


class ScenarioFile(pytest.File):
    """A YAML file of scenarios."""

    def __init__(self, *, collector: _Collector, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._collector = collector

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each scenario; a broken file is one failing item."""
        from harness.errors import BadInput
        from harness.loader import load_scenarios

        try:
            scenarios = load_scenarios(self.path, self._collector.project)
        except BadInput as error:
            yield BrokenItem.from_parent(
                self, name="(invalid)", problems=list(error.problems), of_project=False
            )
            return
        for scenario in scenarios:
            item = ScenarioItem.from_parent(self, name=scenario.name, callobj=_nothing)
            item.prepare(scenario, self._collector)
            yield item


def _nothing() -> None:
    """Stand in for a test function; the item runs its scenario."""


class ScenarioItem(pytest.Function):
    """One scenario: a pytest function as far as fixtures, markers and plugins can tell."""

    scenario: Scenario
    result: ScenarioResult | None = None

    def prepare(self, scenario: Scenario, collector: _Collector) -> None:
        """Take the scenario, and turn its tags into markers."""
        self.scenario = scenario
        self._collector = collector
        # Newer pytest compares parsed ids with `--lf`; `ID[case]` must be parsed as it would.
        known: Any = getattr(self, "_id", None)
        if known is not None:
            self._id = type(known).parse(str(known))
        for tag in scenario.tags:
            name = tag.replace("-", "_")
            self.config.addinivalue_line("markers", f"{name}: a tag of scenarios")
            self.add_marker(name)
        self.add_marker(pytest.mark.golive)

    def runtest(self) -> None:
        """Run, judge and store the scenario; raise what its outcome asks for."""
        from harness.errors import HarnessError
        from harness.readiness import ScenarioResult
        from harness.rehearsal import problems_of

        rehearsal = self._collector.rehearsal
        skip = self.scenario.skip
        if skip is not None and (rehearsal.as_of is None or rehearsal.as_of < skip.until):
            self.result = ScenarioResult.skipped(
                self.scenario, f"{skip.reason}, until {skip.until}"
            )
            pytest.skip(self.result.reason)
        try:
            self.result = rehearsal.rehearse(self.scenario)
        except HarnessError as error:
            problems = problems_of(error, self.scenario)
            self.result = ScenarioResult.broken(self.scenario, problems)
            raise ScenarioBroken("\n".join(map(str, problems))) from None
        if self.result.outcome == "failed":
            raise ScenarioFailed(self.result.reason)
        if self.result.outcome != "proven":
            raise ScenarioUnproven(self.result.reason)

    def described(self) -> dict[str, str]:
        """Return what the controller must know when no result arrives."""
        return {"name": self.name, "file": self.scenario.file, "title": self.scenario.scenario}

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place that pytest shows."""
        return self.path, max(self.scenario.line() - 1, 0), self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return a failure that fits on a screen; never raises."""
        if not isinstance(excinfo.value, ScenarioFailed | ScenarioUnproven | ScenarioBroken):
            return super().repr_failure(excinfo)
        del style
        from harness.failure_text import failure_text

        try:
            text = failure_text(self.scenario, self.result, self._collector.project, excinfo.value)
        except Exception as error:  # noqa: BLE001 - pytest ends the whole run when this raises
            text = [f"{excinfo.value}", f"(the failure could not be shown in full: {error})"]
        first = str(excinfo.value).partition("\n")[0]
        return _as_repr(text[:MOST_LINES], self.path, self.scenario.line(), first)


class BrokenItem(pytest.Item):
    """A file that could not be read: one failing item, so that the rest goes on."""

    def __init__(self, *, problems: list[Any], of_project: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problems = problems
        self.of_project = of_project
        self.add_marker(pytest.mark.golive)
        self.result: ScenarioResult | None = None

    def runtest(self) -> None:
        """Fail with every problem of the file."""
        from harness.readiness import ScenarioResult

        if not self.of_project:
            self.result = ScenarioResult.unreadable(tuple(self.problems))
        raise ScenarioBroken("\n".join(map(str, self.problems)))

    def described(self) -> dict[str, str]:
        """Return what the controller must know when no result arrives."""
        name = self.problems[0].file
        return {"name": "" if self.of_project else name, "file": name, "title": ""}

    def reportinfo(self) -> tuple[Path | str, int, str]:
        """Return the place that pytest shows."""
        return self.path, max(self.problems[0].line - 1, 0), self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the problems, each with its place."""
        del excinfo, style
        lines = [line for problem in self.problems for line in str(problem).splitlines()]
        if len(lines) > MOST_LINES:
            left = len(self.problems)
            lines = [*lines[: MOST_LINES - 1], f"... {left} problems in all"]
        first = self.problems[0]
        return _as_repr(lines, Path(first.file), first.line, first.message)


class _Controller:
    """Gathers the results, writes the record, and decides the exit status."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[str, dict[str, Any]] = {}
        self.items: dict[str, Mapping[str, str]] = {}
        self.expected: dict[str, str] = {}
        self.record: Readiness | None = None
        self.folder: Path | None = None
        self.partial = False
        self.error = ""
        self.facts: RunFacts | None = None

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what must report."""
        for item in session.items:
            if isinstance(item, ScenarioItem | BrokenItem):
                self.expected[item.nodeid] = item.described()["name"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Remember what the workers must report."""
        del node
        for nodeid in ids:
            path, _, name = nodeid.partition("::")
            if path.endswith((".yaml", ".yml")):
                self.expected[nodeid] = path if name == "(invalid)" else name

    @pytest.hookimpl
    def pytest_runtest_logstart(self) -> None:
        """Take the time from the first item on, wherever it runs."""
        if self.facts is None:
            from harness.run_facts import RunFacts

            self.facts = RunFacts()

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the result that travels on a report."""
        item = getattr(report, "golive_item", None)
        if item is not None:
            self.items[report.nodeid] = item
        result = getattr(report, "golive", None)
        if result is not None:
            self.results[report.nodeid] = result

    # Before pytest-html, which comes last and asks for the verdict.
    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the record, and never leave a good status over a bad verdict."""
        always = self.config.getoption("--golive-always")
        if not self.expected and not always:
            return
        from harness.errors import HarnessError

        try:
            self._write(session)
        except (HarnessError, OSError) as error:
            self.error = str(error)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            return
        good = self.record is not None and self.record.verdict == "GO"
        if not good and (always or not self.partial) and exitstatus in (0, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, session: pytest.Session) -> None:
        from harness.loader import scenario_files
        from harness.readiness import ScenarioResult
        from harness.report import write_reports

        collector: Any = self.config.pluginmanager.get_plugin("golive-collector")
        rehearsal: Rehearsal = collector.rehearsal
        project = rehearsal.project
        results = [ScenarioResult.model_validate(data) for _, data in sorted(self.results.items())]
        lost = [
            name for nodeid, name in self.expected.items() if name and nodeid not in self.results
        ]
        base = self.config.rootpath
        collected = {(base / nodeid.partition("::")[0]).resolve() for nodeid in self.expected}
        files = {file.resolve() for file in scenario_files(project.scenarios_folder)}
        # A run that was cut short on purpose is a part; one that lost a worker is the whole truth.
        stopped = bool(session.shouldstop or session.shouldfail)
        chosen = collector.deselected or any(
            self.config.getoption(name, default=None) for name in ("keyword", "markexpr", "lf")
        )
        self.partial = bool(chosen or files - collected or (lost and stopped))
        self.folder = rehearsal.folder / "partial" if self.partial else rehearsal.folder
        self.record = rehearsal.record_of(results, lost, partial=self.partial)
        write_reports(self.record, self.folder)
        if self.facts is not None:
            self.facts.write(self.folder, root=project.root)

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Say what is unproven, the verdict, who must act, and where the report is."""
        unproven = terminalreporter.stats.get("unproven", [])
        if unproven and self.config.getoption("tbstyle", default="auto") != "no":
            terminalreporter.section("UNPROVEN", sep="=")
            for report in unproven:
                terminalreporter.section(report.nodeid.rpartition("::")[2], sep="_")
                terminalreporter.line(report.longreprtext)
        if self.error:
            terminalreporter.section("golive")
            terminalreporter.line(f"no record was written: {self.error}", red=True)
            return
        if self.record is None or self.folder is None:
            return
        from harness.failure_text import verdict_lines

        terminalreporter.section("golive")
        for line in verdict_lines(self.record, partial=self.partial):
            terminalreporter.line(line)
        page = self.folder / "readiness.html"
        terminalreporter.line(f"report: {_shown(page, self.config.invocation_params.dir)}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Link the readiness page from the log that pytest-html writes."""
        from html import escape

        log = self.config.getoption("htmlpath", default=None)
        if self.record is None or self.folder is None or not log:
            return
        import os

        target = self.folder / "readiness.html"
        link = Path(os.path.relpath(target, Path(log).resolve().parent)).as_posix()
        verdict, sentence = escape(self.record.verdict), escape(self.record.sentence)
        prefix.append(
            f"<p><strong>{verdict}</strong>: {sentence} "
            f'<a href="{escape(link, quote=True)}">Readiness report</a></p>'
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Add the columns contract, owner and clause."""
        cells[2:2] = ["<th>Contract</th>", "<th>Owner</th>", "<th>Clause</th>"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Fill the columns; every text is escaped."""
        from html import escape

        result = getattr(report, "golive", None) or {}
        worst = _worst_ruling(result)
        texts = (
            ", ".join(result.get("contracts", ())),
            worst.get("owner", result.get("owner") or ""),
            worst.get("clause", ""),
        )
        cells[2:2] = [f"<td>{escape(str(text))}</td>" for text in texts]


def _worst_ruling(result: Mapping[str, Any]) -> dict[str, str]:
    for ruling in result.get("rulings", ()):
        for finding in ruling.get("findings", ()):
            return {"clause": finding["clause"], "owner": finding["owner"]}
    return {}


def _project_root(config: pytest.Config) -> Path | None:
    named = config.getoption("--golive-project")
    if named:
        folder = Path(named).resolve()
        if not (folder / PROJECT_FILE).is_file():
            raise pytest.UsageError(f"--golive-project: there is no {PROJECT_FILE} in {named}")
        return folder
    for start in (config.invocation_params.dir, config.rootpath):
        for folder in (start, *start.parents):
            if (folder / PROJECT_FILE).is_file():
                return folder
    return None


def _rehearsal(config: pytest.Config, root: Path) -> Rehearsal:
    from harness.loader import load_project
    from harness.rehearsal import Rehearsal

    contracts = config.getoption("--golive-contracts")
    project = load_project(root, contracts=Path(contracts).resolve() if contracts else None)
    given: dict[str, Path] = {}
    for entry in config.getoption("--golive-given"):
        name, equals, file = entry.partition("=")
        if not (equals and name and Path(file).is_file()):
            raise pytest.UsageError(
                f"--golive-given {entry!r}: write NAME=FILE, where FILE is a JSON file that exists"
            )
        given[name] = Path(file).resolve()
    reports = config.getoption("--golive-reports")
    return Rehearsal.of(
        project.giving(given),
        folder=Path(reports).resolve() if reports else project.reports_folder,
        seed=config.getoption("--golive-seed"),
        record=config.getoption("--golive-record"),
        as_of=config.getoption("--golive-as-of"),
    )


def _as_repr(lines: list[str], file: Path, line: int, message: str) -> Any:
    from _pytest._code.code import (
        ExceptionChainRepr,
        ReprEntryNative,
        ReprFileLocation,
        ReprTraceback,
    )

    place = ReprFileLocation(str(file), max(line, 1), message[:200])
    traceback = ReprTraceback([ReprEntryNative([text + "\n" for text in lines])], None, "native")
    return ExceptionChainRepr([(traceback, place, None)])


def _shown(path: Path, base: Path) -> str:
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return str(path)
