"""Run the whole landscape under every Python that is here, and compare what was written.

Each Python gets an environment of its own with the locked dependencies. One that is missing is
named and not counted; fewer than two prove nothing, and that is an error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Print a digest of each Python; return 0 if there are two or more and all are equal."""
    digests: dict[str, str] = {}
    for version in PYTHONS:
        python = _found(version)
        if python is None:
            print(f"python {version}: not here, so not run")
            continue
        with tempfile.TemporaryDirectory() as folder:
            digests[version] = _digest(python, Path(folder))
        print(f"python {version}: {digests[version]}", flush=True)
    if len(digests) < 2:
        print("nothing is proven: fewer than two versions of Python are here")
        return 2
    equal = len(set(digests.values())) == 1
    print(f"{len(digests)} versions of Python write {'the same' if equal else 'DIFFERENT'} bytes")
    return 0 if equal else 1


def _found(version: str) -> str | None:
    """Return an interpreter that really is of this version; a shim may lead nowhere."""
    python = shutil.which(f"python{version}")
    if python is None:
        return None
    asked = [python, "-c", "import sys; print(sys.executable)"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None if done.returncode == 0 else None


def _digest(python: str, folder: Path) -> str:
    """Return a digest of the record and all journals that a run of the landscape writes."""
    own = folder / "python"
    _run(python, "-m", "venv", str(own), at=folder)
    inside = str(own / "bin" / "python")
    lock = str(ROOT / "requirements-dev.lock")
    _run(inside, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock, at=folder)
    project = folder / "project"
    project.mkdir()
    for name in ("contracts", "scenarios", "golive.toml"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, project / name)
    _run(inside, "-m", "harness.cli", "run", at=project)
    whole = hashlib.sha256()
    reports = project / "reports"
    for file in (reports / "readiness.json", *sorted((reports / "journals").iterdir())):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def _run(*command: str, at: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=at, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
