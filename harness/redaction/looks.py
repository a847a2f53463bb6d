"""What secrets and personal values look like, by their names and by themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

REMOVED: Final = "[removed]"
"""What stands in text for a secret."""

PLACEHOLDER: Final = re.compile(
    r"\[removed\]|\[personal \d+\]|\bpersonal-\d+\b|\+1555010\d{4}(?!\d)"
)
"""Everything that stands in text for something hidden; in a recording it agrees with anything."""

SHORTEST: Final = 4
"""Secrets and personal values shorter than this are hidden where they are declared, and not
looked for elsewhere: they would be found in everything."""


class Look(IntEnum):
    """What a text looks like, from harmless to worst."""

    PLAIN = 0
    KNOWN = 1
    """A personal value of the same run occurs in it."""
    PERSONAL = 2
    """It holds an e-mail address, a telephone or card number, or a credential in an address."""
    SECRET = 3


class Name(IntEnum):
    """What the name of a field or a header says of its value."""

    PLAIN = 0
    PERSONAL = 1
    SECRET = 2


# `auth` by itself, because `author` and `authorized_at` are harmless.
_CREDENTIAL_NAME: Final = (
    r"authorization|(?:^|[-_])auth(?:$|[-_])|cookie|token|secret|passw|pwd|passphrase|api[-_]?key|"
    r"(?:access|private|signing|encryption|subscription)[-_]?key|credential|signature|hmac|"
    r"session|assertion|(?:^|[-_])(?:otp|cvv|cvc|pin|iban)(?:$|[-_])"
)
_SECRET: Final = re.compile(_CREDENTIAL_NAME, re.IGNORECASE)
_NO_SECRET: Final = frozenset({"idempotency-key"})
_PERSONAL: Final = re.compile(
    r"(?:(?:customer|billing|shipping|recipient|contact|buyer|sender)[-_]?)?"
    r"(?:(?:first|last|middle|full|given|family|sur)[-_]?name|e[-_]?mail(?:[-_]?address)?|"
    r"phone(?:[-_]?(?:number|no))?|mobile|telephone|fax|address[-_]?(?:line)?[-_]?\d?|"
    r"street(?:[-_]?(?:line|name|number))?[-_]?\d?|zip(?:[-_]?code)?|post[-_]?code|"
    r"postal[-_]?code|latitude|longitude|(?:browser|client|remote)[-_]?ip|"
    r"birth[-_]?(?:date|day)|date[-_]?of[-_]?birth|tax[-_]?id|vat[-_]?(?:id|number))",
    re.IGNORECASE,
)
_CREDENTIAL: Final = re.compile(
    r"\b(?i:bearer)\s+[\w+/.~-]{4,}={0,2}|"
    # The token mixes letters and digits or cases, so that a Basic T-Shirt is none.
    r"\b(?i:basic)\s+(?=[\w+/.~-]*(?:\d|[a-z][A-Z]))[\w+/.~-]{8,}={0,2}|"
    r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|"
    r"\b(?:shp(?:at|ca|pa|ss)_|[rs]k_(?:live|test)_|gh[pousr]_|xox[abprs]-|AKIA)[\w-]{8,}"
)
# `client_secret=…` in a form or an address, `"token": "…"` in text that was to be JSON,
# `<Password>…` in XML. What stands behind the name is the credential. Every part is bounded, so
# that no text takes more time than its length.
_PAIR: Final = re.compile(
    "("
    + f"(?:{_CREDENTIAL_NAME})".replace("(?:^|[-_])", r"(?<![A-Za-z])").replace(
        "(?:$|[-_])", r"(?![A-Za-z])"
    )
    + r"""[\w.-]{0,40}["']?\s{0,3}[=:>]\s{0,3}["']?)([^\s"'&<>,;]+)""",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(
    r"[^@\s<>\"',;:/=&?()]{1,64}(?:@|%40)[^@\s<>\"',;:/=&?()]{1,253}\.[A-Za-z]{2,63}"
)
# Bare identifiers of shops and parcels are long numbers too; cards begin with 3 to 6, have 15 or
# 16 digits, bare or in groups of four, and a check digit.
_CARD: Final = re.compile(r"(?<!\d)(?:3[47]\d{13}|[4-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4})(?!\d)")
_PHONE: Final = re.compile(r"(?<![\w+])\+\d[\d ()/.-]{6,}\d(?!\w)")
# One look that lets most texts pass; the finer ones only see the rest. A colon is suspicious as
# in `token: x`, not as in a time or an address.
_SUSPECT: Final = re.compile(r"[@=<_]|%40|:(?!//|\d\d(?!\d))|\+\d|eyJ|AKIA|xox|(?i:bearer|basic)\s")
_CARD_LENGTH: Final = 15
_BLOB_LENGTH: Final = 512
_BLOB: Final = re.compile(r"[A-Za-z0-9+/_-]{512,}={0,2}")


@lru_cache(maxsize=8192)
def name_of(name: str) -> Name:
    """Return what a name says; of a dotted path, its last part counts."""
    last = name.rpartition(".")[2]
    if last.casefold() in _NO_SECRET:
        return Name.PLAIN
    if _SECRET.search(last):
        return Name.SECRET
    return Name.PERSONAL if _PERSONAL.fullmatch(last) else Name.PLAIN


class Values:
    """Values that are looked for wherever text stands.

    A short one counts only as a word of its own, so that `Bern` is not found in `Bernstein`. A
    few are one regular expression; many are found by their first letters, because the time an
    expression takes grows with their number.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._values = sorted(set(values), key=lambda value: (-len(value), value))
        self._starts: dict[str, list[str]] = {}
        self._pattern: re.Pattern[str] | None = None
        if len(self._values) <= _FEW:
            if self._values:
                self._pattern = re.compile("|".join(map(_as_word, self._values)))
            return
        for value in self._values:
            self._starts.setdefault(value[:SHORTEST], []).append(value)

    def within(self, text: str) -> bool:
        """Return whether one of the values occurs in the text."""
        if self._pattern is not None:
            return self._pattern.search(text) is not None
        return bool(self._starts) and self._next(text, 0) is not None

    def parts(self, text: str) -> list[tuple[int, int]]:
        """Return where the values occur, from left to right."""
        if self._pattern is not None:
            return [match.span() for match in self._pattern.finditer(text)]
        found, at = [], 0
        while self._starts and (span := self._next(text, at)) is not None:
            found.append(span)
            at = span[1]
        return found

    def _next(self, text: str, at: int) -> tuple[int, int] | None:
        for start in range(at, len(text) - SHORTEST + 1):
            for value in self._starts.get(text[start : start + SHORTEST], ()):
                end = start + len(value)
                if text.startswith(value, start) and _stands_alone(text, start, end):
                    return start, end
        return None


