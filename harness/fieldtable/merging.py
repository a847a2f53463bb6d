"""A sheet into the text of a contract: only what differs is touched, and the result is proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.errors import BadInput, Problem
from harness.fieldtable.agreed import NOTHING_TAKEN, Agreed, Taken
from harness.fieldtable.cells import alike, cell_of, in_yaml
from harness.fieldtable.csvfile import Sheet
from harness.fieldtable.splices import (
    BY_HAND,
    Changes,
    Drop,
    New,
    Put,
    Scissors,
    changed_data,
    spliced,
)
from harness.fieldtable.table import Place, Row, clauses_of, table_of, yaml_key
from harness.fieldtable.wanted import Reading, data_of
from harness.landscape import Landscape
from harness.mapping import ABSENT

_BEFORE_NOT_MAPPED: Final = ("fields", "correlate", "updates", "expect")


@dataclass(frozen=True, slots=True)
class Applied:
    """The text of a contract after a table was read into it.

    ``changed`` says each difference in a line; without one, ``text`` is the text that was there.
    ``notes`` say what the table could not change, and what it left alone.
    """

    text: str
    changed: tuple[str, ...]
    notes: tuple[str, ...]


def apply_sheet(
    sheet: Sheet,
    text: str,
    *,
    file: str,
    contract: str,
    landscape: Landscape,
    maps: Sequence[str] = (),
    taken: Taken = NOTHING_TAKEN,
    remove: bool = False,
) -> Applied:
    """Return the text of a contract's file with what a sheet says differently.

    ``maps`` names the value maps that contracts share, ``taken`` are the sections that hold for
    the contract and stand elsewhere. Rules without a row stay, and are noted,
    unless ``remove`` is set. The order of the rules is the file's; new ones come last.

    Raises:
        BadInput: the sheet is wrong, or a change cannot be made without harm to the file.
    """
    bom = text[: text.startswith("\ufeff")]
    agreed = Agreed.of(text.removeprefix("\ufeff"), file=file, name=contract, taken=taken)
    table = table_of(agreed, landscape)
    reading = Reading(sheet, agreed, table, landscape=landscape, maps=maps)
    found = reading.rows()
    gone = reading.missing(found)
    notes = [*reading.notes, *_order_note(table.rules(), found)]
    if gone and not remove:
        notes += [f"{place} has no rule in {sheet.file}; it stays as it is" for place in gone]
        gone = []
    _refuse_orphans(sheet, gone, found)
    edit = _Edit(agreed, table.rules(), found, gone)
    if not edit.changed:
        return Applied(text, (), tuple(notes))
    after, lost = edit.text()
    notes += [f"the comment `{comment}` went with what it stood behind" for comment in lost]
    edit.prove(after, lost, sheet, file)
    return Applied(bom + after, tuple(edit.changed), tuple(notes))


def _order_note(rules: Mapping[Place, Row], found: Iterable[Place]) -> Iterator[str]:
    order = [place for place in found if place in rules]
    if order != [place for place in rules if place in set(order)]:
        yield "the rows stand in another order than the rules; the file keeps its order"


def _refuse_orphans(sheet: Sheet, gone: Sequence[Place], found: Mapping[Place, Row]) -> None:
    problems = []
    for place in gone:
        left = [other for other in found if other.list == place.list and other.name]
        if place.list and not place.name and not place.block and left:
            message = f"the row of the list {place.list} is missing, and {left[0].target} is there"
            hint = "keep the row of kind `list`, or delete the rows of its fields as well"
            problems.append(Problem(sheet.file, 0, 0, message, hint))
    if problems:
        raise BadInput(problems)


class _Edit:
    """The differences between a contract and a sheet, as changes, as text, and as words."""

    def __init__(
        self,
        agreed: Agreed,
        rules: Mapping[Place, Row],
        found: Mapping[Place, Row],
        gone: Sequence[Place],
    ) -> None:
        self._agreed = agreed
        self._rules = rules
        self._found = found
        self._changes: Changes = {}
        self._comments: dict[Place, str] = {}
        self.changed: list[str] = []
        for place, row in found.items():
            if place in rules:
                self._alter(rules[place], row)
            else:
                self._add(row)
        for place in gone:
            self._remove(place)
        self._settle_not_mapped()

    def text(self) -> tuple[str, list[str]]:
        """Return the new text, and the comments that fell with what they stood behind."""
        scissors = Scissors(self._agreed)
        splices = list(scissors.cut(self._changes))
        splices += [
            scissors.comment(place.path, comment) for place, comment in self._comments.items()
        ]
        return spliced(self._agreed.text, splices), scissors.lost

    def prove(self, text: str, lost: Sequence[str], sheet: Sheet, file: str) -> None:
        """Refuse a text that does not say what the table says, or that lost something else.

        Raises:
            BadInput: the contract would not hold, or is not what was asked for.
        """
        try:
            after = Agreed.of(
                text,
                file=file,
                name=self._agreed.contract.contract,
                taken=self._agreed.taken,
            )
        except BadInput as error:
            raise BadInput(
                Problem(sheet.file, 0, 0, f"the contract would not hold: {p.message}", p.hint)
                for p in error.problems
            ) from error
        expected = changed_data(self._agreed.data, self._changes)
        kept = alike(after.others, self._agreed.others) and alike(after.data, expected)
        kept = kept and list(after.data["fields"]) == list(expected["fields"])
        if not kept or self._comments_after(lost) != Counter(_comments(after)):
            message = "the edited text would not say exactly what the table says"
            raise BadInput([Problem(file, 0, 0, message, BY_HAND)])

    def _comments_after(self, lost: Sequence[str]) -> Counter[str]:
        comments = Counter(_comments(self._agreed))
        comments.subtract(_bare(comment) for comment in lost)
        for place, comment in self._comments.items():
            comments.subtract([self._rules[place].comment])
            comments[comment] += 1
        for place, row in self._found.items():
            if place not in self._rules:
                comments[row.comment] += 1
        del comments[""]
        return +comments

    def _alter(self, old: Row, new: Row) -> None:
        place = new.place
        if place.section == "not_mapped":
            if not alike(old.said.get("reason"), new.said.get("reason")):
                self._inside(place.path[:-1])[place.name] = Put(new.said["reason"])
                self._tell(place, "reason", old, new)
            return
        clauses = clauses_of(new.kind)
        for name in clauses:
            was, now = old.said.get(name, ABSENT), new.said.get(name, ABSENT)
            if was is now or (ABSENT not in (was, now) and alike(was, now)):
                continue
            key = yaml_key(new.kind, name)
            keys = tuple(yaml_key(new.kind, c) for c in clauses[: clauses.index(name)])
            change: Put | New | Drop = Drop()
            if now is not ABSENT:
                value = in_yaml(name, now)
                there = self._agreed.has((*place.path, key))
                change = Put(value) if there else New(value, after=keys)
            self._inside(place.path)[key] = change
            self._tell(place, name, old, new)
        if old.comment != new.comment:
            self._comments[place] = new.comment
            said = f"{new.comment!r}" if new.comment else "removed"
            was_said = f", was {old.comment!r}" if old.comment else ", new"
            self.changed.append(f"{place} comment: {said}{was_said}")

    def _add(self, row: Row) -> None:
        place = row.place
        self.changed.append(f"{place}: new")
        if place.section == "not_mapped":
            self._inside(("not_mapped",))[place.name] = New(row.said["reason"])
        elif row.kind == "list":
            inner = {
                other.name: self._found[other]
                for other in self._found
                if other.list == place.list and other.name
            }
            value = {
                **data_of(row),
                "fields": {name: data_of(rule) for name, rule in inner.items()},
            }
            comments = {name: rule.comment for name, rule in inner.items()}
            change = New(value, comment=row.comment, tall=True, comments=comments)
            self._inside(("fields",))[place.list] = change
        elif not place.list or Place("fields", place.list) in self._rules:
            change = New(data_of(row), comment=row.comment)
            self._inside(place.path[:-1])[place.path[-1]] = change

    def _remove(self, place: Place) -> None:
        self.changed.append(f"{place}: removed")
        whole = Place("fields", place.list)
        # With the row of the list the whole list goes.
        if not (place.list and place.name and whole not in self._found):
            self._inside(place.path[:-1])[place.path[-1]] = Drop()

    def _settle_not_mapped(self) -> None:
        """Make the section with its first entry, and take it away with its last."""
        changes = self._changes.get("not_mapped")
        if not isinstance(changes, dict):
            return
        old = self._agreed.data.get("not_mapped")
        if not old and all(isinstance(change, New) for change in changes.values()):
            value = {n: change.value for n, change in changes.items() if isinstance(change, New)}
            if old is None and self._agreed.has(("not_mapped",)):
                self._changes["not_mapped"] = Put(value)
            elif old is None:
                new = New(value, after=_BEFORE_NOT_MAPPED, tall=True, spaced=True)
                self._changes["not_mapped"] = new
            return
        dropped = {name for name, change in changes.items() if isinstance(change, Drop)}
        if old and dropped == set(old) == set(changes):
            self._changes["not_mapped"] = Drop()

    def _inside(self, path: Sequence[str]) -> Changes:
        changes = self._changes
        for part in path:
            inner = changes.setdefault(part, {})
            if not isinstance(inner, dict):  # pragma: no cover - a rule is changed in one way only
                raise TypeError(part)
            changes = inner
        return changes

    def _tell(self, place: Place, name: str, old: Row, new: Row) -> None:
        was, now = old.said.get(name, ABSENT), new.said.get(name, ABSENT)
        said = cell_of(name, now) if now is not ABSENT else "removed"
        before = f"was {cell_of(name, was)}" if was is not ABSENT else "new"
        self.changed.append(f"{place}.{name}: {said}, {before}")


def _comments(agreed: Agreed) -> Iterator[str]:
    return filter(None, (_bare(agreed.text[a:b]) for a, b in agreed.comments))


def _bare(comment: str) -> str:
    return comment.removeprefix("#").strip()
