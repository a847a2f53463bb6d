"""Harmless variants of the reference integration: other ways of keeping the same promises."""

from __future__ import annotations

from tests.defects.patches import Patch

VARIANTS = (
    Patch(
        "waits are longer within the agreed jitter",
        (("delivery.py", "random.uniform(full / 2, full)", "full * 0.99"),),
    ),
    Patch(
        "polling every minute beside the webhooks",
        (("app.py", "poll_every: float = 600.0", "poll_every: float = 60.0"),),
    ),
    Patch(
        "the order is read again before it is sent",
        (
            (
                "polling.py",
                "                self._take(order)",
                "                await self._shop.get(f\"/admin/api/2025-07/orders/{order['id']}.json\")\n"
                "                self._take(order)",
            ),
        ),
    ),
    Patch(
        "fields that nobody asked for are sent along",
        (
            (
                "mapping.py",
                '        channel="WEB",',
                '        channel="WEB",\n        sourceSystem="shopify",',
            ),
        ),
    ),
    Patch(
        "headers come in another order and spelling",
        (
            (
                "orders.py",
                'headers = {"Idempotency-Key": body["externalId"]}',
                'headers = {"x-trace": "1", "idempotency-key": body["externalId"], "Accept": "*/*"}',
            ),
        ),
    ),
    Patch(
        "parking and telling happen at the same time",
        (
            (
                "alerts.py",
                '        await self._post(f"/parked/{kind}", parked)\n'
                '        await self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"})',
                "        import asyncio\n\n"
                "        await asyncio.gather(\n"
                '            self._post("/alerts", {"recipient": problem.tell, **parked, "severity": "error"}),\n'
                '            self._post(f"/parked/{kind}", parked),\n'
                "        )",
            ),
        ),
    ),
)
