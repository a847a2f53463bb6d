"""Whether repeated requests can be told from new ones, and whether the target does tell them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.effects import (
    KEYS,
    REMEMBERED,
    header_of,
    same_key_in_time,
    same_version,
)
from harness.checks.subjects import Attempt, Subject
from harness.mapping import parse_path, read
from harness.messages import key_text


def judge_keys(dossier: Dossier, docket: Docket) -> None:
    """Vote on ``idempotency``: each request has a key, the same for the same fields, no other's.

    A batch has one key for all that travels in it, and is itself again only with the same things
    in it. Only a repeated request shows that a key is stable.
    """
    idempotency = dossier.contract.idempotency
    if idempotency is None:
        return
    fields = tuple(parse_path(name) for name in idempotency.key)
    carried: dict[int, list[tuple[str, ...]]] = {}
    first: dict[int, tuple[Subject, Attempt]] = {}
    for subject, attempt in _all(dossier):
        values = tuple(key_text(read(field, attempt.sighting.body)) for field in fields)
        if all(values):
            carried.setdefault(attempt.number, []).append(values)
            first.setdefault(attempt.number, (subject, attempt))
    owner_of: dict[str, list[tuple[str, ...]]] = {}
    shared: set[str] = set()
    groups: dict[tuple[tuple[str, ...], ...], list[tuple[Subject, Attempt]]] = {}
    for number, things in carried.items():
        groups.setdefault(tuple(sorted(things)), []).append(first[number])
        header = header_of(dossier, first[number][1])
        if header is not None and sorted(owner_of.setdefault(header, things)) != sorted(things):
            shared.add(header)
    for group in groups.values():
        _judge_group(dossier, group, shared, docket, header=idempotency.carrier)


def _judge_group(
    dossier: Dossier,
    group: list[tuple[Subject, Attempt]],
    shared: set[str],
    docket: Docket,
    *,
    header: str,
) -> None:
    subject, first = group[0]
    numbers = [attempt.number for _, attempt in group]
    keys = [header_of(dossier, attempt) for _, attempt in group]
    cause = observed = ""
    if any(key is None for key in keys):
        cause, observed = "no_key", f"a request for {subject.name} without {header}"
    elif len(set(keys)) > 1:
        cause, observed = "key_changes", f"{len(set(keys))} keys for {subject.name}"
    elif keys[0] in shared:
        cause, observed = "key_shared", f"the key of {subject.name} stands for another one, too"
    if cause:
        docket.fail(
            KEYS,
            cause=cause,
            expected=f"each request carries {header}, one for each "
            + ", ".join(dossier.contract.idempotency.key if dossier.contract.idempotency else ()),
            observed=observed,
            subject=subject.name,
            exchanges=numbers,
        )
    elif len(group) > 1:
        said = f"{dossier.target_name(first)} was sent {len(group)} times with one key"
        docket.prove(KEYS, numbers, said)
    else:
        docket.idle(KEYS, "no request was repeated")


def judge_memory(dossier: Dossier, docket: Docket) -> None:
    """Vote on ``idempotency.remembered``: a repeated request does not do the work again.

    A newer version of the source under the same key is another request, not a repeated one.
    """
    if not docket.has(REMEMBERED):
        return
    for subject in dossier.subjects.values():
        committed = {commit.cause for commit in subject.commits}
        for position, before in enumerate(subject.attempts):
            if not before.fate.taken and before.fate.taken is not None:
                continue
            after = next(
                (
                    one
                    for one in subject.attempts[position + 1 :]
                    if same_key_in_time(dossier, before, one) and same_version(before, one)
                ),
                None,
            )
            if after is not None:
                _remembered(dossier, subject, before, after, committed=committed, docket=docket)


def _remembered(
    dossier: Dossier,
    subject: Subject,
    before: Attempt,
    after: Attempt,
    *,
    committed: set[int | None],
    docket: Docket,
) -> None:
    numbers = [before.number, after.number]
    if not dossier.watched:
        docket.doubt(
            REMEMBERED,
            f"{subject.name}: the target does not show how often it did the work",
            would_prove="a target that shows its commits, or a read of everything it holds",
            witnesses=numbers,
        )
    elif before.number not in committed:
        return
    elif after.number in committed:
        docket.fail(
            REMEMBERED,
            cause="forgotten",
            expected=f"a repeated key does not make a second {dossier.contract.to}",
            observed=f"{dossier.contract.systems[1]} made another {dossier.target_name(after)} "
            "for the same key",
            subject=subject.name,
            exchanges=numbers,
        )
    elif after.sighting.exchange is not None and after.sighting.exchange.status is not None:
        said = f"{dossier.target_name(after)} came twice with one key and was made once"
        docket.prove(REMEMBERED, numbers, said)


def _all(dossier: Dossier) -> Iterator[tuple[Subject, Attempt]]:
    for subject in dossier.subjects.values():
        for attempt in subject.attempts:
            yield subject, attempt
