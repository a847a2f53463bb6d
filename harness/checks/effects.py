"""How often the target did the work for one message, and which promise was to prevent a second."""

from __future__ import annotations

from collections import Counter

from harness.checks.comparison import compare
from harness.checks.dossier import Dossier
from harness.checks.subjects import Attempt, Subject
from harness.history import Exchange
from harness.mapping import parse_path, read
from harness.messages import Outcome, Sighting, key_text

REMEMBERED, KEYS = "idempotency.remembered", "idempotency"
REDELIVERY, UPDATES, EXPECT = "receive.delivery", "updates", "expect"


def effects(dossier: Dossier, subject: Subject) -> list[Attempt]:
    """Return the calls for which the target did the work, once for each time.

    Where the target journals its commits they are counted; elsewhere a plain acceptance counts,
    unless it repeats the key of an earlier one, which the target is to answer from memory.
    """
    if dossier.watched:
        times = Counter(commit.cause for commit in subject.commits)
        return [one for one in subject.attempts for _ in range(times[one.number])]
    done: list[Attempt] = []
    for attempt in subject.attempts:
        if not _plainly_accepted(attempt):
            continue
        if not any(same_key_in_time(dossier, before, attempt) for before in done):
            done.append(attempt)
    return done


def extra_effects(dossier: Dossier, subject: Subject) -> list[Attempt]:
    """Return the effects beyond the first that nothing in the contract allows.

    A newer version is allowed where the target must show the latest, and one for each version
    where it must show every one.
    """
    done = effects(dossier, subject)
    updates = dossier.contract.updates
    if updates is not None and updates.show == "every":
        owed = [id(one) for one in by_version(dossier, subject).values()]
        return [one for one in done if not _taken_off(owed, id(one))]
    follow = updates is not None and updates.show == "latest"
    extras, newest = [], _version(done[0]) if done else -1
    for attempt in done[1:]:
        if follow and _version(attempt) > newest:
            newest = _version(attempt)
        else:
            extras.append(attempt)
    return extras


def by_version(dossier: Dossier, subject: Subject) -> dict[int, Attempt]:
    """Return for the number of each owed version the accepted message that shows it, if any.

    A message shows one version only. Where it fits several, as when the change touches no field
    that is sent, it counts for the one it was made from, or else for the earliest left.
    """
    left = [one for one in subject.attempts if one.fate.taken]
    found: dict[int, Attempt] = {}
    for version in subject.versions:
        made = [one for one in left if one.basis is not None and one.basis.version is version]
        if version.fulfils and made:
            found[version.number] = made[0]
            left.remove(made[0])
    for version in subject.versions:
        if not version.fulfils or version.number in found:
            continue
        view = dossier.view(version.body, in_part=version.in_part)
        for one in left:
            late_enough = one.sighting.begun > version.begun
            if late_enough and compare(view, one.sighting.body).fits:
                found[version.number] = one
                left.remove(one)
                break
    return found


def blamed_for(dossier: Dossier, subject: Subject, extra: Attempt) -> str:
    """Return the path of the promise that was to prevent a second effect."""
    first = next(one for one in subject.attempts if one.fate.taken)
    updates = dossier.contract.updates
    if updates is not None and updates.show == "first" and _version(extra) > _version(first):
        return UPDATES
    earlier = [one for one in subject.attempts if one.sighting.begun < extra.sighting.begun]
    if any(one.series == extra.series for one in earlier) and dossier.contract.idempotency:
        same = any(same_key_in_time(dossier, one, extra) for one in earlier if one.fate.taken)
        return REMEMBERED if same else KEYS
    if redelivered(dossier, subject, before=extra.sighting.begun):
        return REDELIVERY
    if any(same_key_in_time(dossier, one, extra) for one in earlier if one.fate.taken):
        return REMEMBERED
    return EXPECT


def redelivered(
    dossier: Dossier, subject: Subject, *, before: int | None = None
) -> list[tuple[Sighting, Sighting]]:
    """Return the webhooks that brought an event a second time, each with its first.

    A first delivery that was refused and did nothing does not count: then the second is the
    first that matters.
    """
    names = dossier.events_by_delivery
    first: dict[str, Sighting] = {}
    again = []
    for sighting in subject.deliveries:
        if before is not None and sighting.begun >= before:
            break
        exchange = sighting.exchange
        if exchange is None or exchange.delivery is None:
            continue
        name = names.get(exchange.delivery, exchange.delivery)
        if name in first:
            again.append((first[name], sighting))
        elif _had_effect(subject, exchange):
            first[name] = sighting
    return again


def header_of(dossier: Dossier, attempt: Attempt) -> str | None:
    """Return the idempotency key that a call carried, or None."""
    idempotency, exchange = dossier.contract.idempotency, attempt.sighting.exchange
    if idempotency is None or exchange is None:
        return None
    if idempotency.header is not None:
        return exchange.header(idempotency.header) or None
    values = [key_text(read(parse_path(name), attempt.sighting.body)) for name in idempotency.key]
    return " ".join(values) if all(values) else None


def same_key_in_time(dossier: Dossier, before: Attempt, after: Attempt) -> bool:
    """Return whether a call repeats the key of another while the target remembers it."""
    key = header_of(dossier, before)
    idempotency = dossier.contract.idempotency
    if key is None or idempotency is None or key != header_of(dossier, after):
        return False
    begun, again = before.sighting.at, after.sighting.at
    if idempotency.remembered is None or begun is None or again is None:
        return True
    return again - begun <= idempotency.remembered


def same_version(left: Attempt, right: Attempt) -> bool:
    """Return whether two calls were made from the same version of the source."""
    return _version(left) == _version(right)


def _taken_off(owed: list[int], one: int) -> bool:
    if one not in owed:
        return False
    owed.remove(one)
    return True


def _had_effect(subject: Subject, exchange: Exchange) -> bool:
    if exchange.status is None or exchange.status < 300:
        return True
    done = exchange.done if exchange.done is not None else exchange.seq
    return any(exchange.seq < one.sighting.begun < done for one in subject.attempts)


def _plainly_accepted(attempt: Attempt) -> bool:
    exchange = attempt.sighting.exchange
    status = None if exchange is None else exchange.status
    return attempt.outcome is Outcome.ACCEPTED and status is not None and status < 300


def _version(attempt: Attempt) -> int:
    return -1 if attempt.basis is None else attempt.basis.version.number
