"""What is true of one run and not of the integration: when, how long, where, which commit."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.clock import RealClock
from harness.timing import SECOND, show_instant

NAME = "run-facts.json"


class RunFacts:
    """Takes the time of a run, in real time; kept out of the record, which must not vary."""

    def __init__(self) -> None:
        self._clock = RealClock()
        self._begun = self._clock.now

    def write(self, folder: Path, *, root: Path) -> None:
        """Write the facts beside the record."""
        facts: dict[str, Any] = {
            "begun": show_instant(self._begun // SECOND * SECOND),
            "seconds": round(self._clock.elapsed / SECOND, 3),
            "python": platform.python_version(),
            "machine": f"{sys.platform} {platform.machine()}",
            "commit": _commit(root),
        }
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{NAME}.part"
        part.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        part.replace(folder / NAME)


def _commit(root: Path) -> str | None:
    """Return the commit of the project's checkout, or None when it is in none."""
    git = shutil.which("git")
    if git is None:
        return None
    asked = subprocess.run(  # noqa: S603 - git itself, with our own words
        [git, "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else None
