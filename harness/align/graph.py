"""G: what shows only when all contracts are looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.align.catalogue import Gap, world_check
from harness.align.pair import Pair, RuleView
from harness.align.world import World
from harness.landscape import Call, Message, Webhook

_COARSER = ("round", "truncate", "date_only")


@world_check(
    "G01",
    "A message that nobody sends, or that nobody uses",
    weight="minor",
    means="The contract waits for something that never comes; or something comes, and is lost.",
    mend="Say under `carried_by` how the message travels, or take it out of the system's file.",
    errs="It believes the systems' files: a way that is not written does not exist.",
)
def messages_have_two_ends(world: World) -> Iterator[Gap]:
    """Look for sources that never leave, targets that cannot be sent, and leftovers."""
    for pair in world.pairs:
        if pair.source_message is not None and not _leaves(pair.source_message):
            yield pair.gap(
                "G01",
                "from",
                f"{pair.contract.source} travels in no webhook and in no answer: nobody sends it",
                place=("from",),
                others=[pair.side(pair.contract.source)],
                owner="source",
                weight="major",
            )
        if pair.target_message is not None and not _enters(pair.target_message):
            yield pair.gap(
                "G01",
                "to",
                f"{pair.contract.to} travels in no request: it cannot be sent",
                place=("to",),
                others=[pair.side(pair.contract.to)],
                owner="target",
                weight="major",
            )
    used = _used(world)
    for name in world.landscape.messages():
        system = name.partition(".")[0]
        if name not in used and world.landscape.systems[system].kind != "alerting":
            yield world.gap(
                "G01",
                system,
                f"messages.{name.partition('.')[2]}",
                f"no contract uses {name}",
                places=[world.where("system", system, ("messages", name.partition(".")[2]))],
                owner=world.landscape.systems[system].owner,
                weight="note",
                blocking=False,
            )


def _leaves(message: Message) -> bool:
    return any(
        isinstance(way, Webhook) or way.response is not None for way in message.carried_by.values()
    )


def _enters(message: Message) -> bool:
    return any(
        isinstance(way, Call) and way.request is not None for way in message.carried_by.values()
    )


def _used(world: World) -> set[str]:
    used: set[str] = set()
    for contract in world.contracts:
        used |= {contract.source, contract.to, *(join.name for join in contract.joins())}
        if contract.after is not None:
            used.add(contract.after)
        if contract.parked is not None:
            used.add(contract.parked.to)
        for state in contract.state.values():
            words = state.what.split()
            used.add(words[1] if len(words) > 1 else state.what)
    for system, spec in world.landscape.systems.items():
        used |= {
            f"{system}.{answer.decided_by.message}".replace(f"{system}.{system}.", f"{system}.")
            for answer in spec.answers.values()
            if answer.decided_by is not None
        }
        used |= {f"{system}.{name}" for name, one in spec.messages.items() if one.tells}
    return used


@world_check(
    "G02",
    "Two contracts write the same field of the same thing",
    weight="major",
    means="Whichever comes last wins, and nobody knows which that is.",
    mend="Leave the field to one contract, or separate the two by `when`.",
    errs="Two sources that each bring keys of their own are taken to write different things; two "
    "conditions are told apart only where they name different values of the same field.",
)
def one_writer_of_each_field(world: World) -> Iterator[Gap]:
    """Look for pairs of contracts that fill the same field of the same message or record."""
    pairs = sorted(world.pairs, key=lambda pair: pair.contract.contract)
    for index, left in enumerate(pairs):
        for right in pairs[index + 1 :]:
            if left.contract.to != right.contract.to or not _same_things(left, right):
                continue
            shared = sorted(_written(left) & _written(right))
            if not shared:
                continue
            yield left.gap(
                "G02",
                f"fields.{shared[0]}",
                f"{left.contract.contract} and {right.contract.contract} both write "
                f"{', '.join(shared[:5])} of {left.contract.to}",
                place=("fields", shared[0]),
                others=[right.place("fields", shared[0])],
                owner="target",
            )


def _written(pair: Pair) -> set[str]:
    keys = set(pair.target_keys)
    return {
        view.target
        for view in pair.rules
        if view.target not in keys and not view.is_row_key and view.feeds
    }


def _same_things(left: Pair, right: Pair) -> bool:
    if left.contract.sent_by != right.contract.sent_by:
        return False
    if _apart(left.contract.when, right.contract.when):
        return False
    if left.contract.source == right.contract.source:
        return True
    return not (_own_keys(left) and _own_keys(right))


def _own_keys(pair: Pair) -> bool:
    """Return whether the key of the target comes from the key of the source."""
    fed = [view for view in pair.rules if view.target in pair.target_keys]
    if not fed:
        return True  # the target numbers its own things
    return any(feed.path in pair.source_keys for view in fed for feed in view.feeds)


def _apart(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> bool:
    if left is None or right is None:
        return False
    return any(
        _values(left[path]).isdisjoint(_values(right[path]))
        for path in left
        if path in right and _values(left[path]) and _values(right[path])
    )


def _values(condition: Any) -> set[str]:
    if isinstance(condition, Mapping):
        listed = condition.get("in")
        return set(map(str, listed)) if isinstance(listed, (list, tuple)) else set()
    if isinstance(condition, (list, tuple)):
        return set(map(str, condition))
    return {str(condition)}


@world_check(
    "G03",
    "A loop without a stop",
    weight="blocker",
    means="One change goes round and round: each system answers the other's echo.",
    mend="Give one contract of the loop a `when` that leaves out what came from the other side, "
    "or `updates` that lets only a newer version through.",
    errs="Any `when` or `updates` in the loop counts as a stop, whether it stops or not.",
)
def loops_have_a_stop(world: World) -> Iterator[Gap]:
    """Walk from message to message, and back."""
    after: dict[str, list[Pair]] = {}
    for pair in world.pairs:
        after.setdefault(pair.contract.source, []).append(pair)
    reported: set[frozenset[str]] = set()
    for start in world.pairs:
        for loop in _loops(start, after, world):
            names = frozenset(pair.contract.contract for pair in loop)
            if names in reported:
                continue
            reported.add(names)
            if any(pair.contract.when or pair.contract.updates for pair in loop):
                continue
            first = loop[0]
            chain = " -> ".join(
                [*(pair.contract.contract for pair in loop), first.contract.contract]
            )
            yield first.gap(
                "G03",
                "from",
                f"{chain} goes in a circle, and nothing stops it",
                place=("from",),
                others=[pair.place("from") for pair in loop[1:]],
            )


def _loops(start: Pair, after: Mapping[str, list[Pair]], world: World) -> Iterator[list[Pair]]:
    paths = [[start]]
    while paths:
        path = paths.pop()
        for name in _shown_as(path[-1].contract.to, world):
            for following in after.get(name, ()):
                if following is start:
                    yield path
                elif following not in path and len(path) < len(world.pairs):
                    paths.append([*path, following])


def _shown_as(name: str, world: World) -> list[str]:
    """Return the messages and records in which what was written can be seen again."""
    system, _, rest = name.partition(".")
    spec = world.landscape.systems[system]
    records = set(spec.messages[rest].tells) if rest in spec.messages else {rest}
    telling = [
        f"{system}.{other}"
        for other, message in spec.messages.items()
        if records & set(message.tells)
    ]
    held = [f"{system}.{record}" for record in sorted(records) if record in spec.records]
    return list(dict.fromkeys([name, *telling, *held]))


@world_check(
    "G04",
    "A message that has ended",
    weight="blocker",
    means="The system no longer sends or takes it; from that day on everything fails.",
    mend="Move the contract to the message that replaces it.",
    errs="It needs a day (`as_of`); without one nothing has ended.",
)
def messages_are_still_there(world: World) -> Iterator[Gap]:
    """Look for messages whose last day has come."""
    for pair in world.pairs:
        for key, name, message in (
            ("from", pair.contract.source, pair.source_message),
            ("to", pair.contract.to, pair.target_message),
        ):
            if message is None or message.sunset is None or not world.today:
                continue
            if message.sunset <= world.today:
                yield pair.gap(
                    "G04",
                    key,
                    f"{name} ended on {message.sunset}",
                    place=(key,),
                    others=[pair.side(name)],
                    owner="source" if key == "from" else "target",
                )


@world_check(
    "G05",
    "The vendor's description has changed",
    weight="major",
    means="Fields may have come, gone or changed their meaning since they were read.",
    mend="Import the message again (`golive import`), and look at what changed (`golive diff`).",
    errs="Any change of the vendor's file counts, also one of another message.",
)
def descriptions_are_current(world: World) -> Iterator[Gap]:
    """Hold the digest of each vendor file against what it was when it was imported."""
    for name, message in world.landscape.messages().items():
        if message.imported is None:
            continue
        now = world.digests.get(message.imported.file)
        if now == message.imported.sha256:
            continue
        system, _, short = name.partition(".")
        said = "is not there any more" if now is None else "is not what was imported"
        yield world.gap(
            "G05",
            system,
            f"messages.{short}.imported",
            f"{message.imported.file}, from which {name} was taken, {said}",
            places=[world.where("system", system, ("messages", short, "imported"))],
            owner=world.landscape.systems[system].owner,
            blocking=any(
                name in (pair.contract.source, pair.contract.to) and pair.contract.blocking
                for pair in world.pairs
            ),
        )


@world_check(
    "G06",
    "Precision, length or zone is lost over two hops",
    weight="major",
    means="Each contract keeps its own promise, and the last system holds another value than the "
    "first.",
    mend="Carry the value in full to the last hop, and round or cut it there, once.",
    errs="It follows a field that both contracts name alike; one that changes its name between "
    "two messages of the same system is not followed.",
)
def nothing_is_lost_over_two_hops(world: World) -> Iterator[Gap]:
    """Follow each field through two contracts, and look for what both of them take away."""
    by_source: dict[str, list[Pair]] = {}
    for pair in world.pairs:
        by_source.setdefault(pair.contract.systems[0], []).append(pair)
    for first in world.pairs:
        for second in by_source.get(first.contract.systems[1], ()):
            if second is not first and second.contract.object == first.contract.object:
                yield from _two_hops(first, second)


def _two_hops(first: Pair, second: Pair) -> Iterator[Gap]:
    onward: dict[str, list[RuleView]] = {}
    for view in second.rules:
        if view.feed is not None and view.feed.message == second.contract.source:
            onward.setdefault(view.feed.path, []).append(view)
    for view in first.rules:
        for following in onward.get(view.target, ()):
            lost = _lost(view, following)
            if lost:
                yield second.rule_gap(
                    "G06",
                    following,
                    f"{lost}, by {first.contract.contract} and again by {second.contract.contract}",
                    owner="business",
                )


def _lost(first: RuleView, second: RuleView) -> str:
    start = first.feed.spec if first.feed is not None else None
    middle, end = first.spec, second.spec
    if start is None or middle is None or end is None:
        return ""
    if _falls(start.decimals, middle.decimals, end.decimals):
        return f"{start.decimals} decimals become {middle.decimals}, then {end.decimals}"
    if _falls(start.max, middle.max, end.max):
        return f"{start.max} characters become {middle.max}, then {end.max}"
    if (start.type, middle.type, end.type) == ("instant", "date", "instant"):
        return "an instant becomes a day, then an instant again"
    coarse = [any(word in view.stages for word in _COARSER) for view in (first, second)]
    if start.unit and start.unit == end.unit != middle.unit and any(coarse):
        return f"{start.unit} becomes {middle.unit} and {end.unit} again, rounded on the way"
    return ""


def _falls(start: int | None, middle: int | None, end: int | None) -> bool:
    return start is not None and middle is not None and end is not None and start > middle > end
