"""O: whether everybody who must act is named, knows of it, and can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from harness.align.catalogue import Gap, loading_check, pair_check
from harness.align.pair import Pair
from harness.timing import show_duration

loading_check(
    "O01",
    "An owner is missing",
    weight="blocker",
    means="When it breaks, nobody feels responsible.",
    mend="Name all four under `owners`: business, source, target, integration.",
    errs="Exact: a contract without them cannot be read.",
)


@pair_check(
    "O02",
    "The contract and the system name different owners",
    weight="major",
    means="The wrong team is called at night, and the right one does not know of the agreement.",
    mend="Ask both teams, and write the one that answers in both files.",
    errs="It compares names; a team may well act for another on purpose.",
)
def sides_agree_on_owners(pair: Pair) -> Iterator[Gap]:
    """Hold the owners of a contract against those of its systems."""
    owners = pair.contract.owners
    for role, said, system in (
        ("source", owners.source, pair.source_system),
        ("target", owners.target, pair.target_system),
    ):
        if said != system.owner:
            yield pair.gap(
                "O02",
                f"owners.{role}",
                f"the contract names {said} for its {role}, and {system.system} belongs to "
                f"{system.owner}",
                place=("owners", role),
                others=[pair.system_place(system.system, "owner")],
                owner="business",
            )


@pair_check(
    "O03",
    "Nobody is called when nobody acts",
    weight="minor",
    means="A broken promise waits until somebody happens to look.",
    mend="Add `owners.escalation`: after how long, whom, and how.",
    errs="Exact.",
)
def somebody_is_called(pair: Pair) -> Iterator[Gap]:
    """Look for an escalation."""
    if not pair.contract.owners.escalation:
        yield pair.gap(
            "O03",
            "owners.escalation",
            "no step of an escalation is agreed",
            place=("owners",),
            owner="business",
        )


@pair_check(
    "O04",
    "An escalation comes too late or out of order",
    weight="minor",
    means="People are called when the promise is broken already, or the last one first.",
    mend="Order the steps by `after`, and begin before the last limit has passed.",
    errs="It takes `never_over` (or `fail`) of delivered for the moment when it is too late.",
)
def escalations_are_in_time(pair: Pair) -> Iterator[Gap]:
    """Hold the steps against each other and against the promise."""
    steps = pair.contract.owners.escalation
    times = [step.after for step in steps]
    if times != sorted(times):
        shown = ", ".join(show_duration(time) for time in times)
        yield pair.gap(
            "O04",
            "owners.escalation",
            f"the steps come after {shown}",
            place=("owners", "escalation"),
            owner="business",
        )
        return
    timing = pair.contract.timing
    if not steps or timing is None or timing.delivered is None:
        return
    if steps[0].after > timing.delivered.ceiling:
        yield pair.gap(
            "O04",
            "owners.escalation",
            f"the first step comes after {show_duration(steps[0].after)}, and a message may last "
            f"{show_duration(timing.delivered.ceiling)} at the most",
            place=("owners", "escalation", 0, "after"),
            others=[pair.place("timing", "delivered")],
            owner="business",
        )


@pair_check(
    "O05",
    "A team answers no longer",
    weight="blocker",
    means="The number that is called rings in an empty office.",
    mend="Name the team that took over; a team that nobody knows cannot be read at all.",
    errs="It needs a day (`as_of`); without one nobody has left.",
)
def owners_are_still_there(pair: Pair) -> Iterator[Gap]:
    """Look for teams whose last day has passed."""
    owners, teams = pair.contract.owners, pair.landscape.teams
    named = [(f"owners.{role}", owners.team(role)) for role in ("business", "source", "target")]
    named.append(("owners.integration", owners.integration))
    named += [
        (f"owners.escalation.{number}.to", owners.team(step.to))
        for number, step in enumerate(owners.escalation)
    ]
    for at, name in named:
        team = teams.get(name)
        if team is not None and team.until is not None and pair.today > team.until:
            yield pair.gap(
                "O05",
                at,
                f"{name} answered until {team.until}",
                place=tuple(at.split(".")),
                others=[pair.team_place(name)],
                owner="business",
            )


@pair_check(
    "O06",
    "Nobody sends parked messages again",
    weight="major",
    means="Orders lie in the parking place for good, and the customer is the first to notice.",
    mend="Name a team under `parked.replay_by`.",
    errs="Exact.",
)
def parked_messages_have_somebody(pair: Pair) -> Iterator[Gap]:
    """Look for who replays what is parked."""
    if pair.contract.parked is not None and pair.contract.parked.replay_by is None:
        yield pair.gap(
            "O06",
            "parked.replay_by",
            f"messages are parked in {pair.contract.parked.to}, and nobody sends them again",
            place=("parked",),
            owner="business",
        )


@pair_check(
    "O07",
    "This version is not signed, or changed since",
    weight="minor",
    means="One side goes live with terms that the other has never seen.",
    mend="Let a team sign this version under `signed_off`; `terms` there keeps the digest of what "
    "was signed.",
    errs="Without `terms` a change under the same version number is not seen.",
)
def versions_are_signed(pair: Pair) -> Iterator[Gap]:
    """Look for a signature of this version of an agreed contract."""
    contract = pair.contract
    if not contract.blocking:
        return
    signed = [entry for entry in contract.signed_off if entry.version == contract.version]
    if not signed:
        others = ", ".join(entry.version for entry in contract.signed_off) or "no version"
        yield pair.gap(
            "O07",
            "signed_off",
            f"version {contract.version} is {contract.status}, and signed is {others}",
            place=("version",),
            owner="business",
        )
        return
    for entry in signed:
        if entry.terms is not None and entry.terms != contract.terms:
            yield pair.gap(
                "O07",
                "signed_off",
                f"{entry.by} signed terms {entry.terms} of version {contract.version}, and the "
                f"terms are {contract.terms} now",
                place=("signed_off",),
                owner="business",
            )


@pair_check(
    "O08",
    "Somebody is to be told, and cannot be reached",
    weight="major",
    means="The alarm goes nowhere.",
    mend="Write in teams.yaml where the team is reached: an address, a channel, a number.",
    errs="It sees whether something is written there, not whether anybody answers.",
)
def whoever_is_told_can_be_reached(pair: Pair) -> Iterator[Gap]:
    """Look for a contact of everybody who is told something."""
    contract = pair.contract
    told: list[tuple[tuple[str, ...], str]] = [
        (("failures", outcome, "tell"), rule.tell)
        for outcome, rule in contract.failures.items()
        if rule.tell is not None
    ]
    told += [
        (("owners", "escalation", str(number), "to"), step.to)
        for number, step in enumerate(contract.owners.escalation)
    ]
    every = contract.timing.every if contract.timing is not None else None
    if every is not None and every.tell is not None:
        told.append((("timing", "every", "tell"), every.tell))
    seen = set()
    for path, role in told:
        name = contract.owners.team(role)
        team = pair.landscape.teams.get(name)
        if team is None or any(map(str.isalnum, team.contact)) or name in seen:
            continue
        seen.add(name)
        yield pair.gap(
            "O08",
            ".".join(path),
            f"{name} is told, and no contact is known",
            place=path,
            others=[pair.team_place(name)],
            owner="business",
        )
