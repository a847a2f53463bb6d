"""Why a message does not go through, and which team has to hear of it."""

from __future__ import annotations

from typing import Final

BUSINESS: Final = "commerce-ops"
INTEGRATION: Final = "integration-team"


class Undeliverable(Exception):
    """The message cannot go through and has to be parked; ``tell`` is the team to alert.

    The reason names fields and statuses, never values: it is shown to people who may not see
    personal data.
    """

    def __init__(self, reason: str, *, tell: str = INTEGRATION) -> None:
        super().__init__(reason)
        self.tell = tell


class Withdrawn(Exception):
    """A newer version of the message says that it must not be sent any more."""
