"""The strict YAML reader: only what YAML 1.2 means, and every problem with its place.

Text becomes plain data in one pass over libyaml's events: no recursion, no guessing, no aliases
that could multiply. Beside the data stays a tree of marks, asked for places when one is needed.
"""

from __future__ import annotations

import re
import stat
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    PlainValidator,
    Tag,
    ValidationError,
    WrapValidator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from harness.errors import BadInput, Problem, did_you_mean

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 60
MAX_NODES: Final = 200_000
MAX_PROBLEMS: Final = 50
MAX_DIGITS: Final = 400

Place = Sequence[str | int]
M = TypeVar("M", bound=BaseModel)

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE]([-+]?[0-9]+))?)")
_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_QUOTE_IT: Final = "put the text in quotes"


# --- places -------------------------------------------------------------------------------------


class _Source:
    """The text of one file, and the problems found in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.problems: list[Problem] = []

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines as editors count them; a last empty line does not count."""
        lines = re.split("\r\n|\r|\n", self.text)
        return lines[:-1] if len(lines) > 1 and not lines[-1] else lines

    def problem(self, line: int, column: int, message: str, hint: str = "") -> Problem:
        """Return a problem at a place counted from 1; the end of the file is its last line."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        source = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", self.lines[line - 1])
        return Problem(self.file, line, column, message, hint, source)

    def report(self, mark: yaml.Mark, message: str, hint: str = "") -> None:
        """Add a problem at a mark; after too many of them reading ends."""
        self.problems.append(self.problem(mark.line + 1, mark.column + 1, message, hint))
        if len(self.problems) == MAX_PROBLEMS:
            rest = f"{MAX_PROBLEMS} problems up to here; the rest of the file was not read"
            self.give_up(mark, rest, "mend these first")

    def give_up(self, mark: yaml.Mark, message: str, hint: str = "") -> NoReturn:
        """Raise everything that was found, and this."""
        last = self.problem(mark.line + 1, mark.column + 1, message, hint)
        raise BadInput([*self.problems, last])


class _Branch:
    """Where a mapping or a list begins, and where its keys and values stand.

    ``data`` is what becomes of it. While it is read, ``key`` is the key that waits for its value.
    """

    __slots__ = ("children", "data", "is_key", "key", "keys", "mark")

    def __init__(self, mark: yaml.Mark, *, is_list: bool, is_key: bool = False) -> None:
        self.mark = mark
        self.data: Any = [] if is_list else {}
        self.children: Any = [] if is_list else {}
        self.keys: dict[str, yaml.Mark] | None = None if is_list else {}
        self.key: str | None = None
        self.is_key = is_key

    def step(self, part: str | int) -> _Branch | yaml.Mark | None:
        """Return what stands under a key or an index, or None."""
        if self.keys is not None:
            found: _Branch | yaml.Mark | None = self.children.get(str(part))
            return found
        text = str(part)
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(self.children):
            element: _Branch | yaml.Mark = self.children[int(text)]
            return element
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain data, and the way back to lines and columns.

    ``data`` consists of dict (keys are text), list, str, int, Decimal, bool and None.
    """

    data: Any
    file: str
    _tree: _Branch | yaml.Mark = field(repr=False, compare=False)
    _source: _Source = field(repr=False, compare=False)

    def place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the value at a path, or of its nearest parent."""
        node = self._tree
        for part in path:
            inner = node.step(part) if isinstance(node, _Branch) else None
            if inner is None:
                break
            node = inner
        return _line_and_column(node)

    def key_place(self, path: Place) -> tuple[int, int]:
        """Return line and column of the key of a path, or of its nearest parent's key.

        An element of a list has no key and stands for itself.
        """
        node = self._tree
        mark: _Branch | yaml.Mark = node
        for part in path:
            inner = node.step(part) if isinstance(node, _Branch) else None
            if inner is None or not isinstance(node, _Branch):
                break
            mark = inner if node.keys is None else node.keys[str(part)]
            node = inner
        return _line_and_column(mark)

    def problem(self, path: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at the value at a path, or at its key, with the line it stands in."""
        line, column = self.key_place(path) if key else self.place(path)
        return self._source.problem(line, column, message, hint)


