"""W: whether times can be kept at all, worked out step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from harness.align.catalogue import Gap, pair_check, world_check
from harness.align.pair import Pair
from harness.align.world import World
from harness.contract import Bound, Delivered, Retry
from harness.landscape import Call
from harness.timing import show_duration

_RETRIED_4XX: Final = frozenset({"408", "425", "429"})
_FOR_GOOD: Final = re.compile(r"4(\d\d|xx)")


@dataclass(frozen=True, slots=True)
class Worst:
    """The longest that a policy of retries can last, and how that comes about.

    ``total`` is in nanoseconds; ``known`` is false where nobody says how long a call may take, so
    that the calls themselves count for nothing.
    """

    total: int
    steps: tuple[str, ...]
    known: bool


def worst_case(retry: Retry, call: int | None) -> Worst:
    """Return how long all calls and waits of a policy can last at the most.

    ``call`` is the longest that one call is waited for. The policy never begins a call later than
    ``give_up_after``, counted from the first.
    """
    length = call or 0
    begins, steps = 0, [f"call 1 begins at {show_duration(0)}"]
    for attempt in range(2, retry.attempts + 1):
        wait = retry.wait.before(attempt)[1]
        begins += length + wait
        if retry.give_up_after is not None and begins > retry.give_up_after:
            begins = retry.give_up_after
            steps.append(f"gives up at {show_duration(begins)}, before call {attempt}")
            break
        shown = f" + {show_duration(length)} call" if length else ""
        steps.append(
            f"call {attempt} begins at {show_duration(begins)} ({show_duration(wait)} wait{shown})"
        )
    total = begins + length
    steps.append(f"the last call ends at {show_duration(total)} at the latest")
    return Worst(total, tuple(steps), call is not None)


def call_limit(pair: Pair) -> int | None:
    """Return the longest that one call is waited for; None where nobody says."""
    retry, timing = pair.contract.retry, pair.contract.timing
    if retry is not None and retry.timeout is not None:
        return retry.timeout
    return timing.response.fail if timing is not None and timing.response is not None else None


@pair_check(
    "W01",
    "Retries last longer than the promise",
    weight="major",
    means="A message that goes through on its last call is late although everybody kept to the "
    "agreement.",
    mend="Lower `attempts`, the waits, `timeout` or `give_up_after`, or agree on a longer "
    "`never_over`.",
    errs="It takes the longest wait of each step, so it can find what hardly ever happens; where "
    "no timeout of a call is known, calls count for nothing and it can miss.",
)
def retries_fit_the_promise(pair: Pair) -> Iterator[Gap]:
    """Hold the worst case of the retry policy against the limit that binds every message."""
    retry, timing = pair.contract.retry, pair.contract.timing
    if retry is None or timing is None or timing.delivered is None:
        return
    worst, ceiling = worst_case(retry, call_limit(pair)), timing.delivered.ceiling
    if worst.total > ceiling:
        word = "never_over" if timing.delivered.never_over is not None else "fail"
        yield pair.gap(
            "W01",
            "retry",
            f"the retries can last {show_duration(worst.total)}, and `{word}` of delivered is "
            f"{show_duration(ceiling)}",
            place=("retry",),
            others=[pair.place("timing", "delivered", word)],
            arithmetic=worst.steps,
        )


@pair_check(
    "W02",
    "A failure is to be retried, and the retry policy does not know it",
    weight="major",
    means="The message is neither retried nor parked; each side thinks that the other rule holds.",
    mend="List the outcome under `retry.on`, or say what else is done about it.",
    errs="A class such as `5xx` covers its codes; it misses nothing that is written.",
)
def retried_failures_are_listed(pair: Pair) -> Iterator[Gap]:
    """Look for rows that say ``then: retry`` for outcomes that are not tried again."""
    listed = pair.contract.retry.on if pair.contract.retry is not None else ()
    for outcome, rule in pair.contract.failures.items():
        if rule.then not in ("retry", "reread_and_retry") or outcome == "otherwise":
            continue
        if not _covered(outcome, listed):
            known = ", ".join(listed) or "nothing"
            yield pair.gap(
                "W02",
                f"failures.{outcome}",
                f"{outcome} is to be retried; `retry.on` lists {known}",
                place=("failures", outcome),
                others=[pair.place("retry", "on")],
            )


def _covered(outcome: str, listed: tuple[str, ...]) -> bool:
    family = f"{outcome[0]}xx" if outcome[:1].isdigit() else outcome
    throttled = outcome == "429" and "throttled" in listed
    return outcome in listed or family in listed or throttled


@pair_check(
    "W03",
    "An outcome is a success and is tried again",
    weight="major",
    means="Messages that were accepted are sent again, until a limit or a duplicate stops it.",
    mend="Take the outcome out of `retry.on`, or out of the successes.",
    errs="It reads statuses and the target's named answers, not bodies.",
)
def successes_are_not_retried(pair: Pair) -> Iterator[Gap]:
    """Look for retried outcomes that count as accepted."""
    if pair.contract.retry is None:
        return
    answers = pair.target_system.answers
    for outcome in pair.contract.retry.on:
        rule = pair.contract.failures.get(outcome)
        named = answers.get(outcome)
        accepted = (
            outcome[0] == "2"
            or (rule is not None and rule.then == "treat_as_success")
            or (named is not None and named.means == "accepted")
        )
        if accepted:
            yield pair.gap(
                "W03",
                "retry.on",
                f"{outcome} counts as accepted and is tried again",
                place=("retry", "on"),
                others=[pair.place("failures", outcome)] if rule is not None else [],
            )


@pair_check(
    "W04",
    "Limits are in the wrong order",
    weight="major",
    means="A warning comes after the promise is broken, or no message can be late.",
    mend="Order them: `warn` before `fail`, `fail` not after `never_over`.",
    errs="Exact.",
)
def limits_are_in_order(pair: Pair) -> Iterator[Gap]:
    """Hold ``warn``, ``fail`` and ``never_over`` against each other."""
    contract = pair.contract
    bounds: list[tuple[tuple[str, ...], Bound | Delivered | None]] = []
    if contract.timing is not None:
        bounds.append((("timing", "delivered"), contract.timing.delivered))
        bounds.append((("timing", "response"), contract.timing.response))
    if contract.receive is not None:
        bounds.append((("receive", "answered"), contract.receive.answered))
    for path, bound in bounds:
        if bound is not None and bound.warn is not None and bound.warn >= bound.fail:
            yield _order_gap(pair, path, "warn", bound.warn, "fail", bound.fail)
    delivered = contract.timing.delivered if contract.timing is not None else None
    if delivered is not None and delivered.ceiling < delivered.fail:
        path = ("timing", "delivered")
        yield _order_gap(pair, path, "fail", delivered.fail, "never_over", delivered.ceiling)
    fresh = contract.timing.fresh if contract.timing is not None else None
    if fresh is not None and fresh.warn is not None and fresh.warn >= fresh.max_age:
        yield _order_gap(pair, ("timing", "fresh"), "warn", fresh.warn, "max_age", fresh.max_age)


def _order_gap(
    pair: Pair, path: tuple[str, ...], first: str, early: int, second: str, late: int
) -> Gap:
    return pair.gap(
        "W04",
        ".".join(path),
        f"`{first}` is {show_duration(early)} and `{second}` is {show_duration(late)}",
        place=(*path, first),
    )


@pair_check(
    "W05",
    "A call is waited for longer than its answer is promised",
    weight="minor",
    means="A call that broke the promise is still waited for, and the retries come later than "
    "they could.",
    mend="Set `retry.timeout` to the limit of `timing.response`, or agree on a longer answer.",
    errs="Exact, where both are written.",
)
def timeouts_fit_the_answer(pair: Pair) -> Iterator[Gap]:
    """Hold the timeout of a call against the promised answer."""
    retry, timing = pair.contract.retry, pair.contract.timing
    if retry is None or retry.timeout is None or timing is None or timing.response is None:
        return
    if retry.timeout > timing.response.fail:
        yield pair.gap(
            "W05",
            "retry.timeout",
            f"a call is waited for {show_duration(retry.timeout)}, and the target promises an "
            f"answer within {show_duration(timing.response.fail)}",
            place=("retry", "timeout"),
            others=[pair.place("timing", "response", "fail")],
        )


@pair_check(
    "W06",
    "Nothing is said about other failures",
    weight="major",
    means="The first failure that nobody thought of is handled by chance, and nobody is told.",
    mend="Add an `otherwise` row under `failures`.",
    errs="Exact.",
)
def other_failures_are_agreed(pair: Pair) -> Iterator[Gap]:
    """Look for the row that catches what no other row names."""
    if "otherwise" not in pair.contract.failures:
        yield pair.gap(
            "W06",
            "failures",
            "no row of `failures` says what is done `otherwise`",
            place=("failures",),
        )


@pair_check(
    "W07",
    "Polling is too slow for the promise",
    weight="major",
    means="Changes are seen so late that the promise is broken before anything was sent.",
    mend="Poll more often, or promise less.",
    errs="It adds the worst case of each part, so it can find what hardly ever happens.",
)
def polls_are_often_enough(pair: Pair) -> Iterator[Gap]:
    """Add the poll interval and the vendor's lag, and hold them against what is promised."""
    contract = pair.contract
    if contract.receive is None or contract.receive.every is None or contract.timing is None:
        return
    every, missed = contract.receive.every, contract.receive.missed_after
    lag = _lag(pair)
    answer = contract.timing.response.fail if contract.timing.response is not None else 0
    steps = [f"{missed} x {show_duration(every)} until the next poll that works"]
    steps += [f"+ {show_duration(lag)} that the list stays behind the present"] if lag else []
    steps += [f"+ {show_duration(answer)} for one call to the target"] if answer else []
    total = every * missed + lag + answer
    steps.append(f"= {show_duration(total)}")
    promises = []
    if contract.timing.delivered is not None:
        promises.append(("timing.delivered", "fail", contract.timing.delivered.fail))
    if contract.timing.fresh is not None:
        promises.append(("timing.fresh", "max_age", contract.timing.fresh.max_age))
    for at, word, limit in promises:
        if total > limit:
            yield pair.gap(
                "W07",
                at,
                f"a change is delivered {show_duration(total)} after it happened at the worst, "
                f"and `{word}` is {show_duration(limit)}",
                place=("receive", "every"),
                others=[pair.place(*at.split("."), word)],
                arithmetic=steps,
            )


