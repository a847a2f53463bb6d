"""Write the record and everything rendered from it; read a record back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import BadInput, Problem
from harness.readiness import FORMAT, Readiness
from harness.report.markdown import render_markdown
from harness.report.page import render_html

MOST_PROBLEMS = 5
_AGAIN = "`golive run` writes it"


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
        # Half of a surrogate pair has no UTF-8; in JSON its escape is `\ud800`, as written here.
        part.write_bytes(text.encode("utf-8", "backslashreplace"))
        part.replace(folder / name)


def record_text(record: Readiness) -> str:
    """Return the record as JSON, an element of a list a line; the same record, the same bytes."""
    data = record.model_dump(mode="json")
    members = (f"{_compact(name)}:{_lines(value)}" for name, value in data.items())
    return "{\n" + ",\n".join(members) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load_record(path: Path) -> Readiness:
    """Read a record.

    Raises:
        BadInput: there is none, or it is no record of this version.
    """
    shown = path.as_posix()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise BadInput([Problem(shown, 0, 0, message, _AGAIN)]) from error
    except (ValueError, RecursionError) as error:
        raise BadInput([Problem(shown, 0, 0, f"is not JSON: {error}", _AGAIN)]) from error
    said = data.get("format") if isinstance(data, dict) else None
    if said != FORMAT:
        message = f"is no record of this version: it says {said!r}, not {FORMAT!r}"
        raise BadInput([Problem(shown, 0, 0, message, _AGAIN)])
    try:
        return Readiness.model_validate(data)
    except ValidationError as error:
        raise BadInput(
            Problem(shown, 0, 0, f"{'.'.join(map(str, found['loc']))}: {found['msg']}", _AGAIN)
            for found in error.errors(include_url=False)[:MOST_PROBLEMS]
        ) from error