def _line_and_column(node: _Branch | yaml.Mark) -> tuple[int, int]:
    mark = node.mark if isinstance(node, _Branch) else node
    return mark.line + 1, mark.column + 1


# --- files --------------------------------------------------------------------------------------


def read_documents(path: Path, *, shown: str | None = None) -> list[Document]:
    """Return the documents of a YAML file; one that holds nothing but comments has none.

    ``shown`` is how problems name the file.

    Raises:
        BadInput: everything that is wrong with the file.
    """
    file = shown or path.as_posix()
    try:
        raw = _bytes(path, file)
    except (OSError, ValueError) as error:  # ValueError: the name itself is impossible
        raise BadInput([Problem(file, 0, 0, *_why_unreadable(path, error))]) from error
    # A file that grew since it was measured is as large as it is now.
    if len(raw) > MAX_BYTES:
        raise BadInput([_too_large(file, len(raw))])
    try:
        return read_text(raw.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        raise BadInput([_not_utf8(error.object, error.start, file)]) from error


def read_text(text: str, shown: str) -> list[Document]:
    """Return the documents of a YAML text; ``shown`` is how problems name it.

    Raises:
        BadInput: everything that is wrong with it.
    """
    if len(text) > MAX_BYTES:
        raise BadInput([_too_large(shown, len(text))])
    source = _Source(shown, text)
    _refuse_characters(source)
    reader = _Reader(source)
    try:
        documents = list(reader.documents())
    except yaml.MarkedYAMLError as error:
        raise BadInput([*source.problems, _syntax_problem(source, error)]) from error
    # The parser in Python, used where libyaml is missing, lets some escapes fail as ValueError.
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise BadInput([*source.problems, source.problem(1, 1, f"not YAML: {first}")]) from error
    if source.problems:
        raise BadInput(source.problems)
    return documents


def empty_file(shown: str) -> Problem:
    """Return the problem of a file without any document, for callers that need one."""
    return Problem(shown, 0, 0, "the file is empty", "fill it, or remove it")


def _bytes(path: Path, file: str) -> bytes:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise BadInput([Problem(file, 0, 0, "is a folder, not a file", "name a file in it")])
    if not stat.S_ISREG(status.st_mode):
        # Reading a pipe or a device could last for ever.
        raise BadInput([Problem(file, 0, 0, "is not a regular file", "save the text in a file")])
    if status.st_size > MAX_BYTES:
        raise BadInput([_too_large(file, status.st_size)])
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _why_unreadable(path: Path, error: OSError | ValueError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return "there is no such file", _similar_file(path)
    if isinstance(error, PermissionError):
        return "the file may not be read", "change its permissions, or run as its owner"
    return f"the file cannot be read: {getattr(error, 'strerror', None) or error}", ""


def _similar_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent.as_posix()!r} either"
    hint = did_you_mean(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    return hint if hint.startswith("did you mean") else ""


def _too_large(file: str, size: int) -> Problem:
    return Problem(
        file,
        0,
        0,
        f"is {size / 1_000_000:.1f} MB; {MAX_BYTES // 1_000_000} MB is the most that is read",
        "split it, or keep large data in JSON files beside it",
    )


def _not_utf8(raw: bytes, start: int, file: str) -> Problem:
    before = _Source(file, raw[:start].decode("utf-8", "replace") + "|")
    source = _Source(file, raw.decode("utf-8", "replace"))
    return source.problem(
        len(before.lines),
        len(before.lines[-1]),
        f"byte 0x{raw[start]:02x} is not UTF-8 text",
        "save the file as UTF-8",
    )


def _refuse_characters(source: _Source) -> None:
    """Raise for characters that nobody can see; the parser would trip over most of them."""
    for match in _FORBIDDEN.finditer(source.text):
        before = _Source(source.file, source.text[: match.start()] + "|")
        line, column = len(before.lines), len(before.lines[-1])
        found = source.problem(
            line,
            column,
            f"the character U+{ord(match[0]):04X} cannot stand in YAML text",
            'delete it, or write it as an escape in double quotes, as in "\\u2028"',
        )
        source.problems.append(found)
        if len(source.problems) == MAX_PROBLEMS:
            break
    if source.problems:
        raise BadInput(source.problems)


# --- reading ------------------------------------------------------------------------------------


class _Reader:
    """Turns the events of one text into documents, collecting what is wrong."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._nodes = 0

    def documents(self) -> Iterator[Document]:
        parser = _Parser(self._source.text)
        next_event: Callable[[], Any] = parser.get_event
        try:
            while type(event := next_event()) is not yaml.StreamEndEvent:
                if type(event) is not yaml.DocumentStartEvent:
                    continue
                first = next_event()
                if not _is_nothing(first):
                    root = self._document(first, next_event)
                    yield Document(root.data[0], self._source.file, root.children[0], self._source)
        finally:
            parser.dispose()

    def _document(self, event: Any, next_event: Callable[[], Any]) -> _Branch:
        """Return a list branch that holds the value of the document."""
        current = root = _Branch(event.start_mark, is_list=True)
        stack: list[_Branch] = []
        budget = MAX_NODES - self._nodes
        while True:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                budget -= 1
                if event.anchor is not None or event.tag is not None:
                    self._refuse_label(event)
                text = event.value
                if current.keys is None:
                    current.data.append(self._scalar(event, text))
                    current.children.append(event.start_mark)
                elif current.key is None:
                    current.key = self._key(event, text, current.keys)
                else:
                    key = current.key
                    current.data[key] = self._scalar(event, text)
                    current.children[key] = event.start_mark
                    current.key = None
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                budget -= 1
                stack.append(current)
                current = self._open(event, current, deep=len(stack))
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done, current = current, stack.pop()
                self._close(done, current)
            elif kind is yaml.AliasEvent:
                budget -= 1
                self._refuse_label(event)
                self._stand_in(event.start_mark, current)
            else:  # the end of the document
                break
            if budget < 0:
                message = f"the file has more than {MAX_NODES} keys and values"
                self._source.give_up(event.start_mark, message, "split it into several files")
            event = next_event()
        self._nodes = MAX_NODES - budget
        return root

    def _open(self, event: Any, parent: _Branch, *, deep: int) -> _Branch:
        mark = event.start_mark
        if event.anchor is not None or event.tag is not None:
            self._refuse_label(event)
        if deep > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            self._source.give_up(mark, message, "write it flatter")
        is_key = parent.keys is not None and parent.key is None
        if is_key:
            self._source.report(
                mark,
                "a key must be text, not a mapping or a list",
                "braces and brackets at the start of a text need quotes, as in '{{ name }}'",
            )
        return _Branch(mark, is_list=type(event) is yaml.SequenceStartEvent, is_key=is_key)

    @staticmethod
    def _close(done: _Branch, parent: _Branch) -> None:
        if done.is_key:
            parent.key = ""
        elif parent.keys is None:
            parent.data.append(done.data)
            parent.children.append(done)
        elif parent.key is not None:
            parent.data[parent.key] = done.data
            parent.children[parent.key] = done
            parent.key = None

    @staticmethod
    def _stand_in(mark: yaml.Mark, parent: _Branch) -> None:
        """Take the place of a refused value, so that the rest of the file can be checked."""
        if parent.keys is None:
            parent.data.append(None)
            parent.children.append(mark)
        else:
            parent.key = "" if parent.key is None else None

    def _key(self, event: Any, key: str, keys: dict[str, yaml.Mark]) -> str:
        mark = event.start_mark
        if key in keys:
            first = keys[key].line + 1
            message = f"the key `{_cut(key)}` is given twice, first in line {first}"
            self._source.report(mark, message, "keep one of the two")
            return key
        if not event.style:
            if key == "<<":
                self._source.report(
                    mark,
                    "merge keys (`<<`) are not read",
                    "write the keys out where they belong; quote '<<' if it is meant as text",
                )
            elif not key:
                self._source.report(mark, "a key is missing before the colon", "write `key: value`")
        keys[key] = mark
        return key

    def _scalar(self, event: Any, text: str) -> Any:
        if event.style:
            # Only an escape in double quotes can smuggle in half a character.
            if event.style == '"' and not text.isascii() and _SURROGATE.search(text):
                message = "an escape stands for half a character"
                self._source.report(event.start_mark, message, "write the character itself")
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "-0123456789":
            return text
        number = _NUMBER.fullmatch(text)
        if number is None:
            return text
        if len(text) > MAX_DIGITS or len(number[2] or "") > 4 or abs(int(number[2] or 0)) > 400:
            self._source.report(
                event.start_mark, "the number is too large or too fine", "quote it if it is text"
            )
            return text
        return Decimal(text) if number[1] else int(text)

    def _refuse_label(self, event: Any) -> None:
        if getattr(event, "tag", None) is not None:
            message = (
                f"tags such as `{_cut(_tag(event.tag))}` are not read; a value is what it says"
            )
            hint = "leave the tag out; quote a text that begins with `!`"
        else:
            sign = "*" if type(event) is yaml.AliasEvent else "&"
            message = (
                f"anchors and aliases (`{sign}{_cut(event.anchor)}`) are not read; "
                "each place says what holds there"
            )
            hint = f"write the value out; quote a text that begins with `{sign}`"
        self._source.report(event.start_mark, message, hint)


def _is_nothing(event: Any) -> bool:
    """Return whether a document has no value, not even a written null."""
    return (
        type(event) is yaml.ScalarEvent
        and not (event.value or event.style)
        and event.anchor is None
        and event.tag is None
    )


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# --- syntax errors ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Slip:
    """What people wrote when the parser says ``said``, and the way out.

    ``at_start``: the place to show is where the broken thing began, not where it was noticed.
    """

    said: str
    message: str
    hint: str = ""
    at_start: bool = False


_INDENTATION: Final = "check its indentation; text after a closing quote belongs inside the quotes"
_SLIPS: Final = (
    _Slip(
        "scanning an? (anchor|alias)",
        "`&` and `*` at the start of a text have a meaning in YAML that is not read here",
        _QUOTE_IT,
    ),
    _Slip(
        "scanning a tag|parsing a tag|undefined tag handle",
        "`!` at the start of a text has a meaning in YAML that is not read here",
        _QUOTE_IT,
    ),
    _Slip(
        "scanning a (%YAML |%TAG )?directive|duplicate %|incompatible YAML",
        "a line that begins with `%` is not a directive that can be read",
        _QUOTE_IT,
    ),
    _Slip(
        "quoted scalar.*(unexpected end of stream|document (indicator|separator))",
        "the quote that opens here is never closed",
        "close it; inside single quotes write '' for an apostrophe",
        at_start=True,
    ),
    _Slip(
        "unknown escape|hexdecimal|hexadecimal|invalid Unicode",
        "the backslash does not begin an escape that YAML knows",
        "use single quotes, or write two backslashes for one",
    ),
    _Slip(
        r"parsing a flow sequence.*expected ',' or '\]'",
        "a comma or the closing `]` of the list from line {start} is missing before this",
        "quote a text that contains a comma, a bracket or a brace",
    ),
    _Slip(
        r"parsing a flow mapping.*expected ',' or '\}'",
        "a comma or the closing `}}` of the mapping from line {start} is missing before this",
        "quote a text that contains a comma, a bracket or a brace",
    ),
    _Slip(
        "could not find expected ':'",
        "this is not `key: value`",
        "a colon and a space end a key; a longer text is quoted, or indented below its key",
        at_start=True,
    ),
    _Slip(
        "mapping values are not allowed",
        "a `key: value` cannot stand here",
        "quote a text that holds a colon and a space; a key's colon is followed by a space",
    ),
    _Slip(
        "sequence entries are not allowed",
        "a list entry (`- `) cannot stand here",
        "put it on a line of its own, indented like its neighbours",
    ),
    _Slip("mapping keys are not allowed", "a key marked with `? ` cannot stand here", _QUOTE_IT),
    _Slip(
        "block mapping.*(expected key|expected <block end>)",
        "this does not fit into the mapping from line {start}",
        _INDENTATION,
    ),
    _Slip(
        "block (collection|sequence).*(expected '-'|expected <block end>)",
        "this does not fit into the list from line {start}",
        _INDENTATION,
    ),
    _Slip("cannot start any token", "a text cannot begin with {char!r}", _QUOTE_IT),
    _Slip(
        "scanning a block scalar",
        "after `|` or `>` only a digit, `+` or `-` may stand, then a new line",
        "quote a text that begins with `|` or `>`, and indent the lines below",
    ),
    _Slip("node content", "a value is missing before this", "write it, or quote what stands here"),
    _Slip(
        "<document start>",
        "the document has ended before this",
        "check the indentation; a line `---` begins another document",
    ),
)


def _syntax_problem(source: _Source, error: yaml.MarkedYAMLError) -> Problem:
    """Return a syntax error in words that say what to change."""
    said = ": ".join(part for part in (error.context, error.problem) if part)
    found = error.problem_mark or error.context_mark
    start = error.context_mark or found
    if found is None or start is None:
        return source.problem(1, 1, f"not YAML: {said}")
    line = source.lines[found.line] if found.line < len(source.lines) else ""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation and not re.search("flow|quoted", said):
        column = indentation.index("\t") + 1
        return source.problem(found.line + 1, column, "tabs cannot indent YAML; use spaces")
    slip = next((slip for slip in _SLIPS if re.search(slip.said, said)), None)
    if slip is None:
        return source.problem(found.line + 1, found.column + 1, f"not YAML: {said}")
    mark = start if slip.at_start else found
    char = line[found.column : found.column + 1]
    message = slip.message.format(start=start.line + 1, char=char)
    return source.problem(mark.line + 1, mark.column + 1, message, slip.hint)


# --- models -------------------------------------------------------------------------------------


def validate(model: type[M], document: Document, data: Any, *, at: Place = ()) -> M:
    """Return the model that data from a document describes.

    ``at`` is where the data stands in the document; a path the document lacks is reported at its
    nearest parent. Keys that begin with ``x-`` are notes and are left out wherever the model names
    the keys; where it leaves them open, as in a payload, they are data. Text is never taken for a
    number or a yes, and a key is known by its alias alone.

    Raises:
        BadInput: one problem for each thing that is wrong, at its place.
    """
    shape = _shape(model)
    complaints: list[_Complaint] = []
    kept = _prepare(data, shape, (), complaints)
    try:
        found = model.model_validate(kept)
    except ValidationError as error:
        complaints += _complaints(error, kept, shape, known={c.path for c in complaints})
    else:
        if not complaints:
            return found
    raise BadInput(_problem(complaint, document, tuple(at)) for complaint in complaints)


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One thing that is wrong with data, at a path in it.

    ``expected`` says what could stand there when the value is of the wrong kind; complaints of
    that sort from the branches of a union become one.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    key: bool = False
    expected: str = ""
    lacks: str = ""


def _problem(complaint: _Complaint, document: Document, at: tuple[str | int, ...]) -> Problem:
    where = ".".join(str(part) for part in complaint.path)
    message = f"{where}: {complaint.message}" if where else complaint.message
    return document.problem((*at, *complaint.path), message, complaint.hint, key=complaint.key)


@dataclass(slots=True)
class _Shape:
    """What a type lets stand at a place; unions are laid over each other.

    ``open`` means that more may stand there than can be seen from here.
    """

    models: tuple[type[BaseModel], ...] = ()
    tags: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    values: _Shape | None = None
    elements: tuple[_Shape, ...] = ()
    endless: bool = False
    words: tuple[Any, ...] = ()
    scalars: frozenset[type] = frozenset()
    open: bool = False

    @property
    def names_keys(self) -> bool:
        """Tell whether keys here, or one level of free names below, belong to a model."""
        return bool(self.models) or (self.values is not None and self.values.names_keys)

    def under(self, part: str | int) -> _Shape:
        """Return the shape of what stands under a key or an index."""
        if isinstance(part, int):
            if self.endless and self.elements:
                return self.elements[0]
            return self.elements[part] if part < len(self.elements) else _ANYTHING
        if part in (fields := _fields(self.models)):
            return fields[part]
        return self.values or _ANYTHING

    def narrowed(self, tag: str) -> _Shape:
        """Return the shape without the models that a tag rules out."""
        return replace(self, models=(self.tags[tag],), tags={}) if tag in self.tags else self

    def over(self, other: _Shape) -> _Shape:
        """Return the shape that lets either stand."""
        values = self.values.over(other.values) if self.values and other.values else None
        return _Shape(
            models=self.models + other.models,
            tags={**self.tags, **other.tags},
            values=values or self.values or other.values,
            elements=self.elements or other.elements,
            endless=self.endless or other.endless,
            words=self.words + other.words,
            scalars=self.scalars | other.scalars,
            open=self.open or other.open,
        )


_ANYTHING: Final = _Shape(open=True)
_LISTS: Final = (list, set, frozenset, Sequence)
_REWRITES: Final = (BeforeValidator, PlainValidator, WrapValidator)


def _shape(annotation: Any, metadata: Iterable[Any] = ()) -> _Shape:
    """Return what an annotation lets stand."""
    notes = list(metadata)
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        notes += more
    shape = _bare_shape(annotation)
    for note in notes:
        if isinstance(note, Tag) and len(shape.models) == 1:
            shape = replace(shape, tags={note.tag: shape.models[0]})
        if isinstance(note, _REWRITES):
            shape = replace(shape, open=True)
    return shape


def _bare_shape(annotation: Any) -> _Shape:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Union or origin is types.UnionType:
        shape = _shape(inner[0])
        for other in inner[1:]:
            shape = shape.over(_shape(other))
        return shape
    if origin is Literal:
        return _Shape(words=inner)
    if origin in (dict, Mapping):
        return _Shape(values=_shape(inner[1]))
    if origin is tuple:
        endless = inner[-1] is Ellipsis
        return _Shape(
            elements=tuple(map(_shape, inner[: -1 if endless else None])), endless=endless
        )
    if origin in _LISTS:
        return _Shape(elements=(_shape(inner[0]),), endless=True)
    if isinstance(annotation, type) and origin is None:
        if issubclass(annotation, BaseModel):
            return _Shape(models=(annotation,))
        if annotation in (bool, int, str, Decimal, types.NoneType):
            return _Shape(scalars=frozenset({annotation}))
    return _ANYTHING


@cache
def _fields(models: tuple[type[BaseModel], ...]) -> dict[str, _Shape]:
    """Return the shapes of the keys of these models, by the name that files use."""
    found: dict[str, _Shape] = {}
    for model in models:
        for name, info in model.model_fields.items():
            key = info.alias or name
            shape = _shape(info.annotation, info.metadata)
            found[key] = found[key].over(shape) if key in found else shape
    return found


def _described(models: Iterable[type[BaseModel]], key: str) -> str:
    infos: list[FieldInfo] = [
        info
        for model in models
        for name, info in model.model_fields.items()
        if key == (info.alias or name)
    ]
    return next((info.description for info in infos if info.description), "")


def _prepare(
    data: Any, shape: _Shape, path: tuple[str | int, ...], complaints: list[_Complaint]
) -> Any:
    """Return data without notes, complaining of what pydantic would let pass."""
    if isinstance(data, dict):
        known = _fields(shape.models)
        inner_names = {name for model in shape.models for name in model.model_fields}
        kept = {}
        for key, value in data.items():
            if shape.names_keys and key.startswith("x-") and key not in known:
                continue
            # Python code may use a field's own name; in a file there is one word for one thing.
            if key in inner_names and key not in known:
                complaints.append(_unknown_key((*path, key), shape))
                continue
            kept[key] = _prepare(value, shape.under(key), (*path, key), complaints)
        return kept
    if isinstance(data, list):
        return [
            _prepare(value, shape.under(index), (*path, index), complaints)
            for index, value in enumerate(data)
        ]
    expected = _lenient(data, shape)
    if expected:
        complaints.append(_wrong_kind(path, expected, data))
    return data


def _lenient(value: Any, shape: _Shape) -> str:
    """Return what was expected where pydantic would turn a value of another kind into it."""
    scalars = shape.scalars
    if shape.open or type(value) in scalars or value in shape.words:
        return ""
    if isinstance(value, bool | str) and int in scalars:
        return "" if isinstance(value, str) and scalars & {str, Decimal} else _KINDS["int_type"]
    if isinstance(value, int | str | Decimal) and bool in scalars:
        return "" if scalars & {int, str, Decimal} else _KINDS["bool_type"]
    return ""


# --- what pydantic says, in the words of the file -----------------------------------------------

_KINDS: Final = {
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "`true` or `false`"),
    **dict.fromkeys(("decimal_type", "decimal_parsing", "float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a mapping"
    ),
    "none_required": "nothing",
}
_LIMITS: Final = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_pattern_mismatch": "text of the form `{pattern}`",
}
_OWN_WORDS: Final = re.compile("^(Value error|Assertion failed), ")


@dataclass(frozen=True, slots=True)
class _Located:
    """A complaint, and the way to it: keys and indexes, and between them the union branches."""

    steps: tuple[tuple[bool, str | int], ...]
    complaint: _Complaint


def _complaints(
    error: ValidationError, data: Any, shape: _Shape, *, known: set[tuple[str | int, ...]]
) -> list[_Complaint]:
    found = _settled([_located(detail, data, shape) for detail in error.errors(include_url=False)])
    suggested = {(c.path[:-1], c.hint) for c in found if c.hint.startswith("did you mean")}
    return [
        complaint
        for complaint in found
        if complaint.path not in known
        # A misspelt key is one mistake, though pydantic misses the right one as well.
        and not any(
            complaint.lacks and parent == complaint.path and repr(complaint.lacks) in hint
            for parent, hint in suggested
        )
    ]


def _located(detail: ErrorDetails, data: Any, shape: _Shape) -> _Located:
    """Follow pydantic's location through data and types, telling keys from union branches."""
    steps: list[tuple[bool, str | int]] = []
    location, last = detail["loc"], len(detail["loc"]) - 1
    parent = shape
    for index, part in enumerate(location):
        if index == last and (detail["type"] == "missing" or part == "[key]"):
            break
        inner = _inside(data, part)
        if part in shape.tags or inner is _ABSENT:
            steps.append((True, part))
            shape = shape.narrowed(str(part))
        else:
            steps.append((False, part))
            data, parent, shape = inner, shape, shape.under(part)
    path = tuple(part for is_branch, part in steps if not is_branch)
    return _Located(tuple(steps), _complaint(detail, path, data, shape=shape, parent=parent))


_ABSENT: Final = object()


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part, _ABSENT)
    if isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data):
        return data[part]
    return _ABSENT