def _lag(pair: Pair) -> int:
    message = pair.source_message
    windows = [
        way.window.behind or 0
        for way in (message.carried_by.values() if message is not None else ())
        if isinstance(way, Call) and way.window is not None
    ]
    return max(windows, default=0)


@pair_check(
    "W08",
    "The sender gives up before the target is back",
    weight="major",
    means="Every planned maintenance loses messages for good.",
    mend="Park what cannot be delivered (`parked`), poll beside the webhooks, or shorten the "
    "maintenance.",
    errs="It trusts `parked` to hold messages as long as it takes.",
)
def somebody_holds_messages_over_maintenance(pair: Pair) -> Iterator[Gap]:
    """Hold the sender's patience against the planned maintenance of the target."""
    contract, away = pair.contract, pair.target_system.maintenance
    if away is None or contract.receive is None or contract.receive.style != "webhook":
        return
    resends = pair.source_system.resends
    if resends is None or contract.parked is not None:
        return
    patience = [resends.over]
    if contract.retry is not None:
        patience.append(worst_case(contract.retry, call_limit(pair)).total)
    if max(patience) < away.lasts:
        source, target = contract.systems
        yield pair.gap(
            "W08",
            "parked",
            f"{target} is away for up to {show_duration(away.lasts)}; {source} sends a webhook "
            f"again for {show_duration(resends.over)}, and nothing parks it",
            place=("receive",),
            others=[
                pair.system_place(source, "resends"),
                pair.system_place(target, "maintenance"),
            ],
        )


