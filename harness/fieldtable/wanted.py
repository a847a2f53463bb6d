"""What a sheet asks for: each of its rows as a rule of the contract, checked cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from harness.contract import FieldRule, RowRule
from harness.declaration import Declaration
from harness.errors import BadInput, Problem, did_you_mean
from harness.fieldtable.agreed import Agreed
from harness.fieldtable.cells import (
    COLUMNS,
    KINDS,
    Kind,
    alike,
    in_yaml,
    value_of,
)
from harness.fieldtable.csvfile import Record, Sheet
from harness.fieldtable.table import (
    Place,
    Row,
    Table,
    clauses_of,
    described_as,
    from_the_start,
    placed,
    yaml_key,
)
from harness.landscape import Landscape, Message
from harness.mapping import ABSENT, EVERY, Path, parse_path
from harness.yamlfile.complaints import complaints_in
from harness.yamlfile.shapes import shape_of

ORIGINS: Final = ("from", "fixed", "expression", "set_by", "checked_by")
ROLES: Final = ("business", "source", "target", "integration")
_SAID: Final = tuple(column for column in COLUMNS if column.says in ("clause", "comment"))


class Reading:
    """Reads a sheet against the table of its contract; collects problems and notes."""

    def __init__(
        self,
        sheet: Sheet,
        agreed: Agreed,
        table: Table,
        *,
        landscape: Landscape,
        maps: Sequence[str] = (),
    ) -> None:
        self._sheet = sheet
        self._agreed = agreed
        self._rules = table.rules()
        self._table = {row.place: row for row in table.rows}
        self._landscape = landscape
        self._maps = [*agreed.contract.maps, *maps]
        self._lists = {place.list for place, row in self._rules.items() if row.kind == "list"}
        self._records: dict[Place, Record] = {}
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def rows(self) -> dict[Place, Row]:
        """Return the rules that the sheet asks for, by place.

        Raises:
            BadInput: everything that is wrong with the sheet.
        """
        found: dict[Place, Row] = {}
        self._lists |= {
            record.cells.get("target", "")
            for record in self._sheet.records
            if record.cells.get("kind") == "list"
        } - {""}
        for record in self._sheet.records:
            place = self._place(record)
            if place is None:
                continue
            if place in self._records:
                first = min(self._records[place].places.values())[0]
                message = f"{place} stands in line {first} already"
                self._complain(record, self._column(place), message, "keep one of the two rows")
                continue
            self._records[place] = record
            self._compare_told(record, place)
            row = self._row(record, place)
            if row is not None:
                found[place] = row
        self._check_lists(found)
        if self.problems:
            raise BadInput(self.problems)
        return found

    def missing(self, found: Mapping[Place, Row]) -> list[Place]:
        """Return the rules of the contract that no row of the sheet is about."""
        return [place for place in self._rules if place not in found]

    def _complain(self, record: Record, column: str, message: str, hint: str = "") -> None:
        self.problems.append(self._sheet.problem(record, column, message, hint))

    @staticmethod
    def _column(place: Place) -> str:
        return "target" if place.section == "fields" else "from"

    def _place(self, record: Record) -> Place | None:
        """Return what a row is about, or complain that nobody can tell."""
        kind, target = record.cells.get("kind", ""), record.cells.get("target", "")
        if kind and kind not in KINDS:
            hint = did_you_mean(kind, list(KINDS))
            self._complain(record, "kind", f"there is no kind of row {kind!r}", hint)
            return None
        if not target:
            return self._source_place(record, kind)
        if kind in ("not_mapped", "unmapped"):
            hint = "empty `target`, or make it a row of kind `field`"
            self._complain(record, "kind", f"a row of kind {kind!r} has no target", hint)
            return None
        place = self._named(record, kind, target)
        return place if place and self._is_of_kind(record, kind, place) else None

    def _source_place(self, record: Record, kind: str) -> Place | None:
        source = record.cells.get("from", "")
        if source and kind in ("", "not_mapped", "unmapped"):
            return Place("not_mapped", name=source)
        hint = "a row without a target is a source field that is left out, with a reason"
        self._complain(record, "target", "the row names no target", hint)
        return None

    def _is_of_kind(self, record: Record, kind: str, place: Place) -> bool:
        is_list = bool(place.list) and not place.name
        was_field = is_list and Place("fields", name=place.list) in self._rules
        if kind == "no_rule" or not (was_field or (kind and is_list != (kind == "list"))):
            return True
        said, other = ("list", "field") if was_field or kind == "list" else ("field", "list")
        message = f"{place.target} is a {other} in the contract, not a {said}"
        self._complain(record, "kind", message, "change the kind of rule in the YAML")
        return False

    def _named(self, record: Record, kind: str, target: str) -> Place | None:
        listed, block = record.cells.get("list", ""), record.cells.get("block", "")
        if listed and target != listed:
            if not target.startswith(listed + "."):
                message = f"{target!r} does not begin with its list {listed!r}"
                self._complain(record, "target", message, f"write {listed}.{target}")
                return None
            inner = target.removeprefix(listed + ".")
            if Place("fields", listed, block, inner) not in self._rules:
                inner = inner.removeprefix(EVERY + ".")
            place = Place("fields", listed, block, inner)
        elif listed or kind == "list":
            place = Place("fields", target, block)
        elif Place("fields", name=target) in self._rules:
            return Place("fields", name=target)
        elif target in self._lists:
            return Place("fields", target, block)
        else:
            place = placed(target, self._lists)
            place = Place("fields", place.list, block, place.name) if place.list else place
        if place.list and place.name and place.list not in self._lists:
            near = did_you_mean(place.list, sorted(self._lists))
            near = f"{near} else " if near.startswith("did you mean") else ""
            hint = f"{near}add a row of kind `list` whose target is {place.list}"
            self._complain(record, "list", f"there is no list {place.list!r}", hint)
            return None
        if block and not self._agreed.has(Place("fields", place.list, block).path):
            hint = "leave `block` empty, or add the block in the YAML first"
            self._complain(record, "block", f"there is no block {block!r}", hint)
            return None
        return place

    def _row(self, record: Record, place: Place) -> Row | None:
        """Return the rule a row asks for; None when it only informs, or is wrong."""
        old = self._rules.get(place)
        kind: Kind = "not_mapped" if place.section == "not_mapped" else "list"
        kind = "field" if place.section == "fields" and place.name else kind
        clauses = clauses_of(kind)
        cells = {c.name: record.cells[c.name] for c in _SAID if c.name in record.cells}
        if kind == "not_mapped":
            cells.pop("from", None)
        told_kind = record.cells.get("kind", "")
        only_informs = told_kind in ("no_rule", "unmapped") or (
            not told_kind and old is None and kind != "list"
        )
        if only_informs and not any(cells.values()):
            return None
        said, wrong = dict(old.said if old else {}), len(self.problems)
        for name, cell in cells.items():
            if name not in clauses and (name != "comment" or kind == "not_mapped"):
                if cell:
                    message = f"{name}: a row of kind `{kind}` says nothing here"
                    self._complain(record, name, message, "empty the cell")
                continue
            try:
                value = value_of(name, cell)
            except ValueError as error:
                self._complain(record, name, f"{name}: {error}")
                continue
            if name != "comment":
                self._say(said, name, value, place)
        comment = cells.get("comment", old.comment if old else "")
        row = Row(kind, place, {name: said[name] for name in clauses if name in said}, comment)
        if len(self.problems) == wrong and (old is None or not same_rule(old, row)):
            self._check(record, row, old)
        return row

    def _say(self, said: dict[str, Any], name: str, value: Any, place: Place) -> None:
        if value is ABSENT:
            said.pop(name, None)
        elif name in said and alike(said[name], value):
            if name in ("fixed", "tolerance") and str(said[name]) != str(value):
                self.notes.append(
                    f"{place}.{name}: {value} is as much as {said[name]}; the file keeps its digits"
                )
        else:
            said[name] = value

    def _compare_told(self, record: Record, place: Place) -> None:
        """Note changes of what is only shown; they cannot be made here."""
        told = self._table[place].told if place in self._table else {}
        for column in COLUMNS:
            if column.says != "information" or place not in self._table:
                continue
            cell = record.cells.get(column.name, "")
            if cell and cell != told.get(column.name, ""):
                where = "YAML" if column.name == "above" else "system file"
                self.notes.append(
                    f"{self._sheet.file}:{record.places[column.name][0]}: `{column.name}` of "
                    f"{place.target} is only shown here; change it in the {where}"
                )

    def _check(self, record: Record, row: Row, old: Row | None) -> None:
        before = len(self.problems)
        if old is None:
            self._check_place(record, row)
        if row.kind == "not_mapped" and "reason" not in row.said:
            self._complain(record, "reason", "reason: say why the source field is left out")
        elsewhere = self._agreed.taken.places.get("not_mapped")
        if row.kind == "not_mapped" and elsewhere is not None:
            message = f"`not_mapped` of this contract stands in {elsewhere}"
            hint = "write the field there; a section here would replace that one"
            self._complain(record, "from", message, hint)
        if row.kind == "field":
            given = [name for name in ORIGINS if name in row.said]
            if len(given) > 1:
                shown = " and ".join(f"`{name}`" for name in given)
                hint = "leave one of them and empty the other"
                message = f"a field has one origin, and here stand {shown}"
                self._complain(record, given[1], message, hint)
            elif not given and not self._beside(row):
                hint = f"fill one of {', '.join(ORIGINS)}"
                if old is not None:
                    hint += "; to take the rule away, delete the row and read with removal allowed"
                self._complain(record, "from", f"{row.place.target} has no origin", hint)
            else:
                self._validate(record, FieldRule, self._beside(row) | data_of(row), row.kind)
        sources = len(row.said.get("from", ()))
        blocks = bool(row.place.block) or "rows" in self._beside(row)
        if row.kind == "list" and (sources > 1 or not (sources or blocks)):
            hint = "name the source list whose rows are mapped"
            self._complain(record, "from", "from: a list comes from one source list", hint)
        if len(self.problems) == before:
            self._check_references(record, row, old)

    def _check_place(self, record: Record, row: Row) -> None:
        """Complain of a new row whose field the system does not know."""
        column = self._column(row.place)
        try:
            parse_path(row.place.name or row.place.list)
        except ValueError as error:
            self._complain(record, column, f"{column}: {error}")
            return
        contract = self._agreed.contract
        name = contract.to if column == "target" else contract.source
        message = self._landscape.messages().get(name)
        if message is None or not message.fields:
            self.notes.append(f"{row.place} could not be looked up: {name} describes no fields")
            return
        wanted = row.place.described
        if described_as(message, wanted) or any(f.startswith(wanted + ".") for f in message.fields):
            return
        if column == "from":
            self._note_unknown(row.place, "from", wanted, message)
            return
        known = [placed(field, self._lists).target for field in message.fields]
        hint = did_you_mean(row.place.target, known)
        hint = hint or f"describe it under `fields` of {name} in the system file"
        self._complain(record, "target", f"{name} has no field {row.place.target!r}", hint)

    def _validate(
        self, record: Record, model: type[Declaration], data: Mapping[str, Any], kind: Kind
    ) -> None:
        """Complain of what the model of a rule does not take, at the cells that say it."""
        try:
            model.model_validate(data)
        except ValidationError as error:
            columns = {yaml_key(kind, column): column for column in clauses_of(kind)}
            for found in complaints_in(error, data, shape_of(model), known=set()):
                # The rules of a list have rows of their own.
                if kind == "list" and found.path[:1] == ("fields",) and len(found.path) > 1:
                    continue
                column = columns.get(str(found.path[0])) if found.path else None
                shown = f"{column}: {found.message}" if column else found.message
                self._complain(record, column or "target", shown, found.hint)

    def _beside(self, row: Row) -> dict[str, Any]:
        """Return what the YAML says of a rule in keys that have no column; it stays there."""
        data: Any = self._agreed.data
        for part in row.place.path:
            data = data.get(part, {}) if isinstance(data, Mapping) else {}
        keys = {yaml_key(row.kind, column) for column in clauses_of(row.kind)} | {"fields"}
        pairs = data.items() if isinstance(data, Mapping) else ()
        return {key: value for key, value in pairs if key not in keys and not key.startswith("x-")}

    def _check_references(self, record: Record, row: Row, old: Row | None) -> None:
        was = old.said if old is not None else {}
        new = {
            name: value
            for name, value in row.said.items()
            if name not in was or not alike(was[name], value)
        }
        if "map" in new and new["map"] not in self._maps:
            hint = did_you_mean(new["map"], self._maps) or "its pairs stand in the YAML, in `maps`"
            self._complain(record, "map", f"map: there is no map {new['map']!r}", hint)
        if "checked_by" in new:
            known = [clause.path for clause in self._agreed.contract.clauses()]
            if new["checked_by"] not in known:
                sums = [path for path in known if path.startswith("sums.")]
                message = f"checked_by: there is no clause {new['checked_by']!r}"
                self._complain(record, "checked_by", message, did_you_mean(new["checked_by"], sums))
        teams = self._landscape.teams
        if "owner" in new and teams and new["owner"] not in (*ROLES, *teams):
            hint = did_you_mean(new["owner"], [*ROLES, *teams])
            self._complain(record, "owner", f"owner: there is no team {new['owner']!r}", hint)
        source = self._landscape.messages().get(self._agreed.contract.source)
        if source is not None and source.fields:
            for column in ("from", "unlike"):
                paths = new.get(column, ())
                for path in (paths,) if isinstance(paths, str) else paths:
                    wanted = str(Path(from_the_start(path, self._row_of(row.place))))
                    self._note_unknown(row.place, column, wanted, source)

    def _row_of(self, place: Place) -> tuple[str, ...]:
        """Return the parts of the source list that a rule's bare paths start in."""
        if not place.list or not place.name:
            return ()
        record = self._records.get(Place("fields", place.list, place.block))
        rule = self._rules.get(Place("fields", place.list, place.block))
        each = record.cells.get("from", "") if record else ""
        each = each or (rule.said["from"][0] if rule and "from" in rule.said else "")
        try:
            return (*parse_path(each).parts, EVERY)
        except ValueError:  # the row of the list gets a problem of its own
            return ()

    def _note_unknown(self, place: Place, column: str, path: str, source: Message) -> None:
        if described_as(source, path) or any(f.startswith(path + ".") for f in source.fields):
            return
        hint = did_you_mean(path, list(source.fields))
        hint = f"; {hint}" if hint.startswith("did you mean") else ""
        name = self._agreed.contract.source
        self.notes.append(f"{place}.{column}: {name} describes no field {path!r}{hint}")

    def _check_lists(self, found: Mapping[Place, Row]) -> None:
        """Complain of lists whose rows no longer fit together."""
        for place, row in found.items():
            if row.kind != "list" or place.block or self._agreed.has((*place.path, "rows")):
                continue
            fields = dict(self._inner(place, found))
            if not self.problems:
                data = {**self._beside(row), **data_of(row), "fields": fields}
                self._validate(self._records[place], RowRule, data, "list")

    def _inner(
        self, place: Place, found: Mapping[Place, Row]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for other, row in {**self._rules, **found}.items():
            if other.list == place.list and other.name and row.kind == "field":
                yield other.name, self._beside(row) | data_of(row)


def data_of(row: Row) -> dict[str, Any]:
    """Return a rule as the data of its YAML."""
    return {yaml_key(row.kind, name): in_yaml(name, value) for name, value in row.said.items()}


def same_rule(one: Row, other: Row) -> bool:
    """Tell whether two rows say the same, comment included."""
    return (
        one.comment == other.comment
        and one.said.keys() == other.said.keys()
        and all(alike(value, other.said[name]) for name, value in one.said.items())
    )