def _complaint(
    detail: ErrorDetails,
    path: tuple[str | int, ...],
    value: Any,
    *,
    shape: _Shape,
    parent: _Shape,
) -> _Complaint:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, parent)
    if kind == "missing":
        return _missing_key(path, str(detail["loc"][-1]), shape)
    if kind in ("literal_error", "enum"):
        return _unknown_word(path, value, shape, str(context.get("expected", "")))
    if kind in _KINDS:
        return _wrong_kind(path, _KINDS[kind], value)
    is_key = detail["loc"][-1:] == ("[key]",)
    got = _shown(path[-1] if is_key else value)
    if kind in _LIMITS:
        expected = _LIMITS[kind].format_map(context)
        return _Complaint(path, f"expected {expected}, got {got}", key=is_key)
    message = _OWN_WORDS.sub("", detail["msg"])
    if message.startswith("Input should "):
        message = f"expected {message.removeprefix('Input should be ')}, got {got}"
    message, _, hint = message.partition(" ~ hint: ")
    named = context.get("key")
    if isinstance(named, str) and _inside(value, named) is not _ABSENT:
        return _Complaint((*path, named), message, hint, key=True)
    return _Complaint(path, message, hint, key=is_key or isinstance(value, dict))


def _unknown_key(path: tuple[str | int, ...], parent: _Shape) -> _Complaint:
    key = str(path[-1])
    name, colon, value = key.partition(":")
    hint = did_you_mean(key, list(_fields(parent.models)))
    if colon and name in _fields(parent.models):
        hint = f"a space follows the colon: `{name}: {value}`"
    elif key.lower() in _fields(parent.models):
        hint = f"did you mean {key.lower()!r}?"
    return _Complaint(path, "there is no such key", hint, key=True)


