"""Find the Python checks that contracts name, in the project's folder or among the packages."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.contract import Contract
from harness.errors import Problem, did_you_mean


def load_checks(
    contracts: Iterable[Contract], *, root: Path
) -> tuple[dict[str, Callable[..., Any]], tuple[Problem, ...]]:
    """Return every function that a contract names under ``checks``, and what was not found.

    The functions are keyed by ``module:function``; the project's folder is importable. A problem
    stands at the line of the check, one for each check.
    """
    found: dict[str, Callable[..., Any]] = {}
    problems: list[Problem] = []
    for contract in contracts:
        for name, declared in contract.checks.items():
            clause = contract.clause(f"checks.{name}")
            if declared.run in found:
                continue
            function, wrong, hint = _function(declared.run, root)
            if function is None:
                said = f"checks.{name}.run: {wrong}"
                problems.append(Problem(clause.file, clause.line, 0, said, hint))
            else:
                found[declared.run] = function
    return found, tuple(problems)


def _function(run: str, root: Path) -> tuple[Callable[..., Any] | None, str, str]:
    """Return the function, or what is wrong and a way out."""
    module_name, _, attribute = run.partition(":")
    folder = str(root)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if not error.name or not f"{module_name}.".startswith(f"{error.name}."):
            return None, _raised(module_name, error), "mend the module, or install what it imports"
        return (
            None,
            f"there is no module {error.name!r} in the project's folder or among the packages",
            f"write {module_name.replace('.', '/')}.py beside golive.toml, or mend the name",
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the project's own code may raise anything
        return None, _raised(module_name, error), "mend the module"
    function = getattr(module, attribute, None)
    if callable(function):
        return function, "", ""
    names = [
        name for name, value in vars(module).items() if callable(value) and name.isidentifier()
    ]
    known = [name for name in names if not name.startswith("_")]
    what = "no function" if function is None else "something that is no function called"
    return None, f"{module_name} has {what} {attribute!r}", did_you_mean(attribute, known)


def _raised(module: str, error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if "importlib" not in f.filename and f.filename != __file__]
    file = Path(theirs[-1].filename).name if theirs else ""
    place = f" at {file}:{theirs[-1].lineno}" if theirs else ""
    return f"importing {module} raised {type(error).__name__}: {error}{place}"
