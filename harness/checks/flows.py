"""Whether a thing passes a whole chain of contracts in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from harness.checks.accounts import Account, State, account
from harness.checks.docket import Docket, Promise
from harness.checks.dossier import Dossier
from harness.checks.phrases import lasting
from harness.landscape import Flow, Landscape, Message
from harness.mapping import missing, parse_path, read
from harness.messages import key_text
from harness.verdict import Grade, Measure, Severity

DELIVERED = "delivered"
_EXCUSED = (State.NOT_OWED, State.UNDECIDED, State.HELD, State.LAPSED, State.HANDLED)


@dataclass(slots=True)
class _Passage:
    """One thing on its way through a chain: what was accepted of it, contract by contract."""

    first: Account
    begun: int | None
    accounts: dict[str, list[Account]] = field(default_factory=dict)

    @property
    def touched(self) -> bool:
        """Return whether a fault met it anywhere."""
        return any(one.subject.touched for some in self.accounts.values() for one in some)


def judge_flow(flow: Flow, dossiers: Mapping[str, Dossier]) -> Docket:
    """Rule on the end-to-end promise of a flow, from the first event to the last acceptance.

    A thing is followed from each contract to the next by ``links``, else by a field of the same
    name that is the key or unique in one of the two messages. One that was withheld, or that
    failed and was handled as agreed, has left the chain. Errs towards *unproven*: a chain that
    cannot be followed, that is not judged as a whole, or that nothing passed proves nothing.
    """
    docket = Docket({DELIVERED: _promise(flow, dossiers)})
    if flow.delivered is None or any(name not in dossiers for name in flow.chain):
        return docket
    chain = [dossiers[name] for name in flow.chain]
    links = [_link(flow, chain, position) for position in range(1, len(chain))]
    broken = [flow.chain[number + 1] for number, link in enumerate(links) if link is None]
    if broken:
        docket.doubt(
            DELIVERED,
            f"nobody knows which {dossiers[broken[0]].contract.source} belongs to what came before",
            would_prove=f"`links` for {broken[0]} in {flow.file or flow.flow}",
        )
        return docket
    passages = list(_passages(chain, [link for link in links if link is not None]))
    kept: list[tuple[bool, _Passage]] = []
    for passage in passages:
        in_time = _judge(flow, chain, passage, docket)
        if in_time is not None and not passage.touched:
            kept.append((in_time, passage))
    _share(flow, kept, docket)
    docket.idle(DELIVERED, f"nothing passed the chain of {flow.flow}")
    return docket


@dataclass(frozen=True, slots=True)
class _Link:
    """How a source message is found from what an earlier contract of the chain delivered."""

    earlier: str
    source: str
    target: str


def _link(flow: Flow, chain: Sequence[Dossier], position: int) -> _Link | None:
    dossier = chain[position]
    declared = flow.links.get(dossier.contract.contract)
    system = dossier.contract.systems[0]
    for earlier in reversed(chain[:position]):
        if earlier.contract.systems[1] != system:
            continue
        name = earlier.contract.contract
        if declared:
            return next(_Link(name, source, target) for source, target in declared.items())
        shared = _shared(dossier.landscape, earlier.contract.to, dossier.contract.source)
        if shared is not None:
            return _Link(name, shared, shared)
    return None


def _shared(landscape: Landscape, target: str, source: str) -> str | None:
    left, right = landscape.message(target), landscape.message(source)
    names = [left.key, right.key, *_unique(left), *_unique(right)]
    both = landscape.fields(target).keys() & landscape.fields(source).keys()
    return next((name for name in names if name in both), None)


def _unique(message: Message) -> list[str]:
    return sorted(name for name, spec in message.fields.items() if spec.unique)


def _passages(chain: Sequence[Dossier], links: Sequence[_Link]) -> Iterator[_Passage]:
    first = chain[0]
    known = [
        {id(one): account(dossier, one) for one in dossier.subjects.values()} for dossier in chain
    ]
    for one in known[0].values():
        if one.state in _EXCUSED or one.version is None:
            continue
        passage = _Passage(one, one.version.start.at)
        passage.accounts[first.contract.contract] = [one]
        for dossier, link, accounts in zip(chain[1:], links, known[1:], strict=True):
            told = _values(passage.accounts[link.earlier], link.target)
            passage.accounts[dossier.contract.contract] = [
                one for one in accounts.values() if _says(one, link.source) & told
            ]
        yield passage


def _values(accounts: Sequence[Account], path: str) -> set[str]:
    """Return the values that the accepted messages of some sources have at a path."""
    where = parse_path(path)
    return {
        key_text(found)
        for one in accounts
        for attempt in one.subject.attempts
        if attempt.fate.taken and not missing(found := read(where, attempt.sighting.body))
    }


def _says(one: Account, path: str) -> set[str]:
    where = parse_path(path)
    return {
        key_text(found)
        for version in one.subject.versions
        if not missing(found := read(where, version.body))
    }


def _judge(flow: Flow, chain: Sequence[Dossier], passage: _Passage, docket: Docket) -> bool | None:
    """Vote on one thing; return whether it came through in time, None where nobody can tell."""
    assert flow.delivered is not None  # noqa: S101 - otherwise nothing is judged
    name, limit, begun = passage.first.subject.name, flow.delivered.fail, passage.begun
    everything = [one for some in passage.accounts.values() for one in some]
    if any(one.state in (State.HANDLED, State.HELD) for one in everything):
        docket.idle(DELIVERED, f"{name} left the chain as agreed")
        return None
    if begun is None:
        docket.doubt(DELIVERED, "the history holds no times", would_prove="a history with times")
        return None
    owed = {
        contract: [one for one in some if one.state not in _EXCUSED]
        for contract, some in passage.accounts.items()
    }
    open_ = [
        contract
        for contract, some in owed.items()
        if not some or any(one.state is not State.DELIVERED for one in some)
    ]
    endings = [one.ending for some in owed.values() for one in some if one.ending is not None]
    numbers = [number for ending in endings for number in ending.witnesses]
    if open_:
        return _stuck(flow, chain, passage, open_[0], numbers, docket)
    ended = [ending.at for ending in endings]
    if any(at is None for at in ended):
        docket.doubt(DELIVERED, "the history holds no times", would_prove="a history with times")
        return None
    took = max(max(at for at in ended if at is not None) - begun, 0)
    promise = docket.promises[DELIVERED]
    docket.measures.append(
        Measure(promise.id, took, limit, name, faulted=passage.touched, grade=promise.grade)
    )
    if took > limit and flow.delivered.share is None:
        docket.fail(
            DELIVERED,
            cause="late",
            expected=f"{name} passes {flow.flow} within {lasting(limit)}",
            observed=f"it took {lasting(took)}",
            subject=name,
            exchanges=numbers,
        )
    elif flow.delivered.share is None:
        docket.prove(DELIVERED, numbers, f"{name} passed {flow.flow} in {lasting(took)}")
    return took <= limit


def _stuck(
    flow: Flow,
    chain: Sequence[Dossier],
    passage: _Passage,
    contract: str,
    numbers: Sequence[int],
    docket: Docket,
) -> bool | None:
    assert flow.delivered is not None  # noqa: S101
    assert passage.begun is not None  # noqa: S101
    name = passage.first.subject.name
    unknown = any(one.state is State.UNKNOWN for one in passage.accounts[contract])
    if unknown or not chain[0].over(passage.begun + flow.delivered.fail):
        docket.doubt(
            DELIVERED,
            f"{name}: the history ends before it has passed {contract}",
            would_prove=f"a history that follows it to the end of {flow.flow}",
            witnesses=numbers,
        )
        return None
    if flow.delivered.share is None:
        docket.fail(
            DELIVERED,
            cause="stuck",
            expected=f"{name} passes {flow.flow} within {lasting(flow.delivered.fail)}",
            observed=f"it never passed {contract}",
            subject=name,
            exchanges=numbers,
            owner=next(
                one.team("integration") for one in chain if one.contract.contract == contract
            ),
        )
    return False


def _integrator(chain: Sequence[Dossier], contract: str) -> str:
    return next(one.team("integration") for one in chain if one.contract.contract == contract)


def _share(flow: Flow, kept: Sequence[tuple[bool, _Passage]], docket: Docket) -> None:
    if flow.delivered is None or flow.delivered.share is None:
        return
    share = flow.delivered.least
    needed = ceil(1 / (1 - share))
    if len(kept) < needed:
        if kept:
            docket.doubt(
                DELIVERED,
                f"{len(kept)} of the {needed} things it takes to judge a share",
                would_prove=f"{needed} things in one history that no fault touched",
            )
        return
    good = [passage for in_time, passage in kept if in_time]
    said = (
        f"{100 * len(good) / len(kept):.1f}% of {len(kept)} passed within "
        f"{lasting(flow.delivered.fail)}"
    )
    numbers = [
        number
        for _, passage in kept[:25]
        if passage.first.ending is not None
        for number in passage.first.ending.witnesses
    ]
    if len(good) >= share * len(kept):
        docket.prove(DELIVERED, numbers, said)
    else:
        docket.fail(
            DELIVERED,
            cause="share",
            expected=f"{flow.delivered.share} within {lasting(flow.delivered.fail)}",
            observed=said,
            exchanges=numbers,
        )


def _promise(flow: Flow, dossiers: Mapping[str, Dossier]) -> Promise:
    systems = {
        system
        for name in flow.chain
        if name in dossiers
        for system in dossiers[name].contract.systems
    }
    grade = Grade.SIMULATED
    if systems:
        grade = next(iter(dossiers.values())).grade(*sorted(systems))
    return Promise(
        f"{flow.flow}#{DELIVERED}",
        flow.owner,
        Severity.MAJOR,
        "a scenario in which something passes every contract of the chain",
        grade,
    )
