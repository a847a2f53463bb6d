"""Changes to a contract as replacements in its text; every byte that nothing touches stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from harness.errors import BadInput
from harness.fieldtable.agreed import Agreed, Pair, is_block
from harness.fieldtable.yamltext import flow, flow_key

BY_HAND: Final = "make this change in the YAML by hand; the rest of the table can be read again"


@dataclass(frozen=True, slots=True)
class Put:
    """Another value for a key."""

    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """A key goes."""


@dataclass(frozen=True, slots=True)
class New:
    """A key comes: behind the last of ``after``, or at the end when that is None.

    ``tall`` lays its mapping out over lines; ``comments`` go behind the rules of its ``fields``.
    """

    value: Any
    after: tuple[str, ...] | None = None
    comment: str = ""
    tall: bool = False
    comments: Mapping[str, str] = field(default_factory=dict)
    spaced: bool = False


Changes: TypeAlias = "dict[str, Put | Drop | New | Changes]"


@dataclass(frozen=True, slots=True)
class Splice:
    """A text in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return a text with the replacements made."""
    parts, position = [], 0
    # The sort keeps what begins and ends at one place in the order it was given.
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])


def changed_data(data: Any, changes: Changes) -> dict[str, Any]:
    """Return plain data with the changes made, to compare the new text with."""
    found = dict(data)
    for key, change in changes.items():
        if isinstance(change, Drop):
            del found[key]
        elif isinstance(change, dict):
            found[key] = changed_data(found[key], change)
        else:
            found[key] = change.value
    return found


class Scissors:
    """Turns changes of one contract into replacements; says which comments fall with them."""

    def __init__(self, agreed: Agreed) -> None:
        self._agreed = agreed
        self._text = agreed.text
        self.lost: list[str] = []

    def cut(self, changes: Changes, path: tuple[str, ...] = ()) -> Iterator[Splice]:
        """Return the replacements for the changes of the mapping at a path.

        Raises:
            BadInput: a comment stands where the change would have to cut.
        """
        mapping = self._agreed.node(path)
        for key, change in changes.items():
            if isinstance(change, dict):
                yield from self.cut(change, (*path, key))
            elif isinstance(change, Put):
                yield self._put(mapping, change.value, (*path, key))
        dropped = {key for key, change in changes.items() if isinstance(change, Drop)}
        new = {key: change for key, change in changes.items() if isinstance(change, New)}
        if dropped or new:
            yield from (self._in_braces if mapping.flow_style else self._in_lines)(
                mapping.value, dropped, _by_place(mapping.value, new), path
            )

    def comment(self, path: tuple[str, ...], comment: str) -> Splice:
        """Return the replacement of the comment behind a rule.

        Raises:
            BadInput: no comment has room there.
        """
        tail = self._agreed.tail(path)
        if tail is None:
            raise self._refused(path, "a comment has no room behind this")
        hash_sign = self._text.find("#", tail.start, tail.end)
        space = self._text[tail.start : hash_sign] if hash_sign >= 0 else "  "
        return Splice(tail.start, tail.end, f"{space}# {comment}" if comment else "")

    def _put(self, mapping: Any, value: Any, path: tuple[str, ...]) -> Splice:
        key, node = self._agreed.pair(mapping, path[-1])
        start, end = node.start_mark.index, self._agreed.end(node)
        style = getattr(node, "style", None) or ""
        text = flow(value, style, braces=mapping.flow_style)
        if start == end or style in ("|", ">") or is_block(node):
            # A value in lines of its own moves up behind its key.
            start = self._agreed.colon(key)
            end = max(start, end)
            text = (" " if self._text[start - 1] == ":" else ": ") + text
        self._no_comment(start, end, path)
        return Splice(start, end, text)

    def _in_braces(
        self,
        pairs: Sequence[Pair],
        dropped: set[str],
        new: Mapping[int, Mapping[str, New]],
        path: tuple[str, ...],
    ) -> Iterator[Splice]:
        spans = [(key.start_mark.index, self._pair_end((key, value))) for key, value in pairs]
        kept = [i for i, (key, _) in enumerate(pairs) if key.value not in dropped]
        # Between two kept neighbours, before the first and behind the last there may be news.
        for before, after in zip([-1, *kept], [*kept, len(pairs)], strict=True):
            texts = [
                self._inline(key, change, path)
                for index in range(before, after)
                for key, change in new.get(index, {}).items()
            ]
            if not texts and after == before + 1:
                continue
            if before < 0 and after == len(pairs):
                inside = self._agreed.node(path).start_mark.index + 1
                start, end = (spans[0][0], spans[-1][1]) if spans else (inside, inside)
                text = ", ".join(texts)
            elif before < 0:
                start, end = spans[0][0], spans[after][0]
                text = "".join(f"{text}, " for text in texts)
            else:
                # What parts the next from the one before it stays as it is.
                start, end = spans[before][1], spans[after - 1][1]
                text = "".join(f", {text}" for text in texts)
            self._no_comment(start, end, path)
            yield Splice(start, end, text)

    def _inline(self, key: str, change: New, path: tuple[str, ...]) -> str:
        if change.comment or any(change.comments.values()):
            raise self._refused(path, f"a comment has no room behind {key} between braces")
        return f"{flow_key(key)}: {flow(change.value)}"

    def _in_lines(
        self,
        pairs: Sequence[Pair],
        dropped: set[str],
        new: Mapping[int, Mapping[str, New]],
        path: tuple[str, ...],
    ) -> Iterator[Splice]:
        lines = [self._lines_of(pair, path) for pair in pairs]
        for (key, _), (start, end) in zip(pairs, lines, strict=True):
            if key.value in dropped:
                self.lost += [self._text[a:b] for a, b in self._agreed.comments if start <= a < end]
                yield Splice(start, end, "")
        indent = " " * pairs[0][0].start_mark.column
        for index, changes in sorted(new.items()):
            position = lines[index][1] if index >= 0 else lines[0][0]
            for key, change in changes.items():
                yield Splice(position, position, self._new_lines(key, change, indent, position))

    def _lines_of(self, pair: Pair, path: tuple[str, ...]) -> tuple[int, int]:
        """Return from where to where the lines of a pair go, their ends included."""
        start, end = pair[0].start_mark.index, self._pair_end(pair)
        begin = max(self._text.rfind(sign, 0, start) for sign in "\r\n") + 1
        breaks = [self._text.find(sign, end) for sign in "\r\n"]
        stop = min((b for b in breaks if b >= 0), default=len(self._text))
        if self._text[begin:start].strip():
            raise self._refused((*path, pair[0].value), "this does not begin its line")
        return begin, stop + (2 if self._text.startswith("\r\n", stop) else 1)

    def _new_lines(self, key: str, change: New, indent: str, position: int) -> str:
        lines = [indent + line for line in _laid_out(key, change.value, change, tall=change.tall)]
        following = self._text[position:]
        if change.spaced and (not following or following[0] in "\r\n"):
            lines.insert(0, "")
        end = self._agreed.line_end
        if position > len(self._text):  # the last line of the file has no end
            return "".join(end + line for line in lines)
        return "".join(line + end for line in lines)

    def _pair_end(self, pair: Pair) -> int:
        key_end: int = pair[0].end_mark.index
        return max(key_end, self._agreed.end(pair[1]))

    def _no_comment(self, start: int, end: int, path: tuple[str, ...]) -> None:
        if any(start <= a < end for a, _ in self._agreed.comments):
            raise self._refused(path, "a comment stands in the middle of what would change")

    def _refused(self, path: tuple[str, ...], message: str) -> BadInput:
        return BadInput([self._agreed.problem(path, f"{'.'.join(path)}: {message}", BY_HAND)])


def _by_place(pairs: Sequence[Pair], new: Mapping[str, New]) -> dict[int, dict[str, New]]:
    """Return what comes, by the index of the pair that it follows; -1 is the beginning."""
    found: dict[int, dict[str, New]] = {}
    for key, change in new.items():
        index = len(pairs) - 1
        if change.after is not None:
            before = [i for i, (other, _) in enumerate(pairs) if other.value in change.after]
            index = max(before, default=-1)
        found.setdefault(index, {})[key] = change
    return found


def _laid_out(key: str, value: Any, change: New, *, tall: bool) -> Iterator[str]:
    """Return a key as lines; a mapping of mappings takes a line for each, as a contract does."""
    comment = f"  # {change.comment}" if change.comment else ""
    if not tall:
        yield f"{flow_key(key)}: {flow(value, braces=False)}{comment}"
        return
    yield f"{flow_key(key)}:{comment}"
    inside = isinstance(value, Mapping) and key == "fields"
    for name, inner in value.items():
        behind = New(inner, comment=change.comments.get(name, "") if inside else "")
        nested = name == "fields" and isinstance(inner, Mapping) and not inside
        passed = New(inner, comments=change.comments) if nested else behind
        for line in _laid_out(name, inner, passed, tall=nested):
            yield "  " + line
