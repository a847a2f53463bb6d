"""Seeds derived by name, so that a scenario draws the same whatever runs beside it."""

from __future__ import annotations

import hashlib


def derive_seed(run_seed: int, *names: str) -> int:
    """Return a 64-bit seed for these names under the run's seed.

    The same in every process, version and order of running. Each name is set off by its length,
    so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256(str(run_seed).encode())
    for name in names:
        raw = name.encode()
        digest.update(b"|%d:" % len(raw) + raw)
    return int.from_bytes(digest.digest()[:8], "big")
