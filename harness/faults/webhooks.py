"""What can go wrong with a webhook on its way to the integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import NAMESPACE_URL, uuid5

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

    The function gets the fault, the webhook, and the earlier webhooks of the same message and key,
    the latest last.
    """

    deliver: Callable[[Fault, Webhook, Sequence[Webhook]], list[Delivery]]


def _nothing(_fault: Fault, _webhook: Webhook, _earlier: Sequence[Webhook]) -> list[Delivery]:
    return []


def _delay(fault: Fault, webhook: Webhook, _earlier: Sequence[Webhook]) -> list[Delivery]:
    return [Delivery(webhook, delay=fault.by or 0)]


def _duplicate(fault: Fault, webhook: Webhook, _earlier: Sequence[Webhook]) -> list[Delivery]:
    gap = SECOND if fault.by is None else fault.by
    copies = [
        Delivery(
            _renamed(webhook, number) if fault.new_id else webhook,
            delay=gap * number,
            reported=False,
        )
        for number in range(1, fault.copies + 1)
    ]
    return [Delivery(webhook), *copies]


def _reorder(fault: Fault, webhook: Webhook, _earlier: Sequence[Webhook]) -> list[Delivery]:
    return [Delivery(webhook, behind=fault.behind)]


def _renamed(webhook: Webhook, number: int) -> Webhook:
    """Return the webhook under a delivery id of its own."""
    name = str(uuid5(NAMESPACE_URL, f"{webhook.delivery}/{number}"))
    headers = tuple(
        (header, name if value == webhook.delivery else value) for header, value in webhook.headers
    )
    return replace(webhook, headers=headers, delivery=name)


def _stale(fault: Fault, webhook: Webhook, earlier: Sequence[Webhook]) -> list[Delivery]:
    older = earlier[-fault.back :][:1] if len(earlier) >= fault.back else ()
    again = [Delivery(one, fault.by or MINUTE, reported=False) for one in older]
    return [Delivery(webhook), *again]


def _bad_signature(fault: Fault, webhook: Webhook, _earlier: Sequence[Webhook]) -> list[Delivery]:
    if fault.how == "tampered_body":
        spoiled = replace(webhook, body=webhook.body + b" ")
    elif fault.how == "missing":
        left = tuple(pair for pair in webhook.headers if not _is_signature(pair[0]))
        spoiled = replace(webhook, headers=left)
    else:
        spoiled = replace(webhook, headers=_forged(webhook.headers))
    return [Delivery(spoiled)]


def _forged(headers: Headers) -> Headers:
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
