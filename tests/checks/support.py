"""A bakery: tickets of the shop become batches of the oven; and a way to tell its histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.checks import Case, Check, judge
from harness.checks.docket import Docket
from harness.checks.dossier import Dossier, Facts
from harness.contract import Contract
from harness.history import (
    INTEGRATION,
    Body,
    Entry,
    Event,
    EventKind,
    Exchange,
    Failure,
    Header,
    History,
    Origin,
)
from harness.landscape import Contact, Landscape, System
from harness.rules import personal_paths
from harness.scenario import Scenario
from harness.timing import parse_duration, parse_instant
from harness.verdict import Finding, Judgement, Status

START = parse_instant("2026-03-02T08:00:00Z")
NAME = "ticket-to-batch"


def landscape(**signs: Any) -> Landscape:
    """Return shop, oven and bell; ``signs`` replace keys of the ticket's description."""
    ticket = {
        "key": "number",
        "version": "revision",
        "carried_by": {
            "push": {"webhook": "ticket", "at": "body"},
            "read": {"response": "GET /tickets/:id", "at": "body"},
        },
        "fields": {
            "number": {"type": "integer", "required": "always"},
            "revision": {"type": "integer", "required": "always"},
            "state": {"type": "text", "required": "always"},
            "guest": {"type": "text", "nullable": True, "sensitive": "personal"},
            "total": {"type": "decimal", "required": "always"},
            "paid": {"type": "decimal"},
            "buns.*.kind": {"type": "text", "required": "always"},
            "buns.*.count": {"type": "integer", "required": "always"},
            "buns.*.cost": {"type": "decimal", "required": "always"},
        },
        **signs,
    }
    shop = {
        "system": "shop",
        "kind": "storefront",
        "owner": "shop-team",
        "base_urls": ["https://shop.test"],
        "messages": {"ticket": ticket},
    }
    return Landscape.described(
        systems={
            "shop": System.model_validate(shop),
            "oven": System.model_validate(_OVEN),
            "bell": System.model_validate(_BELL),
        },
        teams={
            name: Contact.described(name=name, contact=f"#{name}")
            for name in ("shop-team", "oven-team", "glue-team", "bakers")
        },
    )


_OVEN = {
    "system": "oven",
    "kind": "wms",
    "owner": "oven-team",
    "base_urls": ["https://oven.test/api"],
    "answers": {"known": {"when": {"status": 409, "body.error": "known"}, "means": "accepted"}},
    "messages": {
        "batch": {
            "key": "ref",
            "carried_by": {
                "create": {"request": "POST /batches", "at": "body"},
                "read": {"response": "GET /batches/:id", "at": "body"},
            },
            "fields": {
                "ref": {"type": "text", "required": "always"},
                "mode": {"type": "text", "enum": ["BAKE", "WAIT"], "required": "always"},
                "guest": {"type": "text", "max": 40},
                "sum": {"type": "decimal", "required": "always"},
                "rows.*.kind": {"type": "text"},
                "rows.*.count": {"type": "integer"},
                "rows.*.cost": {"type": "decimal"},
            },
        }
    },
}
_BELL = {
    "system": "bell",
    "kind": "alerting",
    "owner": "glue-team",
    "base_urls": ["https://bell.test"],
    "messages": {
        "ring": {
            "key": "about",
            "carried_by": {"ring": {"request": "POST /rings", "at": "body"}},
            "notifies": {"who": "who", "about": "about"},
        },
        "shelf": {
            "key": "ref",
            "carried_by": {"put": {"request": "POST /shelf", "at": "body"}},
        },
    },
}

RULES: dict[str, Any] = {
    "contract": NAME,
    "version": "1.0.0",
    "status": "agreed",
    "summary": "Every paid ticket becomes a batch.",
    "from": "shop.ticket",
    "to": "oven.batch",
    "object": "orders",
    "owners": {
        "business": "bakers",
        "source": "shop-team",
        "target": "oven-team",
        "integration": "glue-team",
    },
    "when": {"state": ["paid", "gift"]},
    "expect": "one",
    "fields": {
        "ref": {"from": "number", "using": "to_text"},
        "mode": {"from": "state", "map": "modes"},
        "guest": {"from": "guest", "using": "trim", "if_missing": "leave_out"},
        "sum": {"from": "total", "using": "to_decimal", "unlike": "paid"},
        "rows": {
            "match_by": ["kind"],
            "each": "buns",
            "fields": {
                "kind": {"from": "kind"},
                "count": {"from": "count", "if_missing": "park"},
                "cost": {"from": "cost", "using": "to_decimal"},
            },
        },
    },
    "maps": {
        "modes": {"pairs": {"paid": "BAKE", "gift": "WAIT"}, "if_unmapped": "park"},
    },
    "sums": {"costs": {"add": ["rows.*.cost"], "equals": ["sum"]}},
    "receive": {
        "style": "webhook",
        "answered": {"fail": "5s"},
        "delivery": "at_least_once",
        "bad_signature": "refuse",
    },
    "timing": {
        "delivered": {"warn": "1m", "fail": "5m", "never_over": "30m"},
        "response": {"fail": "5s"},
    },
    "idempotency": {"key": ["ref"], "sent_as": "header Idempotency-Key", "remembered": "24h"},
    "retry": {
        "attempts": 3,
        "wait": {"first": "2s", "factor": 2},
        "give_up_after": "20m",
        "obey_retry_after": True,
        "on": ["throttled", "5xx", "timeout", "no_connection"],
    },
    "failures": {
        409: {"then": "treat_as_success"},
        422: {"then": "park", "tell": "business", "within": "15m"},
        "otherwise": {"then": "park", "tell": "integration", "within": "15m"},
    },
    "parked": {"to": "bell.shelf", "alarm_over": 2},
}


