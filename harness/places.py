"""The places of what a project says, found when somebody asks: ``contracts/a.yaml:12``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BadInput
from harness.loader import Composed, Project, composed_contracts
from harness.yamlfile import Document, read_documents

_FOLDERS = {"system": "systems", "flow": "flows", "map": "maps"}


@dataclass
class Places:
    """Finds ``file:line`` of a path in a contract, system, flow or team of a project.

    Files are read again on the first question about their kind, so that a project in which
    nothing is found pays nothing.
    """

    project: Project
    _documents: dict[str, dict[str, Document]] = field(default_factory=dict, repr=False)
    _contracts: dict[str, Composed] | None = field(default=None, repr=False)

    def __call__(self, kind: str, name: str, path: tuple[str | int, ...]) -> str:
        """Return the place of a path, or of the nearest thing above it; empty when unknown."""
        if kind == "contract":
            return self._in_contract(name, path)
        if kind == "team":
            kind, path = "teams", ("teams", name, *path)
            name = "teams"
        document = self._of(kind).get(name)
        if document is None:
            return ""
        return f"{document.file}:{document.key_place(path)[0]}"

    def _in_contract(self, name: str, path: tuple[str | int, ...]) -> str:
        """Return the place of a path in a contract, in the file in which it really stands."""
        if self._contracts is None:
            folder = self.project.contracts_folder
            self._contracts = composed_contracts(folder, root=self.project.root)
        composed = self._contracts.get(name)
        if composed is None:
            return ""
        file, line = composed.key_place(path)
        return f"{file}:{line}"

    def _of(self, kind: str) -> dict[str, Document]:
        if kind not in self._documents:
            self._documents[kind] = dict(self._read(kind))
        return self._documents[kind]

    def _read(self, kind: str) -> Iterable[tuple[str, Document]]:
        folder = self.project.contracts_folder
        if kind == "teams":
            yield from (
                ("teams", document) for document in self._documents_in(folder / "teams.yaml")
            )
            return
        if kind not in _FOLDERS:
            return
        for file in sorted((folder / _FOLDERS[kind]).glob("*.y*ml")):
            for document in self._documents_in(file):
                if isinstance(document.data, dict) and kind in document.data:
                    yield str(document.data[kind]), document

    def _documents_in(self, file: Path) -> list[Document]:
        try:
            shown = file.resolve().relative_to(self.project.root.resolve()).as_posix()
        except ValueError:
            shown = file.as_posix()
        try:
            return read_documents(file, shown=shown)
        except BadInput:
            return []
