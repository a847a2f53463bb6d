"""How UPS says no: a list of errors, each a code and a sentence.

Codes 120200 and 120201 are documented (Shipping.yaml; OCA/delivery-carrier#1155); the other codes
are general knowledge, and an integration had better go by the status.
"""

from __future__ import annotations

from harness.simulators.base import Reply, reply


class Refused(Exception):
    """A call is refused."""

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status

    @property
    def answer(self) -> Reply:
        """Return the refusal as it is answered."""
        error = {"code": self.code, "message": str(self)}
        return reply(self.status, {"response": {"errors": [error]}})


def no_resource() -> Refused:
    """Return the refusal of an address that leads nowhere."""
    return Refused("10404", "The requested resource could not be found", status=404)


def not_tracked() -> Refused:
    """Return the refusal of a tracking number of which nothing is known, or no longer."""
    return Refused("TW0001", "Tracking Information Not Found", status=404)