def contract(**changes: Any) -> Contract:
    """Return the contract with some keys replaced; a key set to None is left out."""
    data = {**RULES, **changes}
    return Contract.described(**{key: value for key, value in data.items() if value is not None})


def ticket(number: int = 7, **changes: Any) -> dict[str, Any]:
    """Return a paid ticket over two kinds of buns."""
    return {
        "number": number,
        "revision": 1,
        "state": "paid",
        "guest": " Ada Quist ",
        "total": "5.00",
        "paid": "4.00",
        "buns": [
            {"kind": "rye", "count": 2, "cost": "3.00"},
            {"kind": "oat", "count": 1, "cost": "2.00"},
        ],
        **changes,
    }


def batch(number: int = 7, **changes: Any) -> dict[str, Any]:
    """Return what the rules make of that ticket."""
    return {
        "ref": str(number),
        "mode": "BAKE",
        "guest": "Ada Quist",
        "sum": "5.00",
        "rows": [
            {"kind": "rye", "count": 2, "cost": "3.00"},
            {"kind": "oat", "count": 1, "cost": "2.00"},
        ],
        **changes,
    }


class Story:
    """Tells a history step by step; each call takes 100 ms, and time passes by ``wait``."""

    def __init__(self, *, timed: bool = True) -> None:
        self.now = START
        self.timed = timed
        self.entries: list[Entry] = []
        self.origins = dict.fromkeys(("shop", "oven", "bell"), Origin.SIMULATED)
        self.complete = True
        self._tick = 0

    # -- what happens --------------------------------------------------------------------------

    def wait(self, duration: str) -> Story:
        """Let time pass."""
        self.now += parse_duration(duration)
        return self

    def event(self, kind: EventKind, system: str = "", **data: Any) -> Story:
        """Note an event."""
        self.entries.append(Event(self._next(), self._at(), kind, system, data))
        return self

    def step(self, name: str) -> Story:
        """Begin a step of the scenario."""
        return self.event(EventKind.STEP, id=name, verb="do", what="")

    def committed(self, body: Mapping[str, Any], *, cause: int | None = None) -> Story:
        """Let the shop, or by a cause the oven, hold a message."""
        system, name, key = (
            ("shop", "ticket", "number") if cause is None else ("oven", "batch", "ref")
        )
        return self.event(
            EventKind.COMMITTED,
            system,
            message=f"{system}.{name}",
            key=str(body.get(key)),
            body=dict(body),
            cause=cause,
        )

    def webhook(
        self,
        body: Mapping[str, Any],
        *,
        status: int | None = 202,
        delivery: str = "d1",
        faults: tuple[int, ...] = (),
        took: str = "100ms",
    ) -> int:
        """Deliver a ticket to the integration; return the number of the exchange."""
        failure = Failure.TIMEOUT if status is None else None
        return self._exchange(
            "shop",
            INTEGRATION,
            "https://glue.test/in",
            body,
            status,
            failure,
            took=took,
            topic="ticket",
            delivery=delivery,
            faults=faults,
        )

    def ticket(self, body: Mapping[str, Any] | None = None, **how: Any) -> Story:
        """Let the shop hold a ticket and tell the integration."""
        said = ticket() if body is None else body
        self.committed(said)
        self.webhook(said, **how)
        return self

    def send(
        self,
        body: Mapping[str, Any] | None = None,
        *,
        status: int | None = 201,
        commits: bool | None = None,
        key: str | None = "",
        answer: Any = None,
        failure: Failure = Failure.TIMEOUT,
        headers: Sequence[tuple[str, str]] = (),
        faults: tuple[int, ...] = (),
        took: str = "100ms",
    ) -> Story:
        """Send a batch; a success commits it unless ``commits`` says otherwise."""
        said = batch() if body is None else body
        own = f"key-{said.get('ref')}" if key == "" else key
        does = commits if commits is not None else status is not None and status < 300
        seq = self._next()
        if does and self.origins["oven"] is Origin.SIMULATED:
            self.committed(said, cause=seq)
        self._exchange(
            INTEGRATION,
            "oven",
            "https://oven.test/api/batches",
            said,
            status,
            failure if status is None else None,
            took=took,
            seq=seq,
            answer=answer,
            headers=() if own is None else (("Idempotency-Key", own),),
            answer_headers=tuple(headers),
            faults=faults,
        )
        return self

    def park(self, ref: str = "7", *, status: int = 201) -> Story:
        """Put a ticket on the shelf."""
        return self._bell("shelf", {"ref": ref, "reason": "x"}, status)

    def tell(self, who: str, about: str = "7", *, status: int = 201) -> Story:
        """Ring for somebody."""
        return self._bell("rings", {"who": who, "about": about}, status)

    def read_batch(self, body: Mapping[str, Any]) -> Story:
        """Let the integration read a batch from the oven."""
        url = f"https://oven.test/api/batches/{body['ref']}"
        self._exchange(INTEGRATION, "oven", url, None, 200, None, method="GET", answer=body)
        return self

    def settle(self, after: str = "45m") -> Story:
        """Let the time of all promises pass."""
        return self.wait(after).event(EventKind.SETTLED)

    def history(self) -> History:
        """Return what happened."""
        header = Header(
            scenario="BUN-001",
            start=START,
            seed=1,
            systems=self.origins,
            contracts=(NAME,),
            complete=self.complete,
        )
        return History(header, tuple(sorted(self.entries, key=lambda entry: entry.seq)))

    # -- how it is written down ----------------------------------------------------------------

    def _bell(self, path: str, body: Mapping[str, Any], status: int) -> Story:
        self._exchange(INTEGRATION, "bell", f"https://bell.test/{path}", body, status, None)
        return self

    def _exchange(
        self,
        sender: str,
        receiver: str,
        url: str,
        body: Any,
        status: int | None,
        failure: Failure | None,
        *,
        took: str = "100ms",
        method: str = "POST",
        seq: int | None = None,
        answer: Any = None,
        **rest: Any,
    ) -> int:
        number = self._next() if seq is None else seq
        sent_at = self._at()
        self.now += parse_duration(took)
        self.entries.append(
            Exchange(
                seq=number,
                done=self._next(),
                sender=sender,
                receiver=receiver,
                sent_at=sent_at,
                ended_at=self._at(),
                method=method,
                url=url,
                headers=rest.pop("headers", ()),
                body=Body() if body is None else Body("json", dict(body)),
                status=status,
                answer=Body() if answer is None else Body("json", answer),
                failure=failure,
                **rest,
            )
        )
        return number

    def _next(self) -> int:
        self._tick += 1
        return self._tick

    def _at(self) -> int | None:
        return self.now if self.timed else None


