"""Vendor files as plain data: JSON or YAML, of a bounded size, with references inside the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import BadInput, Problem, did_you_mean

MAX_BYTES: Final = 30_000_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor's file: its data, and what identifies it."""

    file: Path
    data: Any
    sha256: str

    def refuse(self, message: str, hint: str = "") -> BadInput:
        """Return the error that this file is not what was expected."""
        return BadInput([Problem(self.file.as_posix(), 0, 0, message, hint)])

    def resolve(self, reference: str) -> Any:
        """Return what a reference such as ``#/components/schemas/Order`` points at.

        Raises:
            BadInput: it points outside of the file, or nowhere.
        """
        if not reference.startswith("#"):
            hint = "put the parts into one file first; nothing is fetched"
            raise self.refuse(f"the reference {reference!r} leads out of the file", hint)
        here = self.data
        for part in reference.lstrip("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if key == "" and here is self.data:
                continue
            if isinstance(here, list) and key.isdigit() and int(key) < len(here):
                here = here[int(key)]
            elif isinstance(here, dict) and key in here:
                here = here[key]
            else:
                names = list(here) if isinstance(here, dict) else []
                raise self.refuse(
                    f"the reference {reference!r} leads nowhere", did_you_mean(key, names)
                )
        return here


def read_source(file: Path) -> Source:
    """Read a vendor's file.

    Raises:
        BadInput: it is missing, too large, or neither JSON nor YAML.
    """
    shown = file.as_posix()
    try:
        if file.stat().st_size > MAX_BYTES:
            most = f"{MAX_BYTES // 1_000_000} MB is the most that is read"
            raise BadInput([Problem(shown, 0, 0, "is too large", most)])
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise BadInput([Problem(shown, 0, 0, "is not UTF-8 text")]) from error
    return Source(file, _parsed(text, shown), hashlib.sha256(raw).hexdigest())


def _parsed(text: str, shown: str) -> Any:
    try:
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the safe loader, by libyaml
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}"
        raise BadInput([Problem(shown, error.lineno, error.colno, message)]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise BadInput([Problem(shown, line, column, f"is not YAML: {error.problem}")]) from error
    except RecursionError as error:
        raise BadInput([Problem(shown, 0, 0, "is nested too deeply")]) from error
    # A date that does not exist, a character that is none, a value that no key can be.
    except (yaml.YAMLError, ValueError, TypeError) as error:
        first = str(error).partition("\n")[0]
        raise BadInput([Problem(shown, 0, 0, f"cannot be read: {first}")]) from error
