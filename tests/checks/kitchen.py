"""The bakery with more to tell: toppings in pages, a card for each ticket, and a table of kits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.checks import judge
from harness.contract import Contract
from harness.history import INTEGRATION, EventKind, History
from harness.landscape import Landscape, System, Table
from harness.verdict import Finding, Judgement, Ruling, Status
from tests.checks.support import Story, contract
from tests.checks.support import landscape as bakery

TOPPING = {
    "key": "id",
    "version": "revision",
    "carried_by": {
        "list": {
            "response": "GET /tickets/:ticket/toppings",
            "at": "body.toppings.*",
            "more": "body.next",
            "lift": {"ticket": "path.ticket"},
        },
        "push": {"webhook": "topping", "at": "body"},
    },
    "fields": {
        "id": {"type": "integer"},
        "ticket": {"type": "integer"},
        "name": {"type": "text"},
        "grams": {"type": "integer"},
        "note": {"type": "text", "sensitive": "personal"},
    },
}
CARD = {
    "key": "ticket",
    "carried_by": {
        "one": {
            "response": "GET /tickets/:ticket/card",
            "at": "body",
            "lift": {"ticket": "path.ticket"},
        },
        "part": {"webhook": "card", "at": "body", "partial": True},
    },
    "fields": {
        "ticket": {"type": "integer"},
        "text": {"type": "text", "sensitive": "personal"},
        "colour": {"type": "text"},
    },
}
KITS = Table(
    name="kits",
    columns=("kit", "part", "count"),
    rows=(
        {"kit": "brunch", "part": "rye", "count": "2"},
        {"kit": "brunch", "part": "oat", "count": "1"},
    ),
)


def landscape() -> Landscape:
    """Return the bakery with toppings, cards, a record and kits."""
    base = bakery()
    shop = base.systems["shop"].model_dump(by_alias=True, exclude_unset=True)
    shop["messages"] |= {"topping": TOPPING, "card": CARD}
    shop["messages"]["ticket"]["fields"]["buns.*.name"] = {
        "type": "text",
        "sensitive": "personal",
    }
    shop["records"] = {"shelf": {"key": "kind", "values": {"left": {"type": "integer"}}}}
    systems = {**base.systems, "shop": System.model_validate(shop)}
    return base.model_copy(update={"systems": systems, "tables": {"kits": KITS}})


def agreed(**changes: Any) -> Contract:
    """Return a contract of few rules, with some keys replaced."""
    plain: dict[str, Any] = {
        "fields": {"ref": {"from": "number", "using": "to_text"}},
        "maps": None,
        "sums": None,
        "when": None,
        "retry": None,
        "failures": None,
        "parked": None,
        "idempotency": None,
        "receive": None,
        "timing": {"delivered": {"fail": "30m"}},
    }
    return contract(**{**plain, **changes})


def fields(**more: Any) -> dict[str, Any]:
    """Return the rule of the key and further rules."""
    return {"ref": {"from": "number", "using": "to_text"}, **more}


class Kitchen(Story):
    """Tells of toppings and cards as well."""

    def holds(self, message: str, body: Mapping[str, Any]) -> Kitchen:
        """Let the shop hold a topping or a card."""
        key = str(body.get("id", body.get("ticket")))
        self.event(
            EventKind.COMMITTED,
            "shop",
            message=f"shop.{message}",
            key=key,
            body=dict(body),
            cause=None,
        )
        return self

    def toppings(
        self,
        *rows: Mapping[str, Any],
        of: int = 7,
        query: str = "",
        following: Any = None,
    ) -> Kitchen:
        """Let the integration read a page of toppings; ``following`` is what it says of more."""
        answer = {"toppings": [dict(row) for row in rows], "next": following}
        url = f"https://shop.test/tickets/{of}/toppings{query}"
        self._exchange(INTEGRATION, "shop", url, None, 200, None, method="GET", answer=answer)
        return self

    def card(self, of: int = 7, **body: Any) -> Kitchen:
        """Let the integration read the card of a ticket."""
        url = f"https://shop.test/tickets/{of}/card"
        self._exchange(INTEGRATION, "shop", url, None, 200, None, method="GET", answer=body)
        return self

    def tells(self, topic: str, body: Mapping[str, Any]) -> Kitchen:
        """Let the shop send a webhook about something else."""
        self._exchange(
            "shop", INTEGRATION, "https://glue.test/in", body, 202, None, topic=topic, delivery="x"
        )
        return self


def topping(number: int, name: str = "jam", grams: int = 10, **more: Any) -> dict[str, Any]:
    """Return a topping."""
    return {"id": number, "name": name, "grams": grams, **more}


class Outcome:
    """What all checks say of a story, by clause path."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.rulings: dict[str, list[Ruling]] = {}
        for ruling in judgement.rulings:
            self.rulings.setdefault(ruling.clause.partition("#")[2], []).append(ruling)
        self.idle = {clause.partition("#")[2]: why for clause, why in judgement.idle.items()}

    def __getitem__(self, path: str) -> Status | None:
        found = self.rulings.get(path)
        return None if found is None else max(ruling.status for ruling in found)

    def reason(self, path: str) -> str:
        """Return why a clause is as it is."""
        return self.rulings[path][0].reason

    def failing(self) -> list[str]:
        """Return the broken clauses."""
        return [path for path in self.rulings if self[path] is Status.FAILED]

    def finding(self, path: str) -> Finding:
        """Return the only finding of a clause."""
        (found,) = self.rulings[path][0].findings
        return found


def told(story: Story | History, one: Contract, *, land: Landscape | None = None) -> Outcome:
    """Judge a story."""
    history = story.history() if isinstance(story, Story) else story
    return Outcome(judge(history, contracts=(one,), landscape=land or landscape()))


def owners(outcome: Outcome) -> Sequence[tuple[str, str]]:
    """Return clause and owner of everything that is broken."""
    return [(path, outcome.finding(path).owner) for path in outcome.failing()]
