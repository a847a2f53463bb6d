"""The reference landscape as a starting point: copied from the wheel, or from the checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.errors import HarnessError
from harness.schemas import write_schemas

PARTS = ("contracts", "scenarios", "golive.toml")


def landscape_folder() -> Path:
    """Return where the reference landscape stands: inside the package, or beside it.

    Raises:
        HarnessError: neither place has it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_landscape", package.parent):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise HarnessError(
        f"the reference landscape is neither in {package / '_landscape'} nor in {package.parent}; "
        "install golive-harness again"
    )


def copy_landscape(folder: Path) -> int:
    """Copy the reference landscape into a folder; return the number of files.

    The copy is made beside and then renamed, so that no half of it is ever seen.

    Raises:
        HarnessError: the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HarnessError(f"{folder} is not empty; name a folder that does not exist yet")
    source = landscape_folder()
    part = folder.with_name(folder.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    for name in PARTS:
        origin = source / name
        if origin.is_dir():
            shutil.copytree(origin, part / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(origin, part / name)
    (part / "reports").mkdir()
    write_schemas(part / "docs" / "schema")
    if folder.exists():
        folder.rmdir()
    part.replace(folder)
    return sum(1 for path in folder.rglob("*") if path.is_file())
