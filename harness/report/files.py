"""Write the record and everything rendered from it; read a record back."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from harness.errors import BadInput, Problem
from harness.readiness import FORMAT, Readiness
from harness.report.markdown import render_markdown
from harness.report.page import render_html


def write_reports(record: Readiness, folder: Path) -> None:
    """Write readiness.json, readiness.html and readiness.md, each beside and then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "readiness.json": record_text(record),
        "readiness.html": render_html(record),
        "readiness.md": render_markdown(record),
    }
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(folder / name)


def record_text(record: Readiness) -> str:
    """Return the record as JSON; the same record gives the same bytes."""
    data = record.model_dump(mode="json")
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def load_record(path: Path) -> Readiness:
    """Read a record.

    Raises:
        BadInput: there is none, or it is no record of this version.
    """
    shown = path.as_posix()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "`golive run` writes it"
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {error.strerror}", hint)]) from error
    except (ValueError, RecursionError) as error:
        raise BadInput([Problem(shown, 0, 0, f"is not JSON: {error}")]) from error
    said = data.get("format") if isinstance(data, dict) else None
    if said != FORMAT:
        message = f"is no record of this version: it says {said!r}, not {FORMAT!r}"
        raise BadInput([Problem(shown, 0, 0, message)])
    try:
        return Readiness.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput([Problem(shown, 0, 0, f"{place}: {first['msg']}")]) from error
