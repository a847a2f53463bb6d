"""Planned misbehaviour: which call or webhook it meets, and what it does there."""

from harness.faults.calls import CALL_FAULTS, Answered, CallFault, Lost
from harness.faults.plan import FaultPlan, Occasion
from harness.faults.rows import Rows
from harness.faults.webhooks import WEBHOOK_FAULTS, Delivery, WebhookFault

__all__ = [
    "CALL_FAULTS",
    "WEBHOOK_FAULTS",
    "Answered",
    "CallFault",
    "Delivery",
    "FaultPlan",
    "Lost",
    "Occasion",
    "Rows",
    "WebhookFault",
]
