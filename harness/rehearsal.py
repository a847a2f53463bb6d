"""Rehearse a launch: run a scenario, judge it, store its journal; gather results into a record."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.align import align
from harness.alignment import policy_of, world_of
from harness.bindings.functions import load_checks
from harness.cast import contracts_of
from harness.checks import judge
from harness.errors import BadInput, HarnessError, Problem
from harness.history import History, Origin
from harness.journal import write_journal
from harness.loader import Project
from harness.readiness import Policy, Readiness, ScenarioResult, build
from harness.redaction import Veil
from harness.runner import made_up_secrets, run_scenario
from harness.scenario import Scenario
from harness.seeds import derive_seed


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One project, one seed, one place for journals."""

    project: Project
    seed: int
    folder: Path
    record: bool = False
    as_of: str | None = None
    policy: Policy = field(default_factory=Policy)
    problems: tuple[Problem, ...] = ()
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        project: Project,
        *,
        folder: Path,
        seed: int | None = None,
        record: bool = False,
        as_of: str | None = None,
    ) -> Rehearsal:
        """Prepare the rehearsal of a project; a broken policy file is one more problem."""
        policy, problems = policy_of(project)
        functions, missing = load_checks(project.contracts, root=project.root)
        return cls(
            project=project,
            seed=project.settings.run.seed if seed is None else seed,
            folder=folder,
            record=record,
            as_of=as_of or project.settings.run.as_of,
            policy=policy,
            problems=(*project.problems, *problems, *missing),
            functions=functions,
        )

    def rehearse(self, scenario: Scenario) -> ScenarioResult:
        """Run, judge and store one scenario.

        Raises:
            HarnessError: the integration or the scenario's files do not let it run.
        """
        history = run_scenario(scenario, self.project, seed=self.seed, record=self.record)
        return self.judged(scenario, history, store=True)

    def judged(self, scenario: Scenario, history: History, *, store: bool) -> ScenarioResult:
        """Judge a history; with ``store``, write its journal after judging."""
        contracts = contracts_of(scenario, self.project)
        judgement = judge(
            history,
            contracts=contracts,
            landscape=self.project.landscape,
            scenario=scenario,
            flows=self.project.flows,
            functions=self.functions,
        )
        journal = ""
        if store:
            journal = f"journals/{_file_name(scenario.name)}.jsonl"
            write_journal(history, self.folder / journal, veil=self.veil(history))
        return ScenarioResult.of(scenario, judgement, history, journal=journal)

    def veil(self, history: History) -> Veil:
        """Return what hides secrets and personal values of a history when it is written."""
        scenario_seed = derive_seed(self.seed, history.header.scenario)
        secrets = set(made_up_secrets(self.project, seed=scenario_seed).values())
        secrets |= {
            value
            for variable in self.project.settings.secrets.values()
            if (value := os.environ.get(variable))
        }
        key, key_id = self._key(history)
        return Veil(
            self.project.landscape, self.project.contracts, key=key, key_id=key_id, secrets=secrets
        )

    def record_of(
        self,
        results: Sequence[ScenarioResult],
        lost: Iterable[str] = (),
        *,
        partial: bool = False,
    ) -> Readiness:
        """Return the readiness record of these results; ``lost`` scenarios never reported.

        ``partial`` says that scenarios were left out: such a record is never GO.
        """
        missing = [ScenarioResult.lost(name) for name in sorted(lost)]
        return build(
            landscape=self.project.landscape,
            contracts=self.project.contracts,
            policy=self.policy,
            results=[*results, *missing],
            flows=self.project.flows,
            alignment=align(world_of(self.project, as_of=self.as_of)),
            problems=self.problems,
            as_of=self.as_of,
            seed=self.seed,
            partial=partial,
        )

    def _key(self, history: History) -> tuple[bytes | None, str]:
        """Return the redaction key; a made-up one is enough only for made-up data.

        Without the project's key, values of simulated systems are veiled under a key made from
        the seed. Real data under a known key could be guessed, so it gets none, and what needs
        the key is then unproven when the journal is read again.
        """
        variable = self.project.settings.redaction.key
        value = os.environ.get(variable) if variable else None
        if value:
            digest = derive_seed(0, "key id", value)
            return value.encode(), f"{variable}:{digest:016x}"[:40]
        made_up = all(origin is Origin.SIMULATED for origin in history.header.systems.values())
        if made_up and not self.project.given:
            return f"made up from seed {self.seed}".encode(), f"seed:{self.seed}"
        return None, "none"


def _file_name(name: str) -> str:
    return name.replace("[", "_").replace("]", "")


def problems_of(error: HarnessError, scenario: Scenario) -> tuple[Problem, ...]:
    """Return what stopped a scenario as problems with a place."""
    if isinstance(error, BadInput):
        return error.problems
    return (Problem(scenario.file, scenario.line(), 0, str(error)),)
