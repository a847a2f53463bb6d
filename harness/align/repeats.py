"""I: whether repeats are told apart, and late versions from new ones."""

from __future__ import annotations

from collections.abc import Iterator

from harness.align.catalogue import Gap, pair_check
from harness.align.pair import Pair, RuleView
from harness.align.timing import call_limit, worst_case
from harness.landscape import Answer, Call, FieldSpec, Webhook
from harness.timing import show_duration


def _creates(pair: Pair) -> bool:
    """Return whether the message is sent by a method that does its work again when repeated."""
    message = pair.target_message
    if message is None or _sets_the_same(pair):
        return False
    return any(
        isinstance(way, Call) and way.request is not None and way.request.startswith("POST ")
        for way in message.carried_by.values()
    )


def _sets_the_same(pair: Pair) -> bool:
    """Return whether a repeat sets the same figures again, and several messages are agreed."""
    told = pair.target_message.tells.values() if pair.target_message is not None else ()
    several = pair.contract.expect == "one_or_more"
    return several and bool(told) and not any(one.add or one.subtract for one in told)


def _told_apart(pair: Pair) -> bool:
    """Return whether the target sees a repeat by itself."""
    return pair.contract.idempotency is not None or bool(_taken_for_done(pair))


def _taken_for_done(pair: Pair) -> dict[str, Answer | None]:
    """Return the outcomes that say that it is there already: 409, and answers with a name."""
    answers = pair.target_system.answers
    return {
        outcome: answers.get(outcome)
        for outcome, rule in pair.contract.failures.items()
        if rule.then == "treat_as_success" and (outcome == "409" or outcome in answers)
    }


def _can_be_read(pair: Pair) -> bool:
    """Return whether the target shows the message, so that somebody can look before sending."""
    ways = pair.target_message.carried_by.values() if pair.target_message is not None else ()
    return any(isinstance(way, Call) and way.response is not None for way in ways)


def _unless_looked(pair: Pair) -> str:
    return ", unless the integration looks first" if _can_be_read(pair) else ""


@pair_check(
    "I01",
    "A creating call is repeated without a key",
    weight="blocker",
    means="A lost answer makes two orders of one: two parcels, two invoices.",
    mend="Agree on `idempotency`, or on an answer (409) that says that it is there already.",
    errs="It takes POST for a creating call, save where `expect: one_or_more` is agreed and the "
    "message only sets figures. Where the target can be read first, it is minor.",
)
def repeated_calls_carry_a_key(pair: Pair) -> Iterator[Gap]:
    """Look for retried POST requests that the target cannot tell from new ones."""
    retry = pair.contract.retry
    if retry is not None and retry.attempts > 1 and _creates(pair) and not _told_apart(pair):
        yield pair.gap(
            "I01",
            "idempotency",
            f"{pair.contract.to} is sent up to {retry.attempts} times, and nothing tells a repeat "
            f"from a new one{_unless_looked(pair)}",
            place=("retry",),
            others=[pair.side(pair.contract.to)],
            weight="minor" if _can_be_read(pair) else None,
        )


@pair_check(
    "I02",
    "The key is forgotten before the last repeat",
    weight="blocker",
    means="The last retry of a long outage makes a second order.",
    mend="Let the target remember keys longer, or stop repeating sooner.",
    errs="It takes the longest wait of each step, and the webhooks that come again.",
)
def keys_live_long_enough(pair: Pair) -> Iterator[Gap]:
    """Hold the lifetime of a key against the last possible repeat."""
    contract = pair.contract
    if contract.idempotency is None or _taken_for_done(pair):
        return
    lifetimes = [
        (contract.idempotency.remembered, pair.place("idempotency", "remembered")),
        (
            pair.target_system.remembers_keys,
            pair.system_place(contract.systems[1], "remembers_keys"),
        ),
    ]
    known = [(life, place) for life, place in lifetimes if life is not None]
    if not known:
        return
    life, place = min(known)
    last, steps = 0, []
    if contract.retry is not None:
        last = worst_case(contract.retry, call_limit(pair)).total
        steps.append(f"retries last {show_duration(last)}")
    resends = pair.source_system.resends
    if resends is not None and contract.receive is not None and contract.receive.style == "webhook":
        last += resends.over
        steps.append(f"+ {show_duration(resends.over)} in which webhooks come again")
    if last > life:
        steps.append(f"= {show_duration(last)} of {show_duration(life)}")
        yield pair.gap(
            "I02",
            "idempotency.remembered",
            f"a key lives {show_duration(life)}, and a repeat can come after {show_duration(last)}",
            place=("idempotency",),
            others=[place],
            arithmetic=steps,
        )


@pair_check(
    "I03",
    "Events may come twice, and nothing makes them count once",
    weight="blocker",
    means="A webhook that is delivered twice makes two orders.",
    mend="Agree on `idempotency`, or on an answer (409) that says that it is there already.",
    errs="As I01; a PUT to the address of the thing itself counts once by nature.",
)
def repeated_events_count_once(pair: Pair) -> Iterator[Gap]:
    """Look for ``at_least_once`` without anything that tells repeats apart."""
    receive = pair.contract.receive
    if receive is None or receive.delivery != "at_least_once":
        return
    if _creates(pair) and not _told_apart(pair):
        yield pair.gap(
            "I03",
            "receive.delivery",
            f"{pair.contract.source} may come twice, and each time a {pair.contract.to} is made"
            f"{_unless_looked(pair)}",
            place=("receive", "delivery"),
            others=[pair.side(pair.contract.to)],
            weight="minor" if _can_be_read(pair) else None,
        )


