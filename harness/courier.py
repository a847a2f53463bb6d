"""Webhooks on their way to the integration: faults met, time taken, journalled, reported back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.bindings import PythonBinding
from harness.clock import Clock
from harness.errors import HarnessError
from harness.faults import WEBHOOK_FAULTS, Delivery, FaultPlan, Occasion
from harness.history import INTEGRATION, EventKind, Exchange, Failure, Origin
from harness.journal import Logbook
from harness.landscape import Landscape
from harness.messages import carriages_of
from harness.simulators.base import Call, Delivered, Reply, Webhook
from harness.timing import MINUTE, SECOND

INTEGRATION_URL = "https://integration.golive.test"
WEBHOOK_PATIENCE = 5 * SECOND
HELD_AT_MOST = 15 * MINUTE
"""How long a reordered webhook waits for others to overtake it."""


@dataclass(frozen=True, slots=True)
class _Held:
    message: str
    released: asyncio.Event
    remaining: list[int]


class Courier:
    """Delivers what systems emit; the sending system learns how each delivery ended."""

    def __init__(
        self,
        *,
        clock: Clock,
        logbook: Logbook,
        landscape: Landscape,
        plan: FaultPlan,
        binding: PythonBinding,
        receives: Mapping[str, str],
        report: Callable[[str, Delivered], None],
    ) -> None:
        self._clock = clock
        self._logbook = logbook
        self._plan = plan
        self._binding = binding
        self._receives = receives
        self._report = report
        self._carriages = carriages_of(landscape)
        self._underway: set[asyncio.Task[None]] = set()
        self._held: list[_Held] = []
        self._before: defaultdict[tuple[str, str], list[Webhook]] = defaultdict(list)
        self._by_step: dict[str, list[tuple[str, Webhook]]] = defaultdict(list)
        self.step = ""
        """The step of the scenario in whose course webhooks are emitted."""

    def emit(self, system: str, webhook: Webhook) -> None:
        """Take a webhook from a system; it is delivered in tasks of its own."""
        now = self._clock.now
        body = self._logbook.body(webhook.body, "application/json")
        self._logbook.event(
            EventKind.EMITTED,
            at=now,
            system=system,
            topic=webhook.topic,
            delivery=webhook.delivery,
            event=webhook.event,
            key=webhook.key,
            attempt=webhook.attempt,
            body=body.value,
        )
        if webhook.attempt == 1 and self.step:
            self._by_step[self.step].append((system, webhook))
        occasions = [
            Occasion(message, key, content)
            for message, key, content in self._carriages.of_webhook(
                system, webhook.topic, body.value
            )
        ]
        message = occasions[0].message if occasions else f"{system}.{webhook.topic}"
        earlier = tuple(self._before[message, webhook.key])
        self._before[message, webhook.key].append(webhook)
        met = next(self._plan.meeting(occasions, now=now, words=WEBHOOK_FAULTS), None)
        if met is None:
            self._dispatch(system, message, Delivery(webhook), ())
            return
        index, fault = met
        self._logbook.event(
            EventKind.FAULT,
            at=now,
            system=system,
            fault=index,
            do=fault.do,
            exchange=None,
            message=message,
            key=webhook.key,
            delivery=webhook.delivery,
        )
        for delivery in WEBHOOK_FAULTS[fault.do].deliver(fault, webhook, earlier):
            self._dispatch(system, message, delivery, (index,), original=webhook)

    def send_again(self, step: str) -> int:
        """Deliver the webhooks of an earlier step once more; return how many."""
        again = list(self._by_step[step])
        for system, webhook in again:
            self._dispatch(system, "", Delivery(webhook, reported=False), ())
        return len(again)

    async def finish(self) -> None:
        """Wait until every delivery under way has ended."""
        while self._underway:
            await asyncio.wait(set(self._underway))

    def path_of(self, system: str) -> str:
        """Return where the integration receives the webhooks of a system."""
        path = self._receives.get(system)
        if path is None:
            raise HarnessError(
                f"golive.toml: [integration.receives] has no path for {system!r}, and {system} "
                f'sends a webhook; write {system} = "/path"'
            )
        return path

    def _dispatch(
        self,
        system: str,
        message: str,
        delivery: Delivery,
        faults: tuple[int, ...],
        *,
        original: Webhook | None = None,
    ) -> None:
        url = INTEGRATION_URL + self.path_of(system)
        task = asyncio.create_task(
            self._deliver(system, message, delivery, faults, url, original or delivery.webhook),
            name="golive:deliver",
        )
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _deliver(
        self,
        system: str,
        message: str,
        delivery: Delivery,
        faults: tuple[int, ...],
        url: str,
        original: Webhook,
    ) -> None:
        if delivery.delay:
            await asyncio.sleep(delivery.delay / SECOND)
        if delivery.behind:
            await self._hold(message, delivery.behind)
        webhook = delivery.webhook
        seq, sent_at = self._logbook.tick(), self._clock.now
        call = Call("POST", url, webhook.headers, webhook.body)
        reply, failure = await self._hand_over(call)
        self._logbook.add(
            Exchange(
                seq=seq,
                done=self._logbook.tick(),
                sender=system,
                receiver=INTEGRATION,
                sent_at=sent_at,
                ended_at=self._clock.now,
                method=call.method,
                url=call.url,
                headers=call.headers,
                body=self._logbook.body(
                    call.body, call.header("Content-Type") or "application/json"
                ),
                status=reply.status if reply else None,
                answer_headers=reply.headers if reply else (),
                answer=self._logbook.body(reply.body, None)
                if reply
                else self._logbook.body(b"", None),
                failure=failure,
                topic=webhook.topic,
                delivery=webhook.delivery,
                faults=faults,
                origin=Origin.SIMULATED,
            )
        )
        self._let_overtaken_go(message)
        if delivery.reported:
            # What was tampered with on the way is not what the sender would send again.
            self._report(system, Delivered(original, reply.status if reply else None))

    async def _hand_over(self, call: Call) -> tuple[Reply | None, Failure | None]:
        handing = asyncio.create_task(self._binding.deliver(call), name="golive:hand-over")
        done, _ = await asyncio.wait({handing}, timeout=WEBHOOK_PATIENCE / SECOND)
        if not done:
            return None, Failure.TIMEOUT
        reply = handing.result()
        return reply, None if reply else Failure.NO_CONNECTION

    async def _hold(self, message: str, behind: int) -> None:
        held = _Held(message, asyncio.Event(), [behind])
        self._held.append(held)
        waiting = asyncio.create_task(held.released.wait(), name="golive:held")
        await asyncio.wait({waiting}, timeout=HELD_AT_MOST / SECOND)
        waiting.cancel()
        self._held.remove(held)

    def _let_overtaken_go(self, message: str) -> None:
        for held in self._held:
            if held.message == message:
                held.remaining[0] -= 1
                if held.remaining[0] <= 0:
                    held.released.set()
