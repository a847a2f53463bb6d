"""Files and text into plain data, in one pass over libyaml's events.

No recursion, no guessing, and no aliases that could multiply. Only what YAML 1.2 means is typed.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from harness.errors import BadInput, Problem, did_you_mean
from harness.yamlfile.places import FORBIDDEN, MAX_PROBLEMS, Branch, Document, Source, cut
from harness.yamlfile.syntax import syntax_problem

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 60
MAX_NODES: Final = 200_000
MAX_DIGITS: Final = 400

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE]([-+]?[0-9]+))?)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


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
    source = Source(shown, text)
    _refuse_characters(source)
    reader = _Reader(source)
    try:
        documents = list(reader.documents())
    except yaml.MarkedYAMLError as error:
        raise BadInput([*source.problems, syntax_problem(source, error)]) from error
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
    try:
        neighbours = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:  # a folder that may be entered but not listed has no names to offer
        return ""
    hint = did_you_mean(path.name, neighbours)
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
    before = Source(file, raw[:start].decode("utf-8", "replace") + "|")
    source = Source(file, raw.decode("utf-8", "replace"))
    return source.problem(
        len(before.lines),
        len(before.lines[-1]),
        f"byte 0x{raw[start]:02x} is not UTF-8 text",
        "save the file as UTF-8",
    )


def _refuse_characters(source: Source) -> None:
    """Raise for characters that nobody can see; the parser would trip over most of them."""
    for match in FORBIDDEN.finditer(source.text):
        before = Source(source.file, source.text[: match.start()] + "|")
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


class _Reader:
    """Turns the events of one text into documents, collecting what is wrong."""

    def __init__(self, source: Source) -> None:
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

    def _document(self, event: Any, next_event: Callable[[], Any]) -> Branch:
        """Return a list branch that holds the value of the document.

        One loop with a stack of its own: deep files cannot overflow it, and it costs less than
        composing nodes would.
        """
        current = root = Branch(event.start_mark, is_list=True)
        stack: list[Branch] = []
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

    def _open(self, event: Any, parent: Branch, *, deep: int) -> Branch:
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
        return Branch(mark, is_list=type(event) is yaml.SequenceStartEvent, is_key=is_key)

    @staticmethod
    def _close(done: Branch, parent: Branch) -> None:
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
    def _stand_in(mark: yaml.Mark, parent: Branch) -> None:
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
            message = f"the key `{cut(key)}` is given twice, first in line {first}"
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
            message = f"tags such as `{cut(_tag(event.tag))}` are not read; a value is what it says"
            hint = "leave the tag out; quote a text that begins with `!`"
        else:
            sign = "*" if type(event) is yaml.AliasEvent else "&"
            message = (
                f"anchors and aliases (`{sign}{cut(event.anchor)}`) are not read; "
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