@pair_check(
    "W09",
    "Retries all come at once, or never",
    weight="minor",
    means="A target that recovers is hit by everybody at the same moment, or is never tried again.",
    mend="Let the waits grow (`factor`), spread them (`jitter`), and allow more than one call.",
    errs="Two calls need no growing wait.",
)
def retries_back_off(pair: Pair) -> Iterator[Gap]:
    """Look for retries without growing or spread waits."""
    retry = pair.contract.retry
    if retry is None:
        return
    if retry.attempts == 1:
        yield pair.gap(
            "W09",
            "retry.attempts",
            f"`attempts: 1` retries nothing, and `on` lists {', '.join(retry.on)}",
            place=("retry", "attempts"),
        )
    elif retry.attempts > 2 and (retry.wait.factor == 1 or retry.wait.jitter == "none"):
        lacks = "do not grow" if retry.wait.factor == 1 else "are the same for everybody"
        yield pair.gap(
            "W09",
            "retry.wait",
            f"the waits between {retry.attempts} calls {lacks}",
            place=("retry", "wait"),
        )


@pair_check(
    "W10",
    "Both sides retry the same message",
    weight="minor",
    means="One outage multiplies the load: each repeated webhook starts the whole series of calls.",
    mend="Answer the webhook before the target is called (`receive.answered` shorter than the "
    "retries), or let one side alone retry.",
    errs="It believes an `answered` promise that is shorter than the retries.",
)
def one_side_retries(pair: Pair) -> Iterator[Gap]:
    """Multiply the attempts of the sender by those of the integration."""
    contract, resends = pair.contract, pair.source_system.resends
    if contract.receive is None or contract.receive.style != "webhook" or resends is None:
        return
    if contract.retry is None or contract.retry.attempts == 1 or resends.attempts == 1:
        return
    answered = contract.receive.answered
    worst = worst_case(contract.retry, call_limit(pair))
    if answered is not None and answered.fail < worst.total:
        return
    times = resends.attempts * contract.retry.attempts
    yield pair.gap(
        "W10",
        "retry.attempts",
        f"{resends.attempts} webhooks x {contract.retry.attempts} calls are {times} calls for one "
        "message",
        place=("retry", "attempts"),
        others=[pair.system_place(contract.systems[0], "resends")],
    )


