"""A scenario runs as it is written, on virtual time, and the same seed gives the same history."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache, partial
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from harness import runner
from harness.clock import run_virtual
from harness.errors import BadInput, HarnessError, IntegrationError
from harness.history import Event, EventKind, Failure, History, Origin
from harness.journal import journal_bytes
from harness.loader import Project, load_project
from harness.runner import made_up_secrets, run_scenario, secrets_of
from harness.scenario import Scenario
from harness.timing import HOUR, MINUTE, SECOND, parse_instant, show_instant
from tests.projects import ROOT

CONTRACT = "shopify-order-to-oms"
ORDER = {"from": "fixtures/order_minimal.json"}
PENDING = {**ORDER, "set": {"financial_status": "pending"}}
PLACE = {"id": "o1", "do": "shopify.place_order", "with": ORDER}
UNPAID = {"id": "o1", "do": "shopify.place_order", "with": PENDING}
LINES = {"": 2, "given.records": 5, "when.0": 11, "when.1": 12}
Work = Callable[[], Awaitable[Any]]


@cache
def project() -> Project:
    """Return the reference landscape, read once and never changed."""
    return load_project(ROOT)


def story(*steps: dict[str, Any], **more: Any) -> Scenario:
    """Return a scenario with these steps, as if it stood among the others."""
    told = {"scenario": "A story", "id": "RUN-001", "contracts": [CONTRACT], "when": steps, **more}
    return Scenario.model_validate(told).located("scenarios/run.yaml", LINES)


def with_factory(target: str | None) -> Project:
    """Return the reference landscape with another integration."""
    settings = project().settings
    integration = settings.integration.model_copy(update={"factory": target})
    return replace(project(), settings=settings.model_copy(update={"integration": integration}))


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], Project]:
    """Provide a way to run a project against a factory that a test defines."""

    def around(create: Callable[..., Any]) -> Project:
        module = ModuleType("ours")
        module.create = create  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "ours", module)
        return with_factory("ours:create")

    return around


def answering(work: Work) -> Callable[..., Any]:
    """Return a factory of an application that does some work and then answers."""

    def create(*, urls: Any, secrets: Any) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await work()
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        return app

    return create


async def nothing() -> None:
    """Do no work."""


def after_start(history: History, entry: Event) -> float:
    """Return when something happened, in seconds after the start."""
    assert entry.at is not None
    assert history.header.start is not None
    return (entry.at - history.header.start) / SECOND


def when(history: History, *kinds: EventKind) -> list[tuple[str, float]]:
    """Return the events of these kinds with their times."""
    return [(str(event.kind), after_start(history, event)) for event in history.events(*kinds)]


def test_the_same_seed_gives_the_same_bytes_whatever_ran_before() -> None:
    """Nothing of one run is left for the next; another seed draws other things."""
    other = story(PLACE, id="RUN-002", until="2m")
    first = run_scenario(story(PLACE, until="2m"), project(), seed=1)
    run_scenario(other, project(), seed=1)
    again = run_scenario(story(PLACE, until="2m"), project(), seed=1)
    elsewhere = run_scenario(story(PLACE, until="2m"), project(), seed=2)

    assert journal_bytes(first) == journal_bytes(again)
    assert first.header.seed != elsewhere.header.seed
    assert journal_bytes(first) != journal_bytes(elsewhere)


def test_a_history_says_what_it_is_a_history_of() -> None:
    """The scenario, its start, its contracts, and where each system's side comes from."""
    header = run_scenario(story(until="1s", start="2026-05-01T00:00:00Z"), project()).header

    assert (header.scenario, header.contracts) == ("RUN-001", (CONTRACT,))
    assert header.document["start"].startswith("2026-05-01")
    assert dict(header.systems) == dict.fromkeys(("oms", "ops", "shopify"), Origin.SIMULATED)


