"""What can go wrong with a webhook on its way to the integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.history import Headers
from harness.scenario import Fault
from harness.simulators.base import Webhook
from harness.timing import MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that will be made: the webhook as it travels, and when.

    ``behind`` holds it back until so many later webhooks of its message were delivered.
    ``reported`` says whether the sending system learns how it ended.
    """

    webhook: Webhook
    delay: int = 0
    behind: int = 0
    reported: bool = True


@dataclass(frozen=True, slots=True)
class WebhookFault:
    """One way in which a webhook goes wrong: what is delivered in its place.

    The function gets the fault, the webhook, and the earlier webhook of the same message and key
    where there was one.
    """

    deliver: Callable[[Fault, Webhook, Webhook | None], list[Delivery]]


def _nothing(_fault: Fault, _webhook: Webhook, _earlier: Webhook | None) -> list[Delivery]:
    return []


def _delay(fault: Fault, webhook: Webhook, _earlier: Webhook | None) -> list[Delivery]:
    return [Delivery(webhook, delay=fault.by or 0)]


def _duplicate(fault: Fault, webhook: Webhook, _earlier: Webhook | None) -> list[Delivery]:
    gap = SECOND if fault.by is None else fault.by
    copies = [
        Delivery(webhook, delay=gap * number, reported=False)
        for number in range(1, fault.copies + 1)
    ]
    return [Delivery(webhook), *copies]


def _reorder(fault: Fault, webhook: Webhook, _earlier: Webhook | None) -> list[Delivery]:
    return [Delivery(webhook, behind=fault.behind)]


def _stale(fault: Fault, webhook: Webhook, earlier: Webhook | None) -> list[Delivery]:
    again = [] if earlier is None else [Delivery(earlier, fault.by or MINUTE, reported=False)]
    return [Delivery(webhook), *again]


def _bad_signature(_fault: Fault, webhook: Webhook, _earlier: Webhook | None) -> list[Delivery]:
    return [Delivery(replace(webhook, headers=tuple(_tampered(webhook.headers))))]


def _tampered(headers: Headers) -> Headers:
    return tuple((name, _other(value) if _is_signature(name) else value) for name, value in headers)


def _is_signature(name: str) -> bool:
    return any(word in name.casefold() for word in ("hmac", "signature"))


def _other(value: str) -> str:
    """Return a signature of the same form that is not this one."""
    first = "b" if value[:1].casefold() == "a" else "a"
    return (first if value[:1].islower() or value[:1].isdigit() else first.upper()) + value[1:]


WEBHOOK_FAULTS: Final[Mapping[str, WebhookFault]] = {
    "drop": WebhookFault(_nothing),
    "silence": WebhookFault(_nothing),
    "delay": WebhookFault(_delay),
    "duplicate": WebhookFault(_duplicate),
    "reorder": WebhookFault(_reorder),
    "stale": WebhookFault(_stale),
    "bad_signature": WebhookFault(_bad_signature),
}
