"""Scenario files: cases spread out, and every reference looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Problem, did_you_mean
from harness.loader.files import line_of, shown_as
from harness.loader.payloads import find_payload, put
from harness.loader.project import Project
from harness.mapping import parse_path
from harness.scenario import Payload, Scenario, WhenStep
from harness.yamlfile import Document, read_documents, validate


def load_scenarios(file: Path, project: Project) -> tuple[Scenario, ...]:
    """Read the scenarios of one file, cases spread out.

    Raises:
        BadInput: everything that is wrong with it, references to contracts included.
    """
    shown = shown_as(file, project.root)
    documents = read_documents(file, shown=shown)
    if not documents:
        raise BadInput(
            [Problem(shown, 0, 0, "the file is empty", "write a scenario, or remove the file")]
        )
    problems: list[Problem] = []
    scenarios: list[Scenario] = []
    for document in documents:
        try:
            scenarios += [one for case in _spread(document) for one in _orders(case)]
        except BadInput as error:
            problems += error.problems
    for scenario in scenarios:
        problems += _scenario_references(scenario, file, project)
    seen: set[str] = set()
    for scenario in scenarios:
        if scenario.name in seen:
            problems.append(
                Problem(shown, scenario.line("id"), 1, f"the id {scenario.name} is used twice")
            )
        seen.add(scenario.name)
    if problems:
        raise BadInput(problems)
    return tuple(scenarios)


def scenario_files(target: Path) -> list[Path]:
    """Return the scenario files of a folder, in a stable order."""
    return sorted(
        path
        for suffix in ("*.yaml", "*.yml")
        for path in target.rglob(suffix)
        if "fixtures" not in path.parts and "cassettes" not in path.parts
    )


def _spread(document: Document) -> list[Scenario]:
    base = validate(Scenario, document, document.data)
    lines = _scenario_lines(document)
    if not base.cases:
        return [base.located(document.file, lines)]
    found = []
    for index, case in enumerate(base.cases):
        data = _copy({k: v for k, v in document.data.items() if k != "cases"})
        for path, value in case.items():
            if path == "name":
                continue
            try:
                put(data, parse_path(path).parts, value)
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise BadInput(
                    [
                        document.problem(
                            ("cases", index, path),
                            f"cases.{index}: {path!r} leads nowhere in this scenario",
                            'quote keys with dots: when.0.with.set."address.city"',
                            key=True,
                        )
                    ]
                ) from error
        spread = validate(Scenario, document, data)
        found.append(spread.located(document.file, lines, case=str(case["name"])))
    return found


def _orders(scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario in every order of the steps of its races."""
    if all(step.race is None for step in scenario.when):
        yield scenario
        return
    ways = [
        list(permutations(enumerate(step.race, start=1))) if step.race else [((0, step),)]
        for step in scenario.when
    ]
    for chosen in product(*ways):
        when: list[WhenStep] = []
        lines = {path: at for path, at in scenario.lines().items() if not path.startswith("when.")}
        names: list[str] = []
        for index, (step, order) in enumerate(zip(scenario.when, chosen, strict=True)):
            line = scenario.line(f"when.{index}")
            for place, (number, one) in enumerate(order):
                first = {"after": step.after, "at": step.at}
                timed = {"after": step.every or 0, "at": None} if place else first
                lines[f"when.{len(when)}"] = line
                when.append(one if step.race is None else one.model_copy(update=timed))
                names += [one.id or str(number)] if step.race else []
        case = ",".join([*([scenario.case] if scenario.case else []), *names])
        ordered = scenario.model_copy(update={"when": tuple(when)})
        yield ordered.located(scenario.file, lines, case=case)


def _scenario_lines(document: Document) -> dict[str, int]:
    lines: dict[str, int] = {"": document.place(())[0]}

    def walk(data: Any, path: tuple[str | int, ...], depth: int) -> None:
        if not depth:
            return
        entries: Iterable[tuple[str | int, Any]] = ()
        if isinstance(data, Mapping):
            entries = data.items()
        elif isinstance(data, list):
            entries = enumerate(data)
        for key, value in entries:
            here = (*path, key)
            lines[".".join(map(str, here))] = document.place(here)[0]
            walk(value, here, depth - 1)

    walk(document.data, (), 3)
    return lines


def _scenario_references(scenario: Scenario, file: Path, project: Project) -> Iterator[Problem]:
    """Yield every reference of a scenario that leads nowhere."""
    check = _References(scenario, file)
    clauses = sorted({c.id for contract in project.contracts for c in contract.clauses()})
    clauses += [f"{flow.flow}#delivered" for flow in project.flows]
    systems = project.landscape.systems
    messages = sorted(project.landscape.messages())
    records = sorted(project.landscape.records())
    teams = list(project.landscape.teams)
    agreed = [contract.contract for contract in project.contracts]
    for index, name in enumerate(scenario.contracts):
        yield from check.known(f"contracts.{index}", "contract", name, agreed)
    for index, clause in enumerate(scenario.covers):
        families = [*clauses, *(c.rpartition(".")[0] for c in clauses)]
        yield from check.known(f"covers.{index}", "clause", clause, families)
    for name in scenario.systems:
        yield from check.known(f"systems.{name}", "system", name, systems)
    for name in scenario.given.records:
        yield from check.known("given.records", "message or record", name, [*messages, *records])
    for index, fault in enumerate(scenario.given.faults):
        yield from check.known(f"given.faults.{index}", "message", fault.on, messages)
    for place, named in (("clocks", scenario.given.clocks), ("profiles", scenario.given.profiles)):
        for name in named:
            yield from check.known(f"given.{place}.{name}", "system", name, systems)
    seen: list[str] = []
    for index, step in enumerate(scenario.when):
        place = f"when.{index}"
        yield from check.known(place, "earlier step", step.of, seen)
        yield from check.known(place, "earlier step", step.send_again, seen)
        yield from check.known(place, "message", step.send, messages)
        yield from check.known(place, "record", step.change, records)
        if step.do is not None:
            yield from check.known(place, "system", step.do.partition(".")[0], systems)
        yield from check.payload(place, step.values, project)
        seen += [step.id] if step.id else []
    for index, then in enumerate(scenario.then):
        place = f"then.{index}"
        yield from check.known(place, "message", then.message or then.never, messages)
        yield from check.known(place, "record", then.record, records)
        yield from check.known(place, "step", then.of, seen)
        yield from check.known(place, "team", then.told, teams)
        yield from check.known(place, "clause", then.about, clauses)


class _References:
    """Looks references of one scenario up, and says where one leads nowhere."""

    def __init__(self, scenario: Scenario, file: Path) -> None:
        self._scenario = scenario
        self._file = file

    def known(
        self, path: str, kind: str, name: str | None, known: Iterable[str]
    ) -> Iterator[Problem]:
        names = list(known)
        if name is not None and name not in names:
            line = self._scenario.line(path)
            message = f"{path}: there is no {kind} {name!r}"
            hint = did_you_mean(name, names)
            yield Problem(self._scenario.file, line, 1, message, hint, line_of(self._file, line))

    def payload(self, path: str, payload: Payload | None, project: Project) -> Iterator[Problem]:
        source = payload.source if payload is not None else None
        if source is None or source in {**self._scenario.given.payloads, **project.given}:
            return
        try:
            find_payload(source, self._scenario, project)
        except BadInput as error:
            line = self._scenario.line(path)
            text = line_of(self._file, line)
            yield from (replace(p, line=line, source=text) for p in error.problems)


def _copy(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_copy(value) for value in data]
    return data
