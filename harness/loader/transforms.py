"""The transforms that a project adds: imported from its folder before its contracts are read."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.mapping import Transform
from harness.mapping.added import added, show_added

Entries = dict[str, Transform]

# What importing a module of a project added, by the project's folder and the module's name: a
# module that was imported before is not run again.
_KNOWN: Final[dict[tuple[str, str], Entries]] = {}


@contextmanager
def own_transforms(root: Path, modules: Sequence[str]) -> Iterator[list[str]]:
    """Import the modules of a project, and let nothing but their transforms be seen meanwhile.

    Gives what is wrong, in words. Inside, the catalogue holds what is built in and what these
    modules add, so that a project cannot lean on the transforms of another one in the same
    process. Afterwards those of all projects stand in it, for whoever still works with them; of
    two with the same name, the one of the project that was read last. A module that has the name
    of another project's module does not take its place in ``sys.modules``.
    """
    root = root.resolve()
    before = added()
    problems: list[str] = []
    show_added({})
    try:
        for name in modules:
            try:
                entries = _entries(root, name, before)
            except _CannotImport as error:
                problems.append(str(error))
                continue
            clash = sorted(
                word for word, entry in entries.items() if added().get(word, entry) != entry
            )
            if clash:
                other = added()[clash[0]].home
                problems.append(f"{name} and {other} both have a transform `{clash[0]}`")
            show_added({**added(), **entries})
        yield problems
    finally:
        show_added({**before, **added()})


class _CannotImport(Exception):
    """A module of a project cannot be used."""


def _entries(root: Path, name: str, before: Entries) -> Entries:
    known = _KNOWN.get((str(root), name))
    if known is None:
        known = _KNOWN[(str(root), name)] = _imported(root, name, before)
    return known


def _imported(root: Path, name: str, before: Entries) -> Entries:
    """Import a module, and return the transforms that came with it."""
    seen = added()
    with _importable(root, name):
        was_there = name in sys.modules
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            show_added(seen)
            if not error.name or not f"{name}.".startswith(f"{error.name}."):
                raise _CannotImport(_raised(name, error, root)) from error
            message = f"there is no module {error.name!r} in the project's folder or installed"
            raise _CannotImport(message) from error
        except HarnessError as error:
            show_added(seen)
            raise _CannotImport(str(error).replace(f"{root}/", "")) from error
        except (Exception, SystemExit) as error:
            # The project's own code may raise anything.
            show_added(seen)
            raise _CannotImport(_raised(name, error, root)) from error
    found = {word: entry for word, entry in added().items() if seen.get(word) != entry}
    if was_there:
        # Somebody imported it earlier, such as the integration itself.
        package = name.partition(".")[0]
        found |= {
            word: entry for word, entry in before.items() if entry.home.partition(".")[0] == package
        }
    if not found:
        raise _CannotImport(f"{name} adds no transform; decorate one with `@transform(...)`")
    return found


@contextmanager
def _importable(root: Path, name: str) -> Iterator[None]:
    """Make the project's folder importable; another project's modules of that name step aside.

    The folder stays importable, as it does for the integration, unless others stepped aside.
    """
    folder, path = str(root), list(sys.path)
    package = name.partition(".")[0]
    here = importlib.machinery.PathFinder.find_spec(package, [folder])
    there = getattr(sys.modules.get(package), "__spec__", None)
    aside = {}
    if here is not None and there is not None and _place(here) != _place(there):
        aside = {
            word: module
            for word, module in sys.modules.items()
            if word == package or word.startswith(f"{package}.")
        }
    for word in aside:
        del sys.modules[word]
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if aside or folder in path:
            sys.path[:] = path
        if aside:
            mine = [w for w in sys.modules if w == package or w.startswith(f"{package}.")]
            for word in mine:
                del sys.modules[word]
            sys.modules.update(aside)


def _place(spec: importlib.machinery.ModuleSpec) -> tuple[str, ...]:
    if spec.origin:
        return (str(Path(spec.origin).resolve()),)
    return tuple(str(Path(place).resolve()) for place in spec.submodule_search_locations or ())


def _raised(name: str, error: BaseException, root: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if "importlib" not in f.filename and f.filename != __file__]
    place = f" at {theirs[-1].filename}:{theirs[-1].lineno}" if theirs else ""
    said = f"importing {name} raised {type(error).__name__}: {error}{place}"
    return said.replace(f"{root}/", "")
