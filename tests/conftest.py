"""What all tests share: Hypothesis without a deadline, for machines are slow at times."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("golive", deadline=None)
settings.load_profile("golive")