def test_a_run_begins_and_ends_in_the_same_way() -> None:
    """What systems hold, the start, the steps, the horizon, what they hold then, the stop."""
    history = run_scenario(story({"stop": "integration"}, {"start": "integration"}), project())
    kinds = [str(event.kind) for event in history.events()]
    order = [kind for n, kind in enumerate(kinds) if kinds[n - 1 : n] != [kind]]

    assert order == [
        *("state", "started"),
        *("step", "stopped", "step", "started"),
        *("state", "settled", "stopped"),
    ]


def test_steps_happen_when_they_are_due() -> None:
    """`after` counts from the step before, `at` from the start, `every` from the last repeat."""
    touch = {"do": "shopify.touch_order", "of": "o1"}
    history = run_scenario(
        story(UNPAID, {**touch, "after": "1m", "times": 3, "every": "10s"}, {**touch, "at": "5m"}),
        project(),
    )

    assert [at for _, at in when(history, EventKind.STEP)] == [0, 60, 70, 80, 300]


def test_a_moment_that_has_passed_is_now() -> None:
    """Steps keep their order even where their times say otherwise."""
    pay = {"do": "shopify.pay_order", "of": "o1", "at": "1m"}
    history = run_scenario(story({**UNPAID, "at": "2m"}, pay), project())

    assert [at for _, at in when(history, EventKind.STEP)] == [120, 120]


@pytest.mark.parametrize(
    ("until", "least", "most"),
    [("90s", 90 * SECOND, 90 * SECOND), ("settled", 45 * MINUTE, HOUR)],
)
def test_a_run_goes_on_as_long_as_it_must(until: str, least: int, most: int) -> None:
    """A given time is kept; `settled` waits for the last promise to be broken, if it is."""
    history = run_scenario(story(until=until), project())
    ((_, ended),) = when(history, EventKind.SETTLED)

    assert least <= ended * SECOND <= most


def test_while_the_integration_is_stopped_nobody_answers() -> None:
    """The sender tries again, and what it tells arrives after the new start."""
    history = run_scenario(
        story(
            UNPAID,
            {"after": "1m", "stop": "integration"},
            {"after": "1m", "do": "shopify.pay_order", "of": "o1"},
            {"after": "2h", "start": "integration"},
            until="3h",
        ),
        project(),
    )
    paid = [exchange for exchange in history.exchanges if exchange.topic == "orders/paid"]

    assert when(history, EventKind.STARTED) == [("started", 0), ("started", 7320)]
    assert {exchange.failure for exchange in paid[:-1]} == {Failure.NO_CONNECTION}
    assert paid[-1].status == 200
    assert [e.status for e in history.exchanges if e.url.endswith("/sales-orders")] == [201]


