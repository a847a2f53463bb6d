"""The words for what can go wrong: what each means, what it meets, and what may be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

FaultWord = Literal[
    "refuse",
    "lose_request",
    "answer",
    "throttle",
    "lose_answer",
    "truncate",
    "slow",
    "lose_rows",
    "repeat_page",
    "stale_read",
    "fail_rows",
    "drop",
    "silence",
    "delay",
    "duplicate",
    "reorder",
    "stale",
    "bad_signature",
]
ThrottleStyle = Literal[
    "plain", "shopify_rest", "shopify_graphql", "amazon", "shipbob", "netsuite", "fedex_daily"
]
Forgery = Literal["other", "missing", "tampered_body"]

BEFORE: Final = "a call, before the system does anything"
AFTER: Final = "a call, when the system has done its work"
WEBHOOK: Final = "a webhook"


@dataclass(frozen=True, slots=True)
class Word:
    """One fault: ``takes`` are the keys of its own, ``needs`` those that it cannot do without.

    ``first_try`` is the attempt that it meets where ``try`` says nothing.
    """

    meets: str
    meaning: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    first_try: int = 1


WORDS: Final[Mapping[FaultWord, Word]] = {
    "refuse": Word(BEFORE, "Nobody listens: the connection is refused."),
    "lose_request": Word(BEFORE, "The request is lost; the caller waits until its own timeout."),
    "answer": Word(
        BEFORE,
        "Somebody answers in the system's place, with a status and a body of your choice.",
        takes=("status", "body", "headers", "retry_after"),
        needs=("status",),
    ),
    "throttle": Word(
        BEFORE,
        "Too many calls; `style` says how the vendor tells it.",
        takes=("style", "status", "headers", "retry_after"),
    ),
    "lose_answer": Word(
        AFTER, "The work is done and the answer is lost; the caller waits until its own timeout."
    ),
    "truncate": Word(AFTER, "The work is done and the connection breaks in mid-answer."),
    "slow": Word(AFTER, "The answer comes later, by so much.", takes=("by",), needs=("by",)),
    "lose_rows": Word(
        AFTER,
        "A list lacks some of its rows, the last ones, and does not say so.",
        takes=("rows",),
    ),
    "repeat_page": Word(
        AFTER, "A further page of a list shows the page before once more.", first_try=2
    ),
    "stale_read": Word(
        AFTER,
        "A read shows once more what the same address showed before: what was written since is "
        "not to be seen yet.",
        first_try=2,
    ),
    "fail_rows": Word(
        BEFORE,
        "Of a batch the rows at these places, counted from 0, fail with the answer that stands "
        "under `body`; the others go through.",
        takes=("rows", "body"),
        needs=("rows", "body"),
    ),
    "drop": Word(WEBHOOK, "It never arrives, and the sender believes that it did."),
    "silence": Word(WEBHOOK, "Nothing arrives for a time, as if the subscription were deleted."),
    "delay": Word(WEBHOOK, "It arrives later, by so much.", takes=("by",), needs=("by",)),
    "duplicate": Word(
        WEBHOOK,
        "It arrives more than once: `copies` more, each `by` later, at once with `by: 0s`. "
        "With `new_id` each copy has a delivery id of its own.",
        takes=("copies", "by", "new_id"),
    ),
    "reorder": Word(
        WEBHOOK, "It is overtaken by so many later ones of its message.", takes=("behind",)
    ),
    "stale": Word(
        WEBHOOK,
        "After it an older one of the same thing arrives again, so many versions `back`.",
        takes=("by", "back"),
    ),
    "bad_signature": Word(
        WEBHOOK,
        "Its signature is not that of the sender: an `other` of the same form, as one made with "
        "an old secret is, a `missing` one, or one of a `tampered_body`.",
        takes=("how",),
    ),
}
ROW_WORDS: Final = frozenset({"lose_rows", "repeat_page", "stale_read", "fail_rows"})
"""Faults in the middle of lists and batches, which count only where there is something to spoil."""
