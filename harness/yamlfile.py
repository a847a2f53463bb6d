"""The strict YAML reader: YAML 1.2 scalars, no surprises, every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import BadInput, Problem, did_you_mean

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 60
MAX_NODES: Final = 200_000

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYWORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,200})")
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,100})(\.[0-9]{1,100})?([eE][-+]?[0-9]{1,3})?")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_QUOTED: Final = ("'", '"', "|", ">")
M = TypeVar("M", bound=BaseModel)
Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain data, and the way back to lines and columns."""

    data: Any
    file: str
    _node: Any
    _lines: Sequence[str]

    def place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the value at a path, or of its nearest parent."""
        return _mark(self._find(path)[1])

    def key_place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the key at a path, or of its nearest parent."""
        key, value = self._find(path)
        return _mark(key if key is not None else value)

    def has(self, path: Place) -> bool:
        """Return whether the document has a value at exactly this path."""
        node = self._node
        for part in path:
            _, node = _child(node, part)
            if node is None:
                return False
        return True

    def problem(self, path: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at a path, with the line it stands in."""
        line, column = self.key_place(path) if key else self.place(path)
        source = self._lines[line - 1] if line <= len(self._lines) else ""
        return Problem(self.file, line, column, message, hint, source)

    def _find(self, path: Place) -> tuple[Any, Any]:
        key, node = None, self._node
        for part in path:
            inner_key, inner = _child(node, part)
            if inner is None:
                break
            key, node = inner_key, inner
        return key, node


def read_documents(path: Path, *, shown: str | None = None) -> list[Document]:
    """Read every document of a YAML file; an empty file holds none.

    Raises:
        BadInput: everything that is wrong with the file.
    """
    name = shown or path.as_posix()
    try:
        if path.is_dir():
            raise BadInput([Problem(name, 0, 0, "is a folder, not a file")])
        if path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size / 1_000_000
            message = f"is {size:.1f} MB; a file of ours has at most {MAX_BYTES // 1_000_000} MB"
            raise BadInput([Problem(name, 0, 0, message, "split it, or move data to JSON fixtures")])
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput([Problem(name, 0, 0, "there is no such file")]) from error
    except OSError as error:
        raise BadInput([Problem(name, 0, 0, f"cannot be read: {error.strerror}")]) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(
            [Problem(name, line, 1, "is not UTF-8 text", "save the file as UTF-8")]
        ) from error
    return read_text(text, name)


def read_text(text: str, shown: str) -> list[Document]:
    """Read every document of a YAML text.

    Raises:
        BadInput: everything that is wrong with it.
    """
    lines = text.splitlines() or [""]
    _refuse_characters(text, lines, shown)
    nodes = _Composer(text, lines, shown).documents()
    problems: list[Problem] = []
    documents = []
    for node in nodes:
        data = _Builder(shown, lines, problems).build(node)
        documents.append(Document(data, shown, node, lines))
    if problems:
        raise BadInput(problems)
    return documents


def validate(model: type[M], document: Document, data: Any, *, at: Place = ()) -> M:
    """Return the model that the data describes; ``x-`` keys are left out.

    Raises:
        BadInput: one problem for each thing that is wrong, at its place.
    """
    if not isinstance(data, Mapping):
        raise BadInput(
            [document.problem(at, f"expected a mapping with keys such as {_keys_of(model)}")]
        )
    try:
        return model.model_validate(_without_extensions(data))
    except ValidationError as error:
        raise BadInput(_explain(model, document, error, tuple(at))) from error


class _Composer:
    """Turns text into nodes, guarding against what libyaml would choke on."""

    def __init__(self, text: str, lines: Sequence[str], shown: str) -> None:
        self._text, self._lines, self._shown = text, lines, shown

    def documents(self) -> list[Any]:
        try:
            self._guard()
            return [
                node
                for node in yaml.compose_all(self._text, Loader=_Base)
                if node is not None and not _is_nothing(node)
            ]
        except yaml.MarkedYAMLError as error:
            raise BadInput([self._syntax(error)]) from error
        except yaml.YAMLError as error:
            raise BadInput([Problem(self._shown, 0, 0, f"is not YAML: {error}")]) from error

    def _guard(self) -> None:
        depth = nodes = 0
        for event in yaml.parse(self._text, Loader=_Base):
            mark = event.start_mark
            if isinstance(event, yaml.AliasEvent):
                raise self._refused(mark, "aliases (`*name`) are not read; write the value out")
            if getattr(event, "anchor", None) is not None:
                raise self._refused(mark, "anchors (`&name`) are not read; write the value out")
            tag = getattr(event, "tag", None)
            if tag is not None and tag != "!":
                raise self._refused(mark, "tags (`!name`) are not read; leave it out")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            nodes += 1
            if depth > MAX_DEPTH:
                raise self._refused(mark, f"is nested more than {MAX_DEPTH} levels deep")
            if nodes > MAX_NODES:
                raise self._refused(mark, f"has more than {MAX_NODES} nodes")

    def _refused(self, mark: Any, message: str) -> BadInput:
        return BadInput([self._problem(mark, message)])

    def _problem(self, mark: Any, message: str, hint: str = "") -> Problem:
        line, column = mark.line + 1, mark.column + 1
        line = min(line, max(len(self._lines), 1))
        source = self._lines[line - 1] if line <= len(self._lines) else ""
        return Problem(self._shown, line, column, message, hint, source)

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        line = self._lines[min(mark.line, len(self._lines) - 1)]
        if "\t" in line[: mark.column + 1] and not line[: mark.column].strip():
            return self._problem(mark, "tabs cannot indent YAML", "indent with spaces")
        hint = _syntax_hint(said, line)
        if error.context_mark is not None and error.context_mark.line != mark.line:
            began = f"it began in line {error.context_mark.line + 1}"
            hint = f"{began}; {hint}" if hint else began
        return self._problem(mark, f"is not YAML: {said}", hint)


class _Builder:
    """Turns nodes into plain data, collecting what is wrong."""

    def __init__(self, shown: str, lines: Sequence[str], problems: list[Problem]) -> None:
        self._shown, self._lines, self._problems = shown, lines, problems

    def build(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child) for child in node.value]
        result: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(key_node, "a key is a word, not a list or a mapping")
                continue
            key = str(key_node.value)
            if key == "<<":
                self._add(key_node, "merge keys (`<<`) are not read; write the values out")
                continue
            if key in seen:
                self._add(key_node, f"the key `{key}` stands in line {seen[key]} already")
                continue
            seen[key] = key_node.start_mark.line + 1
            result[key] = self.build(value_node)
        return result

    def _add(self, node: Any, message: str) -> None:
        line, column = _mark(node)
        self._problems.append(
            Problem(self._shown, line, column, message, source=self._lines[line - 1])
        )


def _scalar(node: Any) -> Any:
    text = node.value
    if node.style in _QUOTED:
        return text
    first = text[:1]
    if first in "-+0123456789" and first:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        return text
    return _KEYWORDS.get(text, text)


def _is_nothing(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style not in _QUOTED and not node.value


def _child(node: Any, part: str | int) -> tuple[Any, Any]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key, value
    elif isinstance(node, yaml.SequenceNode) and str(part).isdigit() and int(part) < len(node.value):
        return None, node.value[int(part)]
    return None, None


def _mark(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _refuse_characters(text: str, lines: Sequence[str], shown: str) -> None:
    match = _CONTROL.search(text)
    if match is None:
        return
    before = text[: match.start()]
    line = before.count("\n") + 1
    column = match.start() - (before.rfind("\n") + 1) + 1
    message = f"has a control character (U+{ord(match[0]):04X}) that no YAML may hold"
    raise BadInput([Problem(shown, min(line, len(lines)), column, message)])


def _syntax_hint(said: str, line: str) -> str:
    if "mapping values are not allowed" in said:
        return "a value with `: ` in it must be quoted, and nested keys need deeper indentation"
    if "found character" in said and "cannot start any token" in said:
        return 'a value that begins with one of @ ` % must be quoted'
    if "did not find expected" in said and "flow" in said:
        return "inside { } a value with a comma, a bracket or a brace must be quoted"
    return ""


def _without_extensions(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {
            key: _without_extensions(value)
            for key, value in data.items()
            if not str(key).startswith("x-")
        }
    if isinstance(data, list):
        return [_without_extensions(value) for value in data]
    return data


def _explain(
    model: type[BaseModel], document: Document, error: ValidationError, at: tuple[str | int, ...]
) -> list[Problem]:
    problems = []
    for found in error.errors():
        path = _path_in(document, at, found["loc"])
        kind = found["type"]
        where = ".".join(str(part) for part in path[len(at) :])
        last = str(found["loc"][-1]) if found["loc"] else ""
        said = found["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        if kind == "extra_forbidden":
            known = _known_keys(model, found["loc"][:-1])
            hint = did_you_mean(last, known)
            problems.append(
                document.problem(path, f"there is no key `{last}` here", hint, key=True)
            )
            continue
        if kind == "missing":
            what = _description(model, found["loc"])
            prefix = f"{where}: " if where else ""
            message = f"{prefix}`{last}` is missing" + (f": {what}" if what else "")
            problems.append(document.problem(path, message, key=bool(path)))
            continue
        message, _, hint = said.partition(" ~ hint: ")
        if kind in ("literal_error", "enum"):
            allowed = re.findall(r"'([^']*)'", str(found.get("ctx", {}).get("expected", "")))
            value = found["input"]
            message = f"{value!r} is not one of {', '.join(allowed)}"
            hint = did_you_mean(str(value), allowed) if isinstance(value, str) else ""
        elif kind in _PLAIN_TYPES:
            message = f"expected {_PLAIN_TYPES[kind]}, got {_as_read(found['input'])}"
        elif kind == "string_pattern_mismatch":
            pattern = found.get("ctx", {}).get("pattern", "")
            message = f"{found['input']!r} does not have the form {pattern}"
        problems.append(
            document.problem(path, f"{where}: {message}" if where else message, hint)
        )
    return problems


_PLAIN_TYPES: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "mapping_type": "a mapping",
}


def _as_read(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _path_in(
    document: Document, at: tuple[str | int, ...], location: tuple[str | int, ...]
) -> tuple[str | int, ...]:
    """Return the part of a location that the document has; union tags are not in it."""
    path = at
    for part in location:
        if document.has((*path, part)):
            path = (*path, part)
    return path


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    found = _model_at(model, location)
    if found is None:
        return []
    return [info.alias or name for name, info in found.model_fields.items()]


def _description(model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    found = _model_at(model, location[:-1])
    if found is None:
        return ""
    for name, info in found.model_fields.items():
        if location[-1] in (name, info.alias):
            return (info.description or "").rstrip(".")
    return ""


def _model_at(model: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Follow a location through annotations to the model it ends in."""
    candidates: list[Any] = [model]
    for part in location:
        following: list[Any] = []
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                for name, info in candidate.model_fields.items():
                    if part in (name, info.alias):
                        following += _models_in(info.annotation)
        candidates = following or candidates
    models = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
    wanted = [m for m in models if m.__name__.lower().startswith(str(location[-1]).lower())] if location else []
    return (wanted or models or [None])[0]


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models_in(inner)]


def _keys_of(model: type[BaseModel]) -> str:
    names = [info.alias or name for name, info in model.model_fields.items()]
    return ", ".join(f"`{name}`" for name in names[:3])
