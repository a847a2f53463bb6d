"""Small projects in a folder, and the command line run on them as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.starter import copy_landscape

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one command ended."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Return everything that was printed."""
        return self.out + self.err

    def record(self) -> dict[str, Any]:
        """Return the record that `--json` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def golive(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, timeout: int = 120
) -> Ran:
    """Run `golive` in a folder, in a process of its own."""
    return command(
        folder, "-m", "harness.cli", *arguments, environment=environment, timeout=timeout
    )


def command(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, timeout: int = 120
) -> Ran:
    """Run Python in a folder, with this checkout importable and warnings as errors off."""
    # A package that stands elsewhere is not this checkout, so it is not measured.
    elsewhere = "PYTHONPATH" in (environment or {})
    unwanted = ("PYTEST", "COVERAGE") if elsewhere else ("PYTEST",)
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(unwanted)},
        "PYTHONPATH": str(ROOT),
        **(environment or {}),
    }
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert "Traceback (most recent call last)" not in done.stdout + done.stderr, done.stdout
    return Ran(done.returncode, done.stdout, done.stderr)


def landscape(folder: Path, *, only: tuple[str, ...] = ()) -> Path:
    """Copy the reference landscape; with ``only``, keep just these scenario files."""
    project = folder / "project"
    copy_landscape(project)
    if only:
        for file in (project / "scenarios").rglob("*.yaml"):
            if file.name not in only:
                file.unlink()
    return project


def small_landscape(folder: Path) -> Path:
    """Copy the part of the reference landscape between shop and OMS: GO by itself, and quick."""
    project = landscape(folder)
    contracts = project / "contracts"
    kept = {"shopify-order-to-oms", "oms-fulfilment-to-shopify"}
    for file in [*contracts.glob("*-to-*.yaml"), *contracts.glob("flows/*.yaml")]:
        if file.stem not in kept:
            file.unlink()
    policy = contracts / "readiness.yaml"
    lines = policy.read_text(encoding="utf-8").splitlines(keepends=True)
    about = [line for line in lines if "-to-" not in line or any(one in line for one in kept)]
    policy.write_text("".join(about), encoding="utf-8")
    for file in (project / "scenarios").rglob("*.yaml"):
        parts = file.read_text(encoding="utf-8").split("\n---\n")
        ours = [one for one in parts if kept >= set(_contracts_of(one))]
        if ours:
            file.write_text("\n---\n".join(ours) + "\n", encoding="utf-8")
        else:
            file.unlink()
    return project


def _contracts_of(document: str) -> list[str]:
    """Return the contracts that a scenario of the reference landscape is about."""
    (line,) = [one for one in document.splitlines() if one.startswith("contracts: [")]
    return line.removeprefix("contracts: [").rstrip("]").split(", ")


def replace_in(file: Path, old: str, new: str) -> None:
    """Replace a text that occurs in a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} does not hold {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")
