"""What came of webhooks that arrived twice, or with a wrong signature."""

from __future__ import annotations

from harness.checks.accounts import Account
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.effects import REDELIVERY, blamed_for, redelivered
from harness.checks.phrases import named
from harness.checks.subjects import Attempt
from harness.mapping import parse_path
from harness.messages import Sighting, Way
from harness.rules import cut

BAD_SIGNATURE = "receive.bad_signature"


def judge_redeliveries(
    dossier: Dossier, account: Account, extras: list[Attempt], docket: Docket
) -> None:
    """Vote on ``receive.delivery``: an event that came twice had one effect."""
    if not docket.has(REDELIVERY):
        return
    subject = account.subject
    guilty = [one for one in extras if blamed_for(dossier, subject, one) == REDELIVERY]
    again = redelivered(dossier, subject)
    if not again:
        return
    numbers = [one.number for pair in again for one in pair]
    taken = [one.number for one in subject.attempts if one.fate.taken]
    if guilty:
        docket.fail(
            REDELIVERY,
            cause="counted_twice",
            expected="an event that comes twice counts once",
            observed=f"{subject.name} came {len(again) + 1} times and was accepted "
            f"{len(guilty) + 1} times",
            subject=subject.name,
            exchanges=[*numbers, *taken],
        )
    elif account.ending is not None and account.ending.kind == "unknown":
        docket.doubt(
            REDELIVERY,
            f"{subject.name}: nobody knows how often it was accepted",
            would_prove="a commit or a later read that settles it",
            witnesses=numbers,
        )
    elif taken and not extras:
        said = f"{subject.name} came {len(again) + 1} times and was accepted once"
        docket.prove(REDELIVERY, [*numbers, *taken], said)
    else:
        docket.idle(REDELIVERY, f"{subject.name} came twice and was not accepted at all")


def judge_bad_signatures(dossier: Dossier, docket: Docket) -> None:
    """Vote on ``receive.bad_signature``: refused with 4xx, and without effect."""
    if not docket.has(BAD_SIGNATURE):
        return
    for sighting in dossier.sightings.of(dossier.contract.source, Way.SHOWN):
        exchange = sighting.exchange
        if exchange is None or exchange.seq not in dossier.tampered:
            continue
        name = _name(dossier, sighting)
        effect = _effect(dossier, sighting)
        if exchange.status is None:
            docket.doubt(
                BAD_SIGNATURE,
                f"{name}: the webhook with a wrong signature got no answer",
                witnesses=[exchange.seq],
            )
        elif effect is not None or not 400 <= exchange.status < 500:
            did = f"answered {exchange.status}" + ("" if effect is None else " and used")
            docket.fail(
                BAD_SIGNATURE,
                cause="not_refused" if effect is None else "had_effect",
                expected="a webhook with a wrong signature is refused and has no effect",
                observed=f"{name} with a wrong signature was {did}",
                subject=name,
                exchanges=[exchange.seq, None if effect is None else effect.number],
            )
        else:
            said = f"{name} with a wrong signature was answered {exchange.status}"
            docket.prove(BAD_SIGNATURE, [exchange.seq], said)


def _effect(dossier: Dossier, sighting: Sighting) -> Attempt | None:
    """Return what was sent because of a webhook that had to be refused."""
    links = {dossier.correlation.of_source(b) for _, b in cut(dossier.contract, sighting.body)}
    strays = [
        one
        for one in dossier.orphans
        if dossier.correlation.of_target(one.sighting.body) in links - {""}
    ]
    known = dossier.of_message(sighting.key)
    for subject in known:
        for attempt in subject.attempts:
            begun = attempt.sighting.begun
            if begun > sighting.begun and not subject.known_at(begun):
                return attempt
    for stray in strays:
        begun = stray.sighting.begun
        if begun > sighting.begun and not any(one.known_at(begun) for one in known):
            return stray
    return None


def _name(dossier: Dossier, sighting: Sighting) -> str:
    hidden = dossier.rules.hides("source", parse_path(dossier.source.key))
    return named(dossier.contract.source, "veiled:" if hidden else sighting.key)