_FEW: Final = 200
_LONG: Final = 8


def _as_word(value: str) -> str:
    word = re.escape(value)
    return word if len(value) >= _LONG else rf"(?<![^\W_]){word}(?![^\W_])"


def _stands_alone(text: str, start: int, end: int) -> bool:
    if end - start >= _LONG:
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    return not before.isalnum() and not after.isalnum()


def worth_looking_for(value: str) -> bool:
    """Return whether a personal value can be told from the rest of the world.

    A post code such as `1001` is also an order number and a price.
    """
    if len(value) < SHORTEST:
        return False
    return not value.isdigit() or len(value) > 6


class Looks:
    """Tells what a text looks like, given the secrets and the personal values of one run."""

    def __init__(self, *, secrets: Collection[str], personal: Iterable[str]) -> None:
        spelled = {
            form
            for secret in secrets
            if len(secret) >= SHORTEST
            for form in (secret, quote(secret, safe=""), quote_plus(secret))
        }
        words = sorted(spelled, key=lambda word: (-len(word), word))
        self._secrets = re.compile("|".join(map(re.escape, words))) if words else None
        self._personal = Values(personal)
        self._seen: dict[str, Look] = {}

    def of(self, text: str) -> Look:
        """Return the worst that a text looks like."""
        look = self._seen.get(text)
        if look is None:
            look = self._seen[text] = self._look(text)
        return look

    def without_secrets(self, text: str) -> str:
        """Return the text with each secret replaced."""
        if self._secrets is not None:
            text = self._secrets.sub(REMOVED, text)
        text = _CREDENTIAL.sub(REMOVED, text)
        return _PAIR.sub(rf"\1{REMOVED}", text)

    def personal_parts(self, text: str) -> list[tuple[int, int]]:
        """Return where personal values stand in a text; the places do not overlap."""
        spans = self._personal.parts(text)
        spans += [match.span() for match in _EMAIL.finditer(text)]
        spans += [match.span() for match in _PHONE.finditer(text)]
        spans += [match.span() for match in _CARD.finditer(text) if _luhn(match[0])]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _look(self, text: str) -> Look:
        if len(text) < SHORTEST:
            return Look.PLAIN
        if self._secrets is not None and self._secrets.search(text):
            return Look.SECRET
        look = by_itself(text)
        return Look.KNOWN if not look and self._personal.within(text) else look


@lru_cache(maxsize=65536)
def by_itself(text: str) -> Look:
    """Return what a text looks like to somebody who knows nothing of the run."""
    if _SUSPECT.search(text):
        if _CREDENTIAL.search(text):
            return Look.SECRET
        if _EMAIL.search(text) or _PHONE.search(text) or _PAIR.search(text):
            return Look.PERSONAL
    if len(text) >= _CARD_LENGTH and any(_luhn(match[0]) for match in _CARD.finditer(text)):
        return Look.PERSONAL
    # A label or a picture inside JSON: nobody can see what it shows.
    return Look.SECRET if len(text) >= _BLOB_LENGTH and _BLOB.fullmatch(text) else Look.PLAIN


def _luhn(text: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed([int(c) for c in text if c.isdigit()])):
        doubled = digit * 2 if index % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
