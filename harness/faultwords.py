"""The words for what goes wrong: what each means, which keys it takes, and where it acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Acts(StrEnum):
    """Where a fault acts."""

    BEFORE = "call, before the commit"
    AFTER = "call, after the commit"
    WAY = "call, on its way"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class FaultWord:
    """One word of the language: its meaning in a sentence, where it acts, and its own keys.

    ``needs`` are keys without which it means nothing; ``takes`` those it may have beside them.
    """

    says: str
    acts: tuple[Acts, ...]
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Return all keys of its own, needed ones first."""
        return (*self.needs, *self.takes)


COMMON: Final = ("on", "do", "match", "try", "times", "from", "for")
"""The keys that every fault takes."""

_ANSWERED = ("body", "headers", "retry_after")

FAULT_WORDS: Final[Mapping[str, FaultWord]] = {
    "refuse": FaultWord("There is no connection; nothing is done.", (Acts.BEFORE,)),
    "answer": FaultWord(
        "This answer is given in place of the system's; nothing is done.",
        (Acts.BEFORE,),
        takes=_ANSWERED,
        needs=("status",),
    ),
    "throttle": FaultWord(
        "The call is turned away because there were too many; nothing is done.",
        (Acts.BEFORE,),
        takes=("status", *_ANSWERED),
    ),
    "lose_request": FaultWord("The call times out; nothing is done.", (Acts.BEFORE,)),
    "lose_answer": FaultWord("The call times out; the work is done.", (Acts.AFTER,)),
    "truncate": FaultWord("The answer breaks off; the work is done.", (Acts.AFTER,)),
    "slow": FaultWord("The answer takes so much longer.", (Acts.WAY,), needs=("by",)),
    "drop": FaultWord("It is never delivered.", (Acts.WEBHOOK,)),
    "silence": FaultWord(
        "Nothing is delivered, as after the loss of a subscription.", (Acts.WEBHOOK,)
    ),
    "delay": FaultWord("It is delivered so much later.", (Acts.WEBHOOK,), needs=("by",)),
    "duplicate": FaultWord(
        "It is delivered again, `copies` times, `by` apart; `0s` is at once.",
        (Acts.WEBHOOK,),
        takes=("copies", "by"),
    ),
    "reorder": FaultWord(
        "It is held until `behind` later ones were delivered.", (Acts.WEBHOOK,), takes=("behind",)
    ),
    "stale": FaultWord(
        "The one before it, of the same thing, comes again `by` later.",
        (Acts.WEBHOOK,),
        takes=("by",),
    ),
    "bad_signature": FaultWord("It is delivered with a wrong signature.", (Acts.WEBHOOK,)),
}