def _missing_key(path: tuple[str | int, ...], key: str, shape: _Shape) -> _Complaint:
    what = _described(shape.models, key).rstrip(".")
    message = f"missing `{key}`" + (f": {what}" if what else "")
    return _Complaint(path, message, key=True, lacks=key)


def _unknown_word(
    path: tuple[str | int, ...], value: Any, shape: _Shape, listed: str
) -> _Complaint:
    words = [str(word) for word in shape.words] or re.findall("'([^']*)'", listed)
    expected = _either([f"`{word}`" for word in words])
    hint = did_you_mean(value, words) if isinstance(value, str) else ""
    if not hint.startswith("did you mean"):
        hint = ""
    return _Complaint(path, f"expected {expected}, got {_shown(value)}", hint, expected=expected)


def _wrong_kind(path: tuple[str | int, ...], expected: str, value: Any) -> _Complaint:
    hint = ""
    if expected == "text" and isinstance(value, bool | int | Decimal):
        hint = f'quote it to make it text: "{_shown(value)}"'
    elif expected == "a list" and value is not None and not isinstance(value, dict):
        hint = "put it in brackets to make it a list of one"
    elif expected == "`true` or `false`" and str(value).lower() in _YES_AND_NO:
        hint = f"write `{_YES_AND_NO[str(value).lower()]}`"
    elif expected in ("a number", "a whole number") and isinstance(value, str):
        hint = "write it without quotes" if _NUMBER.fullmatch(value) else ""
    message = f"expected {expected}, got {_shown(value)}"
    return _Complaint(path, message, hint, expected=expected)