@world_check(
    "W11",
    "A chain cannot keep its end-to-end promise",
    weight="major",
    means="Every contract of the chain is kept, and the customer still waits too long.",
    mend="Shorten the promises of the contracts, or agree on a longer one for the flow.",
    errs="It adds the worst of each contract; a contract without a promise counts for nothing.",
)
def flows_fit_their_promise(world: World) -> Iterator[Gap]:
    """Add the deliveries of a chain, and multiply their shares."""
    for flow in world.flows:
        if flow.delivered is None:
            continue
        total, steps, share = 0, [], Fraction(1)
        for name in flow.chain:
            pair = world.pair(name)
            timing = pair.contract.timing if pair is not None else None
            if timing is None or timing.delivered is None:
                steps.append(f"{name}: no promise")
                continue
            total += timing.delivered.fail
            share *= timing.delivered.share or 1
            steps.append(f"{name}: + {show_duration(timing.delivered.fail)}")
        steps.append(f"= {show_duration(total)} of {show_duration(flow.delivered.fail)}")
        places = [world.where("flow", flow.flow, ("delivered",))]
        pairs = [world.pair(name) for name in flow.chain]
        blocking = all(pair is None or pair.contract.blocking for pair in pairs)
        if total > flow.delivered.fail:
            yield world.gap(
                "W11",
                flow.flow,
                "delivered",
                f"the contracts add up to {show_duration(total)}, and the flow promises "
                f"{show_duration(flow.delivered.fail)}",
                places=places,
                owner=flow.owner,
                blocking=blocking,
                arithmetic=steps,
            )
        if flow.delivered.share is not None and share < _percentage(flow.delivered.share):
            yield world.gap(
                "W11",
                flow.flow,
                "delivered.share",
                f"the shares of the contracts leave {float(share * 100):.2f}% in time, and the "
                f"flow promises {flow.delivered.share}",
                places=places,
                owner=flow.owner,
                blocking=blocking,
            )


