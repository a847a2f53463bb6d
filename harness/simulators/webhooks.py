"""What the webhooks of all systems share: topics, signature, retries, ids."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from harness import landscape
from harness.errors import HarnessError
from harness.history import Headers
from harness.simulators.base import Context, Delivered


def topics_of(message: landscape.Message | None) -> tuple[str, ...]:
    """Return the topics that the integration is subscribed to: those that carry the message."""
    carriers = message.carried_by.values() if message else ()
    texts = [carrier.webhook for carrier in carriers if isinstance(carrier, landscape.Webhook)]
    return tuple(topic for text in texts for topic in ([text] if isinstance(text, str) else text))


def secret_of(system: landscape.System, secrets: Mapping[str, str], name: str) -> str:
    """Return a secret by name.

    Raises:
        HarnessError: the project declares no such secret.
    """
    if name not in secrets:
        raise HarnessError(
            f"the simulator of {system.system} needs the secret {name!r}; "
            f'write {name} = "ENVIRONMENT_VARIABLE" under [secrets] in golive.toml'
        )
    return secrets[name]


def signature(system: landscape.System, secrets: Mapping[str, str], body: bytes) -> Headers:
    """Return the header that signs the raw bytes as the system's file says; none if unsigned."""
    if system.signature is None:
        return ()
    secret = secret_of(system, secrets, system.signature.secret)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    if system.signature.encoding == "hex":
        return ((system.signature.header, digest.hex()),)
    return ((system.signature.header, base64.b64encode(digest).decode()),)


def try_again(context: Context, outcome: Delivered, waits: Sequence[int]) -> None:
    """Send a failed webhook again, unchanged, after the wait that its attempt calls for.

    When the waits are used up the webhook is given up, as vendors do: nobody is told.
    """
    webhook = outcome.webhook
    if outcome.ok or webhook.attempt > len(waits):
        return
    again = replace(webhook, attempt=webhook.attempt + 1)
    context.after(waits[webhook.attempt - 1], lambda: context.emit(again))


def new_uuid(random: Random) -> str:
    """Return a version 4 UUID drawn from the run's randomness."""
    return str(UUID(int=random.getrandbits(128), version=4))
