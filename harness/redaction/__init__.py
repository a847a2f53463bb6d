"""Take secrets out and hide personal values before anything is written."""

from harness.redaction.looks import PLACEHOLDER, REMOVED, SHORTEST
from harness.redaction.veil import Veil

__all__ = ["PLACEHOLDER", "REMOVED", "SHORTEST", "Veil"]