def test_stopping_what_does_not_run_changes_nothing() -> None:
    """It stopped once."""
    history = run_scenario(story({"stop": "integration"}, {"stop": "integration"}), project())

    assert len(when(history, EventKind.STOPPED)) == 1


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"do": "ups.pick"}, "ups is not simulated here, so nobody can do ups.pick"),
        ({"do": "shopify.dance"}, "shopify has no action 'dance'; it has: add_product"),
        ({"do": "shopify.pay_order"}, "shopify.pay_order: .*no step is named; say with `of`"),
        ({"do": "oms.ship"}, "oms.ship: no step is named; say with `of`"),
        ({"do": "oms.correct_shipment"}, "oms.correct_shipment: no step is named; say with `of`"),
        ({"send": "ups.stock"}, "ups is not simulated here, so it sends nothing"),
        ({"send": "oms.sales_order"}, "send oms.sales_order: oms sends only"),
        ({"send_again": "o9"}, "step 'o9' has sent no webhook"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_a_step_that_nobody_can_take_is_a_problem_at_its_line(
    step: dict[str, str], said: str
) -> None:
    """File, line and step are named, and what there is instead."""
    with pytest.raises(BadInput, match=rf"scenarios/run\.yaml:12:1: when\.1: {said}"):
        run_scenario(story(PLACE, step), project())


def test_a_step_that_made_nothing_is_nothing_to_be_about() -> None:
    """It is named, with those that did make something."""
    pause, pay = {"id": "o2", "stop": "integration"}, {"do": "shopify.pay_order", "of": "o2"}

    with pytest.raises(BadInput) as refused:
        run_scenario(story(PLACE, pause, pay), project())
    (problem,) = refused.value.problems

    assert problem.message == "when.2: step 'o2' made nothing that this one can be about"
    assert (problem.file, problem.hint) == ("scenarios/run.yaml", "known: o1")


@pytest.mark.parametrize(
    ("message", "said"),
    [("ups.stock", "ups is not simulated here"), ("oms.colour", "oms cannot be given 'colour'")],
)
def test_records_that_nobody_can_hold_are_a_problem(message: str, said: str) -> None:
    """The world before is checked before anything happens in it."""
    given = {"records": {message: [{"sku": "A"}]}}

    with pytest.raises(BadInput, match=rf"run\.yaml:5:1: given\.records: {said}"):
        run_scenario(story(given=given), project())


@pytest.mark.parametrize(
    ("create", "said"),
    [
        (lambda *, urls, secrets: urls["nobody"], r"calling .*KeyError: 'nobody' at .*:\d+"),
        (lambda *, urls, secrets: None, "returned NoneType; it must return an ASGI or WSGI"),
    ],
    ids=["raises", "returns nothing"],
)
def test_a_factory_that_fails_is_one_clear_error(
    ours: Callable[[Callable[..., Any]], Project], create: Callable[..., Any], said: str
) -> None:
    """Where it raised is said; there is no history of a run that never began."""
    with pytest.raises(IntegrationError, match=said):
        run_scenario(story(PLACE), ours(create))


def test_without_an_integration_the_setting_is_named() -> None:
    """The message shows what to write where."""
    with pytest.raises(IntegrationError, match=r"names no integration; .*factory = "):
        run_scenario(story(PLACE), with_factory(None))


def test_without_a_path_for_webhooks_the_setting_is_named() -> None:
    """An error inside a system's own work still reaches the person who ran it."""
    settings = project().settings
    deaf = settings.integration.model_copy(update={"receives": {}})
    bare = replace(project(), settings=settings.model_copy(update={"integration": deaf}))

    with pytest.raises(HarnessError, match=r'no path for .shopify.*write shopify = "/path"'):
        run_scenario(story(PLACE), bare)


def test_a_crash_in_the_background_is_seen(
    ours: Callable[[Callable[..., Any]], Project],
) -> None:
    """What nobody awaits is noted with its place, and the run goes on to its end."""

    async def boom() -> None:
        raise KeyError("late")

    async def work() -> None:
        asyncio.get_running_loop().create_task(boom())

    history = run_scenario(story(UNPAID, until="1m"), ours(answering(work)))
    (crash,) = history.events(EventKind.CRASHED)

    assert crash.data["error"] == "KeyError: 'late'"
    assert crash.data["where"].startswith("test_runner.py:")
    assert len(when(history, EventKind.SETTLED)) == 1


def test_a_run_that_never_gets_anywhere_is_stalled(
    ours: Callable[[Callable[..., Any]], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with what repeats for ever, is not settled, and harms no later run."""

    async def restless() -> None:
        while True:
            await asyncio.sleep(0.001)

    async def work() -> None:
        await restless()

    # The real limit of two million moves takes seconds to reach.
    monkeypatch.setattr(runner, "run_virtual", partial(run_virtual, max_jumps=500))
    history = run_scenario(story(UNPAID), ours(answering(work)))
    (stalled,) = history.events(EventKind.STALLED)
    monkeypatch.undo()

    assert "restless" in stalled.data["waiting"]
    assert when(history, EventKind.SETTLED) == []
    assert len(when(run_scenario(story(until="1s"), project()), EventKind.SETTLED)) == 1


def test_the_integration_gets_addresses_and_secrets_of_this_run(
    ours: Callable[[Callable[..., Any]], Project],
) -> None:
    """A base for each system, and secrets that are made up from the seed."""
    got: list[dict[str, dict[str, str]]] = []

    def create(*, urls: dict[str, str], secrets: dict[str, str]) -> Any:
        got.append({"urls": urls, "secrets": secrets})
        return answering(nothing)(urls=urls, secrets=secrets)

    made = ours(create)
    history = run_scenario(story(until="1s"), made)

    assert set(got[0]["urls"]) == {"oms", "ops", "shopify"}
    assert got[0]["secrets"] == made_up_secrets(made, seed=history.header.seed)


def test_made_up_secrets_are_told_apart_and_repeat() -> None:
    """One for each name; the same seed gives the same, another seed others."""
    one, other = made_up_secrets(project(), seed=1), made_up_secrets(project(), seed=2)

    assert one == made_up_secrets(project(), seed=1)
    assert len({*one.values(), *other.values()}) == 2 * len(project().settings.secrets)


def test_only_live_systems_get_real_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment holds for the others stays there."""
    for variable in project().settings.secrets.values():
        monkeypatch.setenv(variable, "real")
    secrets = secrets_of(story(systems={"oms": "live"}), project(), seed=1)

    assert {name for name, value in secrets.items() if value == "real"} == {
        "oms_api_key",
        "oms_webhook_secret",
    }


def test_what_a_system_holds_may_be_changed_on_the_way() -> None:
    """As somebody at its own screen would; a system that holds no such thing says so."""
    changed = {"change": "oms.refused_sku", "with": {"set": {"sku": "MUG-01"}}}
    history = run_scenario(story(changed, PLACE, until="1m"), project())

    assert [e.status for e in history.exchanges if e.receiver == "oms"] == [422]
    with pytest.raises(BadInput, match=r"change oms\.colour: oms cannot be given 'colour'"):
        run_scenario(story({"change": "oms.colour", "with": {}}, until="1m"), project())


@pytest.mark.parametrize(
    ("clock", "written"), [({"ahead": "5m"}, "08:05:00"), ({"behind": "1h"}, "07:00:00")]
)
def test_a_system_may_have_a_clock_that_is_off(clock: dict[str, str], written: str) -> None:
    """What it writes bears its own time; what happened is noted at the real one."""
    history = run_scenario(story(UNPAID, given={"clocks": {"shopify": clock}}), project())
    committed = next(e for e in history.events(EventKind.COMMITTED) if e.system == "shopify")
    assert committed.at == history.header.start
    utc = committed.data["body"]["updated_at"]
    assert (parse_instant(utc) - (committed.at or 0)) // MINUTE in (5, -60)
    assert show_instant(parse_instant(utc))[11:19] == written


def test_a_profile_changes_a_vendor_number() -> None:
    """The number that a scenario gives counts, lengths of time are text, and so is the latency."""
    told = {"profiles": {"shopify": {"bucket_size": 7, "latency": "2s"}}}
    history = run_scenario(story(PLACE, given=told, until="20m"), project())
    call = next(one for one in history.exchanges if one.receiver == "shopify")
    assert call.answer_header("X-Shopify-Shop-Api-Call-Limit") == "1/7"
    assert (call.ended_at or 0) - (call.sent_at or 0) == 2 * SECOND


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"clocks": {"amazon": {"ahead": "1m"}}}, "amazon has a clock or a profile"),
        ({"profiles": {"shopify": {"bucket": 1}}}, "has no number 'bucket'"),
        ({"profiles": {"shopify": {"bucket_size": "many"}}}, "expected int"),
        ({"profiles": {"shopify": {"latency": 1}}}, "latency is 1|a unit"),
    ],
)
def test_a_setting_that_changes_nothing_is_refused(given: dict[str, Any], said: str) -> None:
    """A system that is not played, a number that is not documented, or a value that is none."""
    with pytest.raises(HarnessError, match=said):
        run_scenario(story(PLACE, given=given), project())


@pytest.mark.parametrize("clock", [{}, {"ahead": "1m", "behind": "1m"}, {"ahead": "soon"}])
def test_a_clock_is_ahead_or_behind(clock: dict[str, str]) -> None:
    """Neither, both, or no length of time is refused."""
    with pytest.raises(ValidationError):
        story(PLACE, given={"clocks": {"shopify": clock}})
