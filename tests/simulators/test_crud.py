"""A system is played from its file alone, or from one Python file, as the how-to says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.landscape import System
from harness.simulators.base import Call, Simulator, UnknownAction, to_json
from harness.simulators.crud import Crud
from harness.simulators.profiles import Profile
from tests.simulators.stage import ROOT, START, data, header

HOW_TO = (ROOT / "docs/how-to-add-a-system.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the example of the how-to in a language."""
    found = re.search(rf"```{language}\n(.*?)```", HOW_TO, re.DOTALL)
    assert found is not None
    return found[1]


class Scene:
    """What a simulator is given, and a note of what it does."""

    random: Any = None
    now = START

    def __init__(self, of: type[Simulator] = Crud, file: str | None = None, **numbers: Any) -> None:
        self.done: list[tuple[str, Any, Any]] = []
        self.emitted: list[Any] = []
        self.system = System.model_validate(yaml.safe_load(file or block("yaml")))
        profile = Profile(numbers=numbers)
        self.it = of(self.system, self, secrets={}, profile=profile)

    def after(self, delay: int, action: Any) -> None:
        """Do it at once."""
        action()

    def emit(self, webhook: Any) -> None:
        """Note a webhook."""
        self.emitted.append(webhook)

    def commit(self, message: str, key: str, body: Any) -> None:
        """Note a message."""
        self.done.append((message, key, body))

    def note(self, record: str, row: Any) -> None:
        """Note a record."""
        self.done.append((f"record {record}", row.get("code"), row))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the system."""
        raw = b"" if body is None else to_json(body)
        return self.it.handle(Call(method, "https://pim.example" + path, (), raw))


def article(code: str = "A-1", price: str = "9.90", day: int = 2) -> dict[str, Any]:
    """Return an article."""
    return {"code": code, "price": price, "changed_at": f"2026-03-{day:02}T08:00:00Z"}


def test_what_is_created_can_be_read_listed_and_removed() -> None:
    """And it is told, committed and noted."""
    pim = Scene()

    assert pim.call("POST", "/articles", article()).status == 201
    assert data(pim.call("GET", "/articles/A-1")) == article()
    assert data(pim.call("GET", "/articles")) == {"items": [article()]}
    assert [kind for kind, _, _ in pim.done] == ["article", "record shelf"]
    assert data(pim.emitted[0]) == {"article": article()}
    assert pim.call("DELETE", "/articles/A-1").status == 204
    assert pim.call("GET", "/articles/A-1").status == 404


def test_a_second_one_with_its_key_is_refused_and_put_takes_it() -> None:
    """The key may stand in the address alone."""
    pim = Scene()
    pim.call("POST", "/articles", article())
    changed = {key: value for key, value in article(price="8.00").items() if key != "code"}

    assert pim.call("POST", "/articles", article()).status == 409
    assert pim.call("PUT", "/articles/A-1", changed).status == 200
    assert data(pim.call("GET", "/articles/A-1"))["price"] == "8.00"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"price": "1.00"}, "code"),
        (article(price="1.234"), "price"),
        (article(code="A" * 21), "code"),
        ([], ""),
    ],
)
def test_what_does_not_fit_its_file_is_refused(body: Any, field: str) -> None:
    """The answer names the field."""
    answer = Scene().call("POST", "/articles", body)
    assert (answer.status, data(answer)["fields"][0]["field"]) == (422, field)


def test_a_list_has_pages_and_a_window() -> None:
    """What the file calls `more` leads to the next page."""
    pim = Scene(page_size=2)
    for number in range(1, 6):
        pim.call("POST", "/articles", article(f"A-{number}", day=number))
    first = data(pim.call("GET", "/articles?since=2026-03-02T00:00:00Z"))
    rest = data(pim.call("GET", f"/articles?since=2026-03-02T00:00:00Z&page={first['next']}"))

    assert [one["code"] for one in first["items"]] == ["A-2", "A-3"]
    assert [one["code"] for one in rest["items"]] == ["A-4", "A-5"]
    assert "next" not in rest


def test_a_scenario_keeps_and_removes() -> None:
    """What is given at the start is told to nobody."""
    pim = Scene()
    pim.it.hold("article", (article("A-9"),))
    assert pim.emitted == []
    assert pim.it.act("keep", {"message": "article", "body": article()}) == {
        "message": "article",
        "key": "A-1",
    }
    pim.it.act("remove", {"message": "article", "key": "A-9"})
    assert [one["code"] for one in data(pim.call("GET", "/articles"))["items"]] == ["A-1"]
    with pytest.raises(UnknownAction, match="say which message: article"):
        pim.it.act("keep", {"message": "colour", "body": {}})


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(0, 9), st.sampled_from(["PUT", "DELETE"]))
    )
)
def test_it_holds_what_was_last_put(steps: list[tuple[str, int, str]]) -> None:
    """Whatever is put and removed, in any order."""
    pim, kept = Scene(), dict[str, str]()
    for code, price, method in steps:
        pim.call(method, f"/articles/{code}", article(code, f"{price}.00"))
        kept.pop(code, None)
        if method == "PUT":
            kept[code] = f"{price}.00"
    found = data(pim.call("GET", "/articles"))["items"]
    assert {one["code"]: one["price"] for one in found} == kept


def test_a_system_in_python_is_one_file(tmp_path: Path) -> None:
    """The example of the how-to runs as it stands."""
    names: dict[str, Any] = {}
    exec(compile(block("python"), str(tmp_path / "loyalty.py"), "exec"), names)  # noqa: S102 - our own page
    points = Scene(names["Loyalty"])

    assert points.call("POST", "/points", {"customer": "C-1", "points": 5}).status == 201
    points.it.act("spend", {"customer": "C-1", "points": 3})
    assert points.it.snapshot() == {"balance": [{"customer": "C-1", "points": 2}]}
    with pytest.raises(UnknownAction, match="more than they have"):
        points.it.act("spend", {"customer": "C-1", "points": 3})
    assert header(points.call("GET", "/"), "Content-Type") == "application/json"
