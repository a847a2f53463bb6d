"""Usage plans: a bucket of tokens for each operation, refilled at a fraction of a call a second."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from harness.timing import SECOND


class TokenBucket:
    """A call takes a token; the bucket holds ``burst`` of them and gains ``rate`` a second."""

    def __init__(self, *, rate: str, burst: int) -> None:
        self.rate = rate
        share = Fraction(Decimal(rate))
        self._gain = share.numerator
        self._token = share.denominator * SECOND  # parts of a token, so that nothing is rounded
        self._most = burst * self._token
        self._held = self._most
        self._seen = 0

    def take(self, now: int) -> bool:
        """Return whether there is a token at this instant; if there is, it is taken."""
        self._held = min(self._held + (now - self._seen) * self._gain, self._most)
        self._seen = now
        if self._held < self._token:
            return False
        self._held -= self._token
        return True


def buckets_of(numbers: Mapping[str, Any], operations: Mapping[str, Any]) -> dict[str, TokenBucket]:
    """Return a full bucket for each operation."""
    return {
        name: TokenBucket(rate=numbers[f"{name}_rate"], burst=numbers[f"{name}_burst"])
        for name in operations
    }
