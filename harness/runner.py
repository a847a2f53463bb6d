"""Run one scenario: build its world, let its steps happen, settle, and return the history."""

from __future__ import annotations

import asyncio
import contextvars
import os
import traceback
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.bindings import PythonBinding, load_factory
from harness.cast import contracts_of, systems_of
from harness.clock import RealClock, VirtualClock, guarded, installed, run_virtual
from harness.contract import Contract
from harness.courier import Courier
from harness.errors import (
    BadInput,
    HarnessError,
    IntegrationError,
    Problem,
    Stalled,
    did_you_mean,
)
from harness.faults import FaultPlan, Lost
from harness.history import NOBODY, EventKind, Failure, Header, History, Origin
from harness.interception import InThread, intercepted
from harness.journal import Logbook
from harness.json_text import json_text
from harness.loader import Project, find_payload, resolve_payload
from harness.recordings import (
    Episode,
    Miss,
    Replay,
    Request,
    live_call,
    masked,
    read_cassette,
    recording,
)
from harness.redaction import Veil
from harness.scenario import Fault, Recorded, Scenario, WhenStep
from harness.seeds import derive_seed
from harness.simulators import load_simulator
from harness.simulators.base import (
    Call,
    Delivered,
    Reply,
    Simulator,
    Webhook,
    copied,
    to_json,
)
from harness.simulators.profiles import profile_of
from harness.timing import DAY, MINUTE, SECOND, parse_instant, show_instant
from harness.transport import CAUSE, Door, Edge, OutsideEdge, Patience, SimulatedEdge
from harness.workdays import Days, deadline

DEFAULT_START = "2026-03-02T08:00:00Z"
WIND_DOWN = 5 * MINUTE
"""How long a run goes on after the last promise is due, so that its breach can be seen."""


def run_scenario(
    scenario: Scenario, project: Project, *, seed: int | None = None, record: bool = False
) -> History:
    """Run a scenario against the integration and return what happened.

    The same seed gives the same history. Everything simulated happens on virtual time, with no
    network.

    Raises:
        IntegrationError: the integration cannot be imported, built or started.
        BadInput: the scenario asks for something that its systems do not have.
    """
    run_seed = project.settings.run.seed if seed is None else seed
    scenario_seed = derive_seed(run_seed, scenario.name)
    return _Run(scenario, project, seed=scenario_seed, record=record).history()


def made_up_secrets(project: Project, *, seed: int) -> dict[str, str]:
    """Return a secret for each name of golive.toml, known only to this run."""
    return {
        name: f"simulated-{Random(derive_seed(seed, 'secret', name)).getrandbits(128):032x}"
        for name in sorted(project.settings.secrets)
    }


def secrets_of(scenario: Scenario, project: Project, *, seed: int) -> dict[str, str]:
    """Return the secrets of a run: real ones for systems that are live, made up for the others.

    Raises:
        IntegrationError: a live system needs a secret that the environment does not hold.
    """
    secrets = made_up_secrets(project, seed=seed)
    for name, variable in sorted(project.settings.secrets.items()):
        live = any(
            name.startswith(f"{system}_")
            for system, choice in scenario.systems.items()
            if choice == "live"
        )
        if live:
            if variable not in os.environ:
                raise IntegrationError(
                    f"{scenario.file}: {name} is needed, because its system is live; set the "
                    f"environment variable {variable}"
                )
            secrets[name] = os.environ[variable]
    return secrets


def _with_addresses(project: Project, scenario: Scenario) -> Project:
    """Return the project with the addresses under which live and recorded systems are called.

    Of live systems the environment may tell the address; a recording tells its own.

    Raises:
        IntegrationError: golive.toml names a variable that is not set.
    """
    systems = dict(project.landscape.systems)
    for name, choice in scenario.systems.items():
        if isinstance(choice, Recorded):
            url = _recorded_address(find_payload(choice.recorded, scenario, project))
        else:
            url = _live_address(name, project, scenario) if choice == "live" else None
        if url is None:
            continue
        urls = (url, *systems[name].base_urls)
        systems[name] = systems[name].model_copy(update={"base_urls": urls})
    landscape = project.landscape.model_copy(update={"systems": systems})
    return replace(project, landscape=landscape)


