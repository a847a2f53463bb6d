"""Calling again, as agreed, what failed for now."""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from harness.reference.clock import Clock
from harness.reference.problems import Undeliverable


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often to call, and how long to wait in between, in seconds.

    ``jitter`` keeps half of each wait and draws the other half. No call is started later than
    ``give_up_after`` the first.
    """

    attempts: int
    first: float
    factor: float = 1.0
    longest: float = 300.0
    jitter: bool = False
    give_up_after: float = math.inf

    def wait(self, failures: int) -> float:
        """Return the wait after so many failures."""
        full = min(self.first * self.factor ** (failures - 1), self.longest)
        return random.uniform(full / 2, full) if self.jitter else full


async def persist(
    call: Callable[[], Awaitable[httpx.Response]], *, policy: Policy, clock: Clock
) -> httpx.Response:
    """Call until there is an answer that calling again would not change.

    Throttling, errors of the server and lost connections are called again; a Retry-After takes
    the place of the computed wait.

    Raises:
        Undeliverable: the attempts or the time are used up.
    """
    started = clock.elapsed()
    failures = 0
    while True:
        asked = None
        try:
            response = await call()
        except httpx.RequestError as error:
            trouble = type(error).__name__
        else:
            if response.status_code != 429 and response.status_code < 500:
                return response
            trouble = f"status {response.status_code}"
            asked = retry_after(response, now=clock.now())
        failures += 1
        wait = policy.wait(failures) if asked is None else asked
        over = clock.elapsed() - started + wait > policy.give_up_after
        if over or failures >= policy.attempts:
            raise Undeliverable(f"no way through after {failures} calls, the last: {trouble}")
        await clock.sleep(wait)


def retry_after(response: httpx.Response, *, now: datetime) -> float | None:
    """Return the seconds a server asks to wait, given as seconds or as a date, or None."""
    # Some write it in a header of their own.
    text = response.headers.get("Retry-After") or response.headers.get("x-retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            instant = parsedate_to_datetime(text)
        except ValueError:
            return None
        # The date of a header is GMT even where it does not say so.
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        seconds = (instant - now).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