def good(number: int = 7) -> Story:
    """Tell of one ticket that became its batch."""
    return Story().ticket(ticket(number)).send(batch(number)).settle()


def dossier(story: Story, agreed: Contract | None = None, land: Landscape | None = None) -> Dossier:
    """Return the dossier of one contract."""
    one = contract() if agreed is None else agreed
    where = landscape() if land is None else land
    built = Dossier(one, Facts.of(story.history(), where, personal_paths(where, (one,))))
    built.complete()
    return built


class Said:
    """What one check says of a story, by clause path."""

    def __init__(self, docket: Docket) -> None:
        self.rulings = {r.clause.partition("#")[2]: r for r in docket.rulings()}
        self.idle = {clause.partition("#")[2]: why for clause, why in docket.reasons.items()}
        self.measures = docket.measures

    def __getitem__(self, path: str) -> Status | None:
        ruling = self.rulings.get(path)
        return None if ruling is None else ruling.status

    def failing(self) -> list[str]:
        """Return the broken clauses."""
        return [path for path, r in self.rulings.items() if r.status is Status.FAILED]

    def finding(self, path: str) -> Finding:
        """Return the only finding of a clause."""
        (found,) = self.rulings[path].findings
        return found


def said_by(
    check: Check | Callable[[Case], Docket], story: Story, agreed: Contract | None = None
) -> Said:
    """Let one check rule on a story."""
    run = check.run if isinstance(check, Check) else check
    return Said(run(Case.of(dossier(story, agreed))))


def judged(
    story: Story, agreed: Contract | None = None, *, scenario: Scenario | None = None
) -> Judgement:
    """Judge a story with everything there is."""
    one = contract() if agreed is None else agreed
    return judge(story.history(), contracts=(one,), landscape=landscape(), scenario=scenario)


def failing(judgement: Judgement) -> list[str]:
    """Return the paths of all broken clauses."""
    return [
        ruling.clause.partition("#")[2]
        for ruling in judgement.rulings
        if ruling.status is Status.FAILED
    ]