@pair_check(
    "I04",
    "The key may be missing, or does not tell one from another",
    weight="major",
    means="Messages without it are never recognised, or two different ones are taken for one.",
    mend="Make the key of fields that are always there and that nothing shortens.",
    errs="Whether a field is unique it sees only by its kind: a flag or a listed value is not.",
)
def keys_tell_messages_apart(pair: Pair) -> Iterator[Gap]:
    """Look at the fields that the key is made of."""
    if pair.contract.idempotency is None:
        return
    views = {view.target: view for view in pair.rules}
    parts = [views[key] for key in pair.contract.idempotency.key if key in views]
    for view in parts:
        lossy = [s for s in view.pipe.stages if s.entry.lossy] if view.pipe is not None else []
        feed = view.feed
        spec = feed.spec if feed is not None else None
        optional = spec is not None and (spec.required == "optional" or spec.nullable)
        if lossy:
            yield pair.rule_gap("I04", view, f"`{lossy[0]}` makes different keys the same")
        elif optional and view.rule.if_missing not in ("park", "fail"):
            yield pair.rule_gap("I04", view, f"{view.feeds[0].path} may be missing")
    if parts and len(parts) == len(pair.contract.idempotency.key) and all(map(_common, parts)):
        yield pair.gap(
            "I04",
            "idempotency.key",
            f"many messages share the same {', '.join(pair.contract.idempotency.key)}",
            place=("idempotency", "key"),
        )


def _common(view: RuleView) -> bool:
    spec = view.feed.spec if view.feed is not None else None
    listed = spec is not None and (spec.enum is not None or spec.type in ("boolean", "date"))
    return "fixed" in view.rule.model_fields_set or view.value_map is not None or listed


@pair_check(
    "I05",
    "Versions cannot be put in order",
    weight="major",
    means="Two changes within one second arrive in the wrong order, and the older one stays.",
    mend="Order by a counter or a finer time, and send it along.",
    errs="It needs `precision` or `type: date` in the source's file. A version that is not sent "
    "is minor where `guard` is agreed.",
)
def versions_can_be_ordered(pair: Pair) -> Iterator[Gap]:
    """Look at the field that orders the versions."""
    updates = pair.contract.updates
    if updates is None:
        return
    feed = pair.feed(updates.by)
    finest = _finest(feed.spec)
    if finest in ("day", "minute", "second"):
        yield pair.gap(
            "I05",
            "updates.by",
            f"{feed.path} tells the {finest}, and two changes can share one",
            place=("updates", "by"),
            others=[pair.side(feed.message, feed.path)],
        )
    version = (feed.message, feed.path)
    sent = any(version == (one.message, one.path) for view in pair.rules for one in view.feeds)
    if updates.show == "latest" and not sent:
        guard = pair.contract.guard
        looked = (
            f"; the source is read at most {show_duration(guard.seen_within)} before"
            if guard
            else ""
        )
        yield pair.gap(
            "I05",
            "updates.show",
            f"the target is to show the latest version and never receives {feed.path}{looked}",
            place=("updates",),
            weight=None if guard is None else "minor",
        )


def _finest(spec: FieldSpec | None) -> str | None:
    if spec is None:
        return None
    return "day" if spec.type == "date" else spec.precision


@pair_check(
    "I06",
    "The source changes, and nothing is said about late versions",
    weight="minor",
    means="An older version that arrives late overwrites the newer one.",
    mend="Say under `updates` which field orders the versions, and which one the target shows.",
    errs="It takes a message with a `version` that comes by webhook for one that changes.",
)
def late_versions_are_agreed(pair: Pair) -> Iterator[Gap]:
    """Look for changing sources without ``updates``."""
    message = pair.source_message
    if message is None or message.version is None or pair.contract.updates is not None:
        return
    if any(isinstance(way, Webhook) for way in message.carried_by.values()):
        yield pair.gap(
            "I06",
            "updates",
            f"{pair.contract.source} has versions ({message.version}), and `updates` is not said",
            place=("from",),
            others=[pair.side(pair.contract.source)],
        )


@pair_check(
    "I07",
    "A conflict is taken for success unseen",
    weight="minor",
    means="What is there already may be another order under the same number.",
    mend="Let the integration read it and compare; describe the answer that shows it.",
    errs="It trusts that an answer that can be read is read.",
)
def conflicts_are_looked_at(pair: Pair) -> Iterator[Gap]:
    """Look for conflicts that count as success where the target shows nothing to compare."""
    if pair.target_message is None or _can_be_read(pair):
        return
    for outcome, answer in _taken_for_done(pair).items():
        if outcome == "409" or (answer is not None and _is_conflict(answer)):
            yield pair.gap(
                "I07",
                f"failures.{outcome}",
                f"{outcome} counts as success, and no answer of {pair.contract.systems[1]} shows "
                f"{pair.contract.to}",
                place=("failures", outcome),
                others=[pair.side(pair.contract.to)],
            )


def _is_conflict(answer: Answer) -> bool:
    status = answer.when.get("status")
    return 409 in (status if isinstance(status, (list, tuple)) else (status,))