def _percentage(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / 100


@world_check(
    "W12",
    "More is planned than the target takes",
    weight="major",
    means="At the peak the target throttles, queues grow, and every promise about time breaks.",
    mend="Agree on a higher limit, send batches, or plan the peak differently.",
    errs="One message is taken for one call; retries and reads come on top.",
)
def peaks_fit_the_limits(world: World) -> Iterator[Gap]:
    """Add the volumes of all contracts into a system, and hold them against its limit."""
    for name, system in world.landscape.systems.items():
        if system.limits is None:
            continue
        allowed = Fraction(system.limits.calls, system.limits.per)
        loads = [
            (pair, Fraction(pair.contract.volume.messages, pair.contract.volume.per))
            for pair in world.pairs
            if pair.contract.systems[1] == name and pair.contract.volume is not None
        ]
        total = sum((load for _, load in loads), Fraction(0))
        if total > allowed:
            steps = [f"{pair.contract.contract}: {_rate(load)}" for pair, load in loads]
            yield world.gap(
                "W12",
                name,
                "limits",
                f"{_rate(total)} are planned, and {name} takes {_rate(allowed)}",
                places=[
                    world.where("system", name, ("limits",)),
                    *(pair.place("volume") for pair, _ in loads),
                ],
                owner=system.owner,
                arithmetic=[*steps, f"= {_rate(total)} of {_rate(allowed)}"],
                blocking=any(pair.contract.blocking for pair, _ in loads),
            )


def _rate(load: Fraction) -> str:
    return f"{float(load * 1_000_000_000):.3g} calls a second"


@pair_check(
    "W13",
    "A refusal is tried again",
    weight="major",
    means="The same wrong message is sent again and again, and nobody is there to mend it.",
    mend="Take 4xx out of `retry.on`; only 408, 425 and 429 can go well the next time.",
    errs="A named answer is believed to mean what the target says of it.",
)
def refusals_are_not_retried(pair: Pair) -> Iterator[Gap]:
    """Look for refusals under ``retry.on``."""
    if pair.contract.retry is None:
        return
    answers = pair.target_system.answers
    for outcome in pair.contract.retry.on:
        named = answers.get(outcome)
        rule = pair.contract.failures.get(outcome)
        if rule is not None and rule.then == "reread_and_retry":
            continue  # another message is sent then
        refused = _FOR_GOOD.fullmatch(outcome) is not None and outcome not in _RETRIED_4XX
        if refused or (named is not None and named.means == "rejected"):
            yield pair.gap(
                "W13",
                "retry.on",
                f"{outcome} is a refusal, and trying again does not change the message",
                place=("retry", "on"),
            )


@world_check(
    "W14",
    "A promise about time that nobody has tried",
    weight="note",
    means="Whether it is kept is found out by the first customer.",
    mend="Write a scenario that exercises it, and run it.",
    errs="It knows the last full run alone; without one it says nothing.",
)
def promises_are_tried(world: World) -> Iterator[Gap]:
    """Look for promises about time that no scenario of the last run exercised."""
    if world.covered is None:
        return
    for pair in world.pairs:
        for clause in pair.contract.clauses():
            if clause.family == "timing" and not clause.attested and clause.id not in world.covered:
                yield pair.gap(
                    "W14",
                    clause.path,
                    f"no scenario has exercised it: {clause.text}",
                    place=tuple(clause.path.split(".")),
                )