def _live_address(name: str, project: Project, scenario: Scenario) -> str | None:
    variable = project.settings.live.get(name)
    if variable is None:
        return None
    if variable not in os.environ:
        raise IntegrationError(
            f"{scenario.file}: {name} is live; set its address in the environment variable "
            f"{variable}, as golive.toml says under [live]"
        )
    return os.environ[variable]


def _recorded_address(file: Path) -> str | None:
    episodes = read_cassette(file).episodes
    if not episodes:
        return None
    parts = urlsplit(episodes[0].request.url)
    return f"{parts.scheme}://{parts.netloc}"


class _Run:
    """One run of one scenario."""

    def __init__(
        self, scenario: Scenario, project: Project, *, seed: int, record: bool = False
    ) -> None:
        self.record = record
        self.scenario = scenario
        self.project = _with_addresses(project, scenario)
        self.seed = seed
        self.contracts = contracts_of(scenario, project)
        self.start = scenario.start if scenario.start is not None else parse_instant(DEFAULT_START)
        self.clock: Any = VirtualClock(self.start)
        if self.live:
            self.clock = RealClock()
            self.start = self.clock.now
        self.logbook = Logbook()
        self.plan = FaultPlan(scenario.given.faults, start=self.start, seed=self.seed)
        self.secrets = secrets_of(scenario, project, seed=seed)
        self.replays: dict[str, Replay] = {}
        self.simulators: dict[str, Simulator] = {}
        self.edges: dict[str, Edge] = {}
        self.handles: dict[str, Any] = {}
        self.payloads: dict[int, Any] = {}
        self.shown: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.errors: list[BaseException] = []
        self.crashes: set[str] = set()

    @property
    def live(self) -> frozenset[str]:
        """Return the systems that are really called."""
        return frozenset(n for n, choice in self.scenario.systems.items() if choice == "live")

    def history(self) -> History:
        """Run, and return everything that was journalled."""
        factory = self._factory()
        self._build_systems()
        self.door = Door(
            clock=self.clock,
            logbook=self.logbook,
            landscape=self.project.landscape,
            edges=self.edges,
            plan=self.plan,
        )
        if self.live:
            self._run_live(factory)
        else:
            self._run_simulated(factory)
        if self.errors:
            raise self.errors[0]
        return self.logbook.history(self._header())

    def _run_simulated(self, factory: Callable[..., Any]) -> None:
        try:
            run_virtual(partial(self._on_virtual_time, factory), clock=self.clock)
        except Stalled as stalled:
            self.logbook.event(EventKind.STALLED, at=self.clock.now, waiting=str(stalled))

    def _run_live(self, factory: Callable[..., Any]) -> None:
        """Run in real time, because the other side does; record it where that was asked for."""
        with ExitStack() as stack:
            if self.record:
                hosts = {urlsplit(self._system(name).base_urls[0]).hostname for name in self.live}
                stack.enter_context(
                    recording(
                        self._cassette(),
                        hosts={host for host in hosts if host},
                        redact=self._masked,
                        recorded_on=show_instant(self.clock.now)[:10],
                    )
                )
            asyncio.run(self._on_real_time(factory))

    def _cassette(self) -> Path:
        beside = (self.project.root / self.scenario.file).parent
        name = self.scenario.name.replace("[", "_").replace("]", "")
        return beside / "cassettes" / f"{name}.yaml"

    def _masked(self, episodes: Sequence[Episode]) -> Iterable[Episode]:
        veil = Veil(
            self.project.landscape,
            self.contracts,
            key=None,
            key_id=None,
            secrets=self.secrets.values(),
        )
        return masked(episodes, masking=veil, system_at=self.door.system_at)

    def _header(self) -> Header:
        return Header(
            scenario=self.scenario.name,
            start=self.start,
            seed=self.seed,
            systems={name: edge.origin for name, edge in sorted(self.edges.items())},
            contracts=tuple(contract.contract for contract in self.contracts),
            document=self.scenario.document(),
        )

    def _factory(self) -> Callable[..., Any]:
        target = self.project.settings.integration.factory
        if target is None:
            raise IntegrationError(
                "golive.toml names no integration; write under [integration]: "
                'factory = "your_package.app:create"'
            )
        return load_factory(target, root=self.project.root)

    def _build_systems(self) -> None:
        taking_part = systems_of(self.scenario, self.project)
        self._refuse_idle_settings(taking_part)
        for name, system in sorted(self.project.landscape.systems.items()):
            if name not in taking_part:
                continue
            choice = self.scenario.systems.get(name, "simulated")
            if choice != "simulated":
                self.edges[name] = self._outside_edge(name, choice)
                continue
            if system.simulator is None:
                continue
            simulator = load_simulator(system.simulator)(
                system,
                _SystemContext(self, name),
                secrets=self.secrets,
                profile=profile_of(name, self.scenario.given.profiles.get(name, {})),
            )
            self.simulators[name] = simulator
            handle = partial(self._handled, name, simulator)
            self.edges[name] = SimulatedEdge(handle, latency=simulator.profile.latency)

    def _refuse_idle_settings(self, taking_part: Collection[str]) -> None:
        """Refuse a clock or a profile of a system that is not simulated: it would change nothing.

        Raises:
            HarnessError: there is one.
        """
        given, systems = self.scenario.given, self.project.landscape.systems
        for name in sorted({*given.clocks, *given.profiles}):
            choice = self.scenario.systems.get(name, "simulated")
            known = name in taking_part and systems[name].simulator is not None
            if not known or choice != "simulated":
                raise HarnessError(
                    f"{name} has a clock or a profile under `given`, and is not simulated here; "
                    "take it out, or let one of the contracts lead from or to it"
                )

    def _handled(self, name: str, simulator: Simulator, call: Call) -> Reply:
        """Let a simulator answer; one that breaks ends the run, whatever its caller makes of it."""
        try:
            return simulator.handle(call)
        except HarnessError as error:
            self.errors.append(error)
            raise
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error}"
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            self.errors.append(HarnessError(f"the simulator of {name} broke at {place}: {said}"))
            raise

    def _outside_edge(self, name: str, choice: str | Recorded) -> Edge:
        if isinstance(choice, Recorded):
            tape = read_cassette(find_payload(choice.recorded, self.scenario, self.project))
            self.replays[name] = Replay(tape)
            return OutsideEdge(partial(self._replayed, name), origin=Origin.RECORDED)
        return OutsideEdge(self._called, origin=Origin.LIVE)

    async def _called(self, call: Call, patience: Patience) -> Reply | Lost:
        """Make a call for real, with the patience of the caller."""
        connect, read = (
            None if limit is None else limit / SECOND for limit in (patience.connect, patience.read)
        )
        request = httpx.Request(
            call.method,
            call.url,
            headers=list(call.headers),
            content=call.body,
            extensions={"timeout": httpx.Timeout(read, connect=connect).as_dict()},
        )
        try:
            answer = await live_call(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Lost(Failure.NO_CONNECTION, waited=True)
        except httpx.TimeoutException:
            return Lost(Failure.TIMEOUT, waited=True)
        except httpx.TransportError:
            return Lost(Failure.RESET, waited=True)
        headers = tuple(
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in answer.headers.raw
        )
        return Reply(answer.status_code, answer.content, headers)

    async def _replayed(self, name: str, call: Call, patience: Patience) -> Reply | Lost:
        """Answer from a recording; what it does not hold goes nowhere."""
        del patience
        replay = self.replays[name]
        found = replay.answer(Request(call.method, call.url, call.headers, call.body))
        if isinstance(found, Miss):
            self.logbook.event(
                EventKind.MISSED,
                at=self.clock.now,
                system=name,
                file=replay.cassette.path,
                nearest=str(found),
            )
            return Lost(Failure.NO_CONNECTION)
        if found.response is None:
            return Lost(Failure.TIMEOUT)
        return Reply(found.response.status, found.response.body, found.response.headers)

    async def _on_virtual_time(self, factory: Callable[..., Any]) -> None:
        loop = asyncio.get_running_loop()
        with (
            installed(self.clock, loop, seed=derive_seed(self.seed, "integration")) as bridge,
            guarded(self._on_attempt, lambda _host, _port: False),
        ):
            await self._main(factory, from_thread=bridge.call)

    async def _on_real_time(self, factory: Callable[..., Any]) -> None:
        loop = asyncio.get_running_loop()
        hosts = {urlsplit(self._system(name).base_urls[0]).hostname for name in self.live}

        def from_thread(work: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(work, loop).result()

        with guarded(self._on_attempt, lambda host, _port: host in hosts):
            await self._main(factory, from_thread=from_thread)

    async def _main(self, factory: Callable[..., Any], *, from_thread: InThread) -> None:
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        with intercepted(self.door, from_thread=from_thread):
            self.binding = PythonBinding(
                factory,
                urls={name: self._system(name).base_urls[0] for name in self.edges},
                secrets=self.secrets,
                on_crash=self._on_crash,
                in_thread=asyncio.to_thread,
            )
            self.courier = Courier(
                clock=self.clock,
                logbook=self.logbook,
                landscape=self.project.landscape,
                plan=self.plan,
                binding=self.binding,
                receives=self.project.settings.integration.receives,
                report=self._report,
            )
            self._hold_records()
            self._show_state("opening")
            await self._start()
            windows = [
                asyncio.create_task(self._window(index, fault), name="golive:window")
                for index, fault in enumerate(self.scenario.given.faults)
                if fault.since is not None or fault.lasts is not None
            ]
            await self._steps()
            await self._settle()
            for window in windows:
                window.cancel()
            await self._stop("the scenario is over")

    async def _window(self, index: int, fault: Fault) -> None:
        """Note when a fault with a time of its own begins, and when it is over."""
        begins = self.start + (fault.since or 0)
        await self._until(begins)
        self._note_window(index, fault, "begun")
        if fault.lasts is not None:
            await self._until(begins + fault.lasts)
            self._note_window(index, fault, "ended")

    def _note_window(self, index: int, fault: Fault, moment: str) -> None:
        self.logbook.event(
            EventKind.FAULT,
            at=self.clock.now,
            system=fault.on.partition(".")[0],
            fault=index,
            do=fault.do,
            moment=moment,
        )

    async def _start(self) -> None:
        await self.binding.start()
        self.logbook.event(EventKind.STARTED, at=self.clock.now)

    async def _stop(self, why: str) -> None:
        if not self.binding.running:
            return
        left = await self.binding.stop()
        self.logbook.event(EventKind.STOPPED, at=self.clock.now, why=why)
        if left:
            self.logbook.event(EventKind.LEFT_OVER, at=self.clock.now, tasks=left)

    async def _steps(self) -> None:
        for index, step in enumerate(self.scenario.when):
            if step.at is not None:
                await self._until(self.start + step.at)
            elif step.after is not None:
                await self._until(self.clock.now + step.after)
            await self._take(index, step)

    async def _take(self, index: int, step: WhenStep) -> None:
        name = step.id or f"when.{index}"
        self.courier.step = name
        for number in range(step.times):
            if number and step.every is not None:
                await self._until(self.clock.now + step.every)
            self._note_step(name, step)
            await self._do(index, name, step)
            await asyncio.sleep(0)
        self.courier.step = ""

    def _note_step(self, name: str, step: WhenStep) -> None:
        what = str(getattr(step, step.verb))
        self.logbook.event(
            EventKind.STEP, at=self.clock.now, id=name, verb=step.verb, what=what, of=step.of
        )

    async def _do(self, index: int, name: str, step: WhenStep) -> None:
        match step.verb:
            case "do":
                self.handles[name] = self._act(index, step)
            case "change":
                self._change(index, step)
            case "send":
                self._send(index, step)
            case "send_again":
                if not self.courier.send_again(str(step.send_again)):
                    raise self._wrong(index, f"step {step.send_again!r} has sent no webhook")
            case "stop":
                await self._stop("the scenario stops it")
            case "start":
                if self.binding.running:
                    raise self._wrong(index, "the integration runs already; stop it first")
                await self._start()

    def _act(self, index: int, step: WhenStep) -> Any:
        system, _, action = str(step.do).partition(".")
        simulator = self.simulators.get(system)
        if simulator is None:
            raise self._wrong(index, f"{system} is not simulated here, so nobody can do {step.do}")
        if action not in simulator.actions:
            known = ", ".join(sorted(simulator.actions))
            raise self._wrong(index, f"{system} has no action {action!r}; it has: {known}")
        payload = self._payload(step)
        about = None if step.of is None else self._about(index, step.of)
        try:
            return simulator.act(action, payload, about=about)
        except HarnessError as error:
            raise self._wrong(index, f"{step.do}: {error}") from error

    def _about(self, index: int, step: str) -> Any:
        """Return the handle of what an earlier step made."""
        about = self.handles.get(step)
        if about is None:
            named = [one.id for one in self.scenario.when if one.id is not None]
            made = [one for one in named if self.handles.get(one) is not None]
            said = f"step {step!r} made nothing that this one can be about"
            raise self._wrong(index, said, did_you_mean(step, made))
        return about

    def _send(self, index: int, step: WhenStep) -> None:
        system, _, message = str(step.send).partition(".")
        simulator = self.simulators.get(system)
        if simulator is None:
            raise self._wrong(index, f"{system} is not simulated here, so it sends nothing")
        payload = self._payload(step)
        try:
            simulator.send(message, payload)
        except HarnessError as error:
            raise self._wrong(index, f"send {step.send}: {error}") from error

    def _change(self, index: int, step: WhenStep) -> None:
        system, _, record = str(step.change).partition(".")
        simulator = self.simulators.get(system)
        if simulator is None:
            raise self._wrong(index, f"{system} is not simulated here, so nobody can change it")
        payload = self._payload(step)
        if not isinstance(payload, Mapping):
            raise self._wrong(index, f"change {step.change}: say what it becomes under `with`")
        try:
            simulator.hold(record, (payload,))
        except HarnessError as error:
            raise self._wrong(index, f"change {step.change}: {error}") from error

    def _payload(self, step: WhenStep) -> Any:
        """Return what a step sends, read once for all its repetitions."""
        if id(step) not in self.payloads:
            self.payloads[id(step)] = resolve_payload(step.values, self.scenario, self.project)
        return copied(self.payloads[id(step)])

    def _wrong(self, index: int, message: str, hint: str = "") -> BadInput:
        line = self.scenario.line(f"when.{index}")
        return BadInput([Problem(self.scenario.file, line, 1, f"when.{index}: {message}", hint)])

    async def _settle(self) -> None:
        until = self.scenario.until
        if until == "settled":
            await self._until(self.clock.now + self._longest_promise() + WIND_DOWN)
        else:
            await self._until(self.start + int(until))
        await self.door.finish()
        for name, replay in sorted(self.replays.items()):
            left = replay.unplayed()
            if left:
                self.logbook.event(
                    EventKind.UNPLAYED,
                    at=self.clock.now,
                    system=name,
                    file=replay.cassette.path,
                    episodes=[f"{one.request.method} {one.request.url}" for one in left],
                )
        self._show_state("settled")
        self.logbook.event(EventKind.SETTLED, at=self.clock.now)

    def _longest_promise(self) -> int:
        lengths = [0]
        for contract in self.contracts:
            told = max((rule.within or 0 for rule in contract.failures.values()), default=0)
            lengths.append((self._until_due(contract) if contract.timing else 0) + told)
        lengths += [step.within or step.lasting or 0 for step in self.scenario.then]
        return max(lengths)

    def _until_due(self, contract: Contract) -> int:
        """Return how long it takes until whatever happens now has to be accepted.

        That a lost event is found again is waited for only where events are lost.
        """
        now, landscape = int(self.clock.now), self.project.landscape
        timing = contract.timing
        assert timing is not None  # noqa: S101 - asked only of contracts that have one
        delivered, cutoff = timing.delivered, timing.cutoff
        latest = now
        if delivered is not None:
            due = deadline(now, delivered.ceiling, landscape.days(delivered.calendar))
            latest = now + delivered.ceiling if due is None else due
        if cutoff is not None:
            days = landscape.days(cutoff.calendar) or Days(cutoff.zone)
            latest = max(latest, cutoff.lot(now, days).due)
        if timing.fresh is not None:
            latest = max(latest, now + timing.fresh.max_age)
        if timing.recovered is not None and self._loses(contract.source):
            latest = max(latest, now + timing.recovered.fail)
        return latest - now

    def _loses(self, message: str) -> bool:
        """Return whether a webhook of a message may never arrive in this scenario."""
        stopped = any(step.verb == "stop" for step in self.scenario.when)
        return stopped or any(fault.on == message for fault in self.scenario.given.faults)

    async def _until(self, instant: int) -> None:
        while (left := instant - self.clock.now) > 0:
            await asyncio.sleep(min(left, DAY) / SECOND)

    def _hold_records(self) -> None:
        for message, rows in sorted(self.scenario.given.records.items()):
            system, _, name = message.partition(".")
            if system not in self.simulators:
                raise BadInput(
                    [
                        Problem(
                            self.scenario.file,
                            self.scenario.line("given.records"),
                            1,
                            f"given.records: {system} is not simulated here",
                        )
                    ]
                )
            try:
                self.simulators[system].hold(name, rows)
            except HarnessError as error:
                line = self.scenario.line("given.records")
                problem = Problem(self.scenario.file, line, 1, f"given.records: {error}")
                raise BadInput([problem]) from error

    def _show_state(self, at: str) -> None:
        for system, simulator in sorted(self.simulators.items()):
            for kind, rows in sorted(simulator.snapshot().items()):
                before = self.shown.get((system, kind))
                self.shown[system, kind] = rows
                data: dict[str, Any] = {"moment": at, "of": kind, "rows": rows}
                if before is not None:
                    data["base"] = "previous"
                    # By their text: a day has tens of thousands of rows, and each is looked up.
                    now, then = ([json_text(row) for row in some] for some in (rows, before))
                    known, kept = set(then), set(now)
                    data["rows"] = [
                        row for row, text in zip(rows, now, strict=True) if text not in known
                    ]
                    data["gone"] = [
                        row for row, text in zip(before, then, strict=True) if text not in kept
                    ]
                self.logbook.event(EventKind.STATE, at=self.clock.now, system=system, **data)

    def _report(self, system: str, outcome: Delivered) -> None:
        self.simulators[system].delivered(outcome)

    def _system(self, name: str) -> Any:
        return self.project.landscape.systems[name]

    def _on_attempt(self, host: str, port: int) -> None:
        self.logbook.refused(host=host, port=port, at=self.clock.now, receiver=NOBODY)

    def _on_crash(self, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        said = f"{type(error).__name__}: {error}"
        self.logbook.event(EventKind.CRASHED, at=self.clock.now, error=said[:500], where=place)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        del loop
        error = context.get("exception")
        if isinstance(error, HarnessError):
            self.errors.append(error)
        elif isinstance(error, BaseException):
            self._on_crash(error)


@dataclass
class _SystemContext:
    """What a simulator may do, for one system of one run."""

    run: _Run
    system: str
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(derive_seed(self.run.seed, "system", self.system))

    @property
    def now(self) -> int:
        clock = self.run.scenario.given.clocks.get(self.system)
        return int(self.run.clock.now) + (clock.off_by if clock else 0)

    def after(self, delay: int, action: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(delay / SECOND, action, context=contextvars.Context())

    def emit(self, webhook: Webhook) -> None:
        self.run.courier.emit(self.system, webhook)

    def commit(self, message: str, key: str, body: Any) -> None:
        # As JSON it is a snapshot, and the same object as the payload that tells of it.
        logbook = self.run.logbook
        body = logbook.body(to_json(body), "application/json").value
        logbook.event(
            EventKind.COMMITTED,
            at=self.run.clock.now,
            system=self.system,
            message=f"{self.system}.{message}",
            key=key,
            body=body,
            cause=CAUSE.get(),
        )

    def note(self, record: str, row: Mapping[str, Any]) -> None:
        data = {"moment": "changed", "of": record, "base": "previous", "gone": []}
        held = self.run.logbook.body(to_json(row), "application/json").value
        self.run.logbook.event(
            EventKind.STATE, at=self.run.clock.now, system=self.system, rows=[held], **data
        )