_YES_AND_NO: Final = {
    **dict.fromkeys(("yes", "y", "on", "1", "true", "t"), "true"),
    **dict.fromkeys(("no", "n", "off", "0", "false", "f"), "false"),
}


def _settled(errors: Iterable[_Located]) -> list[_Complaint]:
    """Return the complaints, those from the branches of each union brought down to one story."""
    settled: list[_Complaint] = []
    unions: dict[tuple[Any, ...], dict[str | int, list[_Located]]] = {}
    for located in errors:
        branch = next((i for i, (is_branch, _) in enumerate(located.steps) if is_branch), None)
        if branch is None:
            settled.append(located.complaint)
            continue
        before, (_, name), after = (
            located.steps[:branch],
            located.steps[branch],
            located.steps[branch + 1 :],
        )
        shorter = replace(located, steps=before + after)
        unions.setdefault(before, {}).setdefault(name, []).append(shorter)
    for before, branches in unions.items():
        path = tuple(part for _, part in before)
        settled += _one_story(path, [_settled(branch) for branch in branches.values()])
    return settled


def _one_story(path: tuple[str | int, ...], branches: list[list[_Complaint]]) -> list[_Complaint]:
    """Return the complaints of the branch that was meant, or one that names all of them."""
    foreign = [b[0] for b in branches if all(c.expected and c.path == path for c in b)]
    meant = [b for b in branches if not all(c.expected and c.path == path for c in b)]
    near = next((c for c in foreign if c.hint.startswith("did you mean")), None)
    if near is not None and all(c.path == path for branch in meant for c in branch):
        return [near]
    if not meant:
        expected = _either(list(dict.fromkeys(c.expected for c in foreign)))
        got = foreign[0].message.rpartition(", got ")[2]
        hint = next((c.hint for c in foreign if c.hint), "")
        message = f"expected {expected}, got {got}"
        return [_Complaint(path, message, hint, expected=expected)]
    best = min(meant, key=len)
    if len(best) == 1 and best[0].path == path and foreign and not best[0].key:
        also = _either(list(dict.fromkeys(c.expected for c in foreign)))
        return [replace(best[0], message=f"{best[0].message} (or {also})")]
    return best


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _shown(value: Any) -> str:
    """Return a value as people know it from the file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return _cut(repr(value) if isinstance(value, str) else str(value))
