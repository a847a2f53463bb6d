"""Files of a project into models; what is wrong with them is collected, not raised."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from harness.declaration import Declaration
from harness.errors import BadInput, Problem
from harness.yamlfile import Document, read_documents, validate

M = TypeVar("M", bound=Declaration)


class Reader:
    """Reads YAML files into models and collects what is wrong with them."""

    def __init__(self, root: Path, problems: list[Problem]) -> None:
        self._root = root
        self.problems = problems

    def shown(self, file: Path) -> str:
        """Return how problems name a file."""
        return shown_as(file, self._root)

    def documents(self, file: Path) -> list[Document]:
        """Return the documents of a file; an empty file is a problem."""
        try:
            documents = read_documents(file, shown=self.shown(file))
        except BadInput as error:
            self.problems += error.problems
            return []
        if not documents:
            self.problems.append(
                Problem(self.shown(file), 0, 0, "the file is empty", "fill it, or remove it")
            )
        return documents

    def one(self, model: type[M], file: Path) -> M | None:
        """Return what a file of one document says, or None."""
        document = self.only(file)
        return self.validated(model, document) if document is not None else None

    def only(self, file: Path) -> Document | None:
        """Return the one document of a file, or None."""
        documents = self.documents(file)
        if len(documents) > 1:
            self.problems.append(
                documents[1].problem((), "this file holds one document, here a second one begins")
            )
        return documents[0] if documents else None

    def named(
        self, model: type[M], files: Iterable[Path], name: str
    ) -> dict[str, tuple[M, Document]]:
        """Return what several files say, by the name that each document gives itself."""
        found: dict[str, tuple[M, Document]] = {}
        for file in files:
            for document in self.documents(file):
                value = self.validated(model, document)
                if value is None:
                    continue
                key = getattr(value, name)
                if key in found:
                    other = found[key][1].file
                    message = f"{name} {key!r} stands in {other} already"
                    self.problems.append(document.problem((name,), message))
                    continue
                found[key] = (value, document)
        return found

    def validated(self, model: type[M], document: Document) -> M | None:
        """Return what a document says, or None."""
        try:
            return validate(model, document, document.data)
        except BadInput as error:
            self.problems += error.problems
            return None


def load_declaration(model: type[M], file: Path, *, root: Path) -> M | None:
    """Read one YAML file as a model; None when there is no such file.

    Raises:
        BadInput: everything that is wrong with it.
    """
    if not file.is_file():
        return None
    problems: list[Problem] = []
    found = Reader(root, problems).one(model, file)
    if problems:
        raise BadInput(problems)
    return found


def line_of(file: Path, line: int) -> str:
    """Return the text of a line, or an empty one."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else ""


def shown_as(file: Path, root: Path) -> str:
    """Return how a file is named: from the folder of the project, where it stands in it."""
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return file.as_posix()
