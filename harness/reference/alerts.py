"""The operations desk: what cannot go through is parked there, and a team is told."""

from __future__ import annotations

import logging
from functools import partial

import httpx

from harness.reference.clock import Clock
from harness.reference.delivery import Policy, persist
from harness.reference.problems import INTEGRATION, Undeliverable
from harness.reference.store import Park

POLICY = Policy(attempts=5, first=5.0)

_log = logging.getLogger(__name__)


class Desk:
    """Parks messages and raises alerts."""

    def __init__(self, ops: httpx.AsyncClient, *, clock: Clock) -> None:
        self._ops = ops
        self._clock = clock

    async def park(self, kind: str, reference: str, problem: Undeliverable) -> None:
        """Park a message of this kind and tell the team that the problem concerns."""
        parked = {"reference": reference, "reason": str(problem)}
        await self._post(f"/parked/{kind}", parked)
        await self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"})

    def parking(self, kind: str, *, contract: str, alarm_over: int) -> Park:
        """Return what parks messages under a contract, and raises the alarm when many are."""
        parked: set[str] = set()

        async def park(reference: str, problem: Undeliverable) -> None:
            await self.park(kind, reference, problem)
            before = len(parked)
            parked.add(reference)
            if before == alarm_over < len(parked):
                await self.alert(INTEGRATION, contract, f"more than {alarm_over} are parked")

        return park

    async def alert(self, recipient: str, reference: str, reason: str) -> None:
        """Tell a team of something that is about no single message."""
        told = {"recipient": recipient, "reference": reference, "reason": reason}
        await self._post("/alerts", {**told, "severity": "error"})

    async def _post(self, path: str, body: dict[str, str]) -> None:
        try:
            call = partial(self._ops.post, path, json=body)
            (await persist(call, policy=POLICY, clock=self._clock)).raise_for_status()
        except (Undeliverable, httpx.HTTPError) as error:
            # Nobody is left to tell but the log. The other call is still worth trying.
            _log.error("%s about %s failed: %s", path, body["reference"], error)
