"""Whether amounts add up, and whose breach it is when they do not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from harness.checks.comparison import Outlook
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier
from harness.checks.phrases import spoken
from harness.checks.subjects import Attempt, Subject
from harness.checks.terms import Bodies, SumPlan, Unknown, sum_plans
from harness.mapping import ABSENT, EVERY, Path, Unsure
from harness.rules import Expected

Totals = Mapping[str, tuple[Decimal, Decimal]]
"""Both sides of a sum, by the value that it is taken for."""
_MOST_NAMED: Final = 3
_ON_WRONG_TOTALS: Final = "it depends on source totals that do not add up"


def judge_sums(dossier: Dossier, subject: Subject, docket: Docket) -> None:
    """Vote on every sum of the contract for every message that was sent for a subject.

    An equation that fails although every field is what the rules make of the source is the
    source's own: its totals do not add up. One that fails because of a wrong field has that
    field's finding and no other. A missing term and mixed currencies decide nothing.
    """
    contract = dossier.contract
    if not contract.sums:
        return
    found: set[tuple[str, str]] = set()
    plans = sum_plans(contract, dossier.landscape)
    for attempt in subject.attempts:
        if attempt.basis is None:
            continue
        unbalanced: set[str] = set()
        for plan in plans:
            _Equation(dossier, subject, attempt, docket, plan).vote(found, unbalanced)


class _Equation:
    """One sum for one message."""

    def __init__(
        self, dossier: Dossier, subject: Subject, attempt: Attempt, docket: Docket, plan: SumPlan
    ) -> None:
        assert attempt.basis is not None  # noqa: S101 - asked by the caller
        self._dossier = dossier
        self._subject = subject
        self._attempt = attempt
        self._docket = docket
        self._plan = plan
        self._clause = f"sums.{plan.name}"
        self._view: Outlook = attempt.basis.view
        self._comparison = attempt.basis.comparison
        self._target = attempt.sighting.body

    def vote(self, found: set[tuple[str, str]], unbalanced: set[str]) -> None:
        """Vote once for each outcome; ``unbalanced`` are source fields that do not add up."""
        applies = self._applies()
        if applies is False:
            self._docket.idle(self._clause, "the condition of the sum was never fulfilled")
            return
        if applies is None:
            self._doubt("the condition of the sum cannot be decided")
            return
        try:
            totals = dict(self._plan.totals(self._bodies(self._target)))
        except Unknown as unknown:
            self._doubt(str(unknown))
            return
        broken = {key: pair for key, pair in totals.items() if not self._plan.holds(*pair)}
        if not broken:
            self._keep(totals)
        elif (self._clause, str(broken)) not in found:
            found.add((self._clause, str(broken)))
            self._break(broken, unbalanced)

    def _applies(self) -> bool | None:
        if self._plan.when is None:
            return True
        return self._plan.when.holds(
            source=self._view.source,
            target=self._target,
            joined=self._view.joined,
            columns=self._dossier.rules.tables.column,
        )

    def _keep(self, totals: Totals) -> None:
        share = self._plan.share
        if not totals and share is not None:
            self._docket.idle(self._clause, f"there is nothing to add up by {share.text}")
        elif self._attempt.fate.taken:
            said = totals[""][0] if share is None else f"{len(totals)} by {share.text}"
            name = self._dossier.target_name(self._attempt)
            self._docket.prove(self._clause, [self._attempt.number], f"adds up in {name}: {said}")

    def _doubt(self, reason: str) -> None:
        if self._attempt.fate.taken:
            self._docket.doubt(
                self._clause,
                f"{self._subject.name}: {reason}",
                witnesses=[self._attempt.number],
            )

    def _break(self, broken: Totals, unbalanced: set[str]) -> None:
        fields = self._source_fields()
        wrong_before = bool(unbalanced & fields)
        of_source = {key: pair for key, pair in broken.items() if self._breaks_anyway(key)}
        if of_source and wrong_before:
            self._doubt(_ON_WRONG_TOTALS)
        elif of_source:
            unbalanced |= fields
            self._fail("source_does_not_add_up", of_source, self._dossier.team("source"))
        own = {key: pair for key, pair in broken.items() if key not in of_source}
        guilty = self._wrong_fields() if own else []
        if guilty:
            self._docket.idle(self._clause, f"a field of it is wrong, see {guilty[0]}")
        elif own and wrong_before:
            self._doubt(_ON_WRONG_TOTALS)
        elif own:
            self._fail("does_not_add_up", own, None)

    def _breaks_anyway(self, key: str) -> bool:
        """Return whether what the rules make of the source does not add up either."""
        try:
            wanted = dict(self._plan.totals(self._bodies(_wanted(self._view)))).get(key)
        except Unknown:
            return False
        return wanted is not None and not self._plan.holds(*wanted)

    def _fail(self, cause: str, broken: Totals, owner: str | None) -> None:
        shown = [
            f"{left} against {right}{self._for(key)}"
            for key, (left, right) in list(broken.items())[:_MOST_NAMED]
        ]
        more = f" (and {len(broken) - _MOST_NAMED} more)" if len(broken) > _MOST_NAMED else ""
        by_source = ", as in the source itself" if cause == "source_does_not_add_up" else ""
        name = self._dossier.target_name(self._attempt)
        self._docket.fail(
            self._clause,
            cause=cause,
            expected=str(self._plan),
            observed=f"{' and '.join(shown)}{more} in {name}{by_source}",
            subject=self._subject.name,
            exchanges=[self._attempt.number, *self._subject.witnesses[:5]],
            owner=owner,
        )

    def _for(self, key: str) -> str:
        """Return for which value a sum does not add up; a personal one is not told."""
        if self._plan.share is None:
            return ""
        message_of, rules = self._messages(), self._dossier.rules
        personal = any(
            rules.hides_in(message_of.get(spot.root, ""), _in_message(spot.path, spot.root))
            for spot in (*self._plan.share.left, *self._plan.share.right)
        )
        return f" for {spoken(key, personal=personal)}"

    def _source_fields(self) -> set[str]:
        """Return the fields of the source, and of what is joined, that the sum depends on."""
        fields: set[str] = set()
        for spot in self._plan.spots:
            if spot.root != "target":
                fields.add(f"{'' if spot.root == 'source' else spot.root + '.'}{spot.path}")
                continue
            plan = self._dossier.rules.field(str(spot.path))
            fields |= {reach.text for reach in plan.sources} if plan is not None else set()
        return fields

    def _wrong_fields(self) -> list[str]:
        names = [str(spot.path) for spot in self._plan.spots if spot.root == "target"]
        return [
            deviation.clause
            for deviation in self._comparison.different
            if any(_about(deviation.clause, deviation.plan, name) for name in names)
        ]

    def _bodies(self, target: Any) -> Bodies:
        return {"source": self._view.source, "target": target, **self._view.joined}

    def _messages(self) -> dict[str, str]:
        contract = self._dossier.contract
        joined = {name: join.name for name, join in contract.with_.items()}
        return {"source": contract.source, "target": contract.to, **joined}


def _wanted(view: Outlook) -> dict[str, Any]:
    """Return the target message that the rules make; what no rule fills is not in it."""
    body: dict[str, Any] = {}
    for plan, result in view.fields:
        unknown = Unsure(f"{plan.clause} cannot be known")
        value = result.value if isinstance(result, Expected) else unknown
        _put(body, plan.target.parts, value)
    for listed in view.lists:
        if listed.unknown or listed.strays:
            continue
        rows = []
        for row in listed.rows:
            inner: dict[str, Any] = {}
            for plan, result in row.results:
                _put(
                    inner,
                    plan.target.parts,
                    result.value if isinstance(result, Expected) else ABSENT,
                )
            rows.append(inner)
        _put(body, listed.plan.target.parts, rows)
    return body


def _put(body: dict[str, Any], parts: tuple[str, ...], value: Any) -> None:
    for part in parts[:-1]:
        inner = body.get(part)
        if not isinstance(inner, dict):
            inner = body[part] = {}
        body = inner
    body[parts[-1]] = value


def _in_message(path: Path, root: str) -> Path:
    """Return a path from the top of its message; that of an ``all`` begins with ``*``."""
    of_list = root not in ("source", "target") and path.parts[:1] == (EVERY,)
    return path.tail() if of_list else path


def _about(clause: str, plan: Any, name: str) -> bool:
    head, _, inner = name.partition(".*.")
    if plan is not None and (plan.name == name or clause.startswith("maps.")):
        return plan.name in (name, inner)
    if clause == f"fields.{head}":
        return True
    if not inner or not clause.startswith(f"fields.{head}."):
        return False
    # A row that is lost or left over is about every field of the list.
    return plan is None or plan.name == inner
