"""The integration's randomness while a scenario runs, all drawn from the scenario's seed."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.clock.swap import swapped
from harness.errors import HarnessError

_MULTICAST = 1 << 40  # RFC 9562: marks a node that is not a network card's address


@contextmanager
def seeded(rng: random.Random) -> Iterator[None]:
    """Seed the ``random`` module and the ``uuid`` module, and restore both.

    Identifiers are reached below ``uuid4`` itself, because it is kept as a default factory in
    places that cannot be found. ``os.urandom``, ``secrets`` and a ``random.Random()`` of the
    integration's own stay as they are: what asks for secrecy gets it, and what is drawn there
    differs from run to run.
    """
    state = random.getstate()
    random.seed(rng.getrandbits(64))
    ids = random.Random(rng.getrandbits(64))
    node = ids.getrandbits(48) | _MULTICAST
    try:
        with swapped(uuid, "os", _SeededOs(ids)), swapped(uuid, "_node", node):
            _require_seeded(ids)
            yield
    finally:
        random.setstate(state)


class _SeededOs:
    """The ``os`` module as the ``uuid`` module sees it: only ``urandom`` is another."""

    def __init__(self, rng: random.Random) -> None:
        self.urandom = rng.randbytes

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def _require_seeded(ids: random.Random) -> None:
    """Draw one identifier twice from one state; the seam is private, so it is checked."""
    state = ids.getstate()
    first = uuid.uuid4()
    ids.setstate(state)
    again = uuid.uuid4()
    ids.setstate(state)
    if first != again:
        raise HarnessError(
            "uuid.uuid4 no longer draws from os.urandom, so identifiers would differ from run to "
            "run; use a version of Python that golive was tested with"
        )
