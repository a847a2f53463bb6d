"""The page shows the record as it is: foreign text stays text, nothing is fetched, all is small."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from harness.errors import Problem
from harness.readiness import Readiness, ScenarioResult
from harness.report import render_html, render_markdown
from harness.report.characters import visible
from harness.report.page import MOST_DETAILED, MOST_DRAWN
from tests.report.sample import (
    GOOD,
    OBSERVABLE,
    SOLD,
    broken,
    kept,
    open_,
    record,
    result,
    timeline,
    waiver,
)

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script></style><script>alert(1)</script>",
    "\" onmouseover='alert(1)' x=\"",
    "{{7*7}}{% include 'page.css' %}",
    "left\u202eright\u2066\u200b\x07",
    "a|b\n\n# c\n\r<b>",
    "A" * 10_000,
]


class Elements(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element and its attributes."""
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def full(**more: Any) -> Readiness:
    """Return a record in which every part of the page has something to show."""
    timed = {"clause": SOLD, "value": 1_500_000_000, "limit": 900_000_000, "grade": "simulated"}
    more = {"measures": ({**timed, "subject": "loaf 7", "faulted": True},), **more}
    return record(
        GOOD.model_copy(update={"timeline": timeline(), "because": "It was stale", **more}),
        result(broken(SOLD), open_("BRD-002#run.unrouted"), name="BRD-002", outcome="failed"),
        result(name="BRD-003", outcome="skipped", reason="later"),
        waivers=[waiver(OBSERVABLE[1])],
        problems=[Problem("a.yaml", 1, 1, "a slip", "a way out")],
    )


def poisoned(value: Any, text: str, *, key: str = "") -> Any:
    """Return the record's data with this text in every field that is free text."""
    fixed = {"format", "verdict", "status", "severity", "outcome", "kind", "state", "on", "until"}
    fixed |= {"as_of", "launch_date", "grade"}
    if isinstance(value, str):
        return value if key in fixed else text
    if isinstance(value, dict):
        if key == "coverage":
            return value
        return {name: poisoned(inner, text, key=name) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [poisoned(inner, text, key=key) for inner in value]
    return value


def spoiled(text: str) -> Readiness:
    """Return a full record with this text wherever text may come from outside."""
    return Readiness.model_validate(poisoned(full().model_dump(), text))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:16])
def test_foreign_text_stays_text(text: str) -> None:
    """No text of the record makes an element or attribute that a harmless one does not make."""
    expected, seen = (Elements(render_html(made)) for made in (spoiled("harmless"), spoiled(text)))

    assert expected.tags == seen.tags
    assert {name for name, _ in expected.attributes} == {name for name, _ in seen.attributes}
    assert not {name for name, _ in seen.attributes if name.startswith("on")}
    assert visible(text).split()[0] in " ".join(seen.text)
    assert "{{49}}" not in seen.text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:16])
def test_foreign_text_stays_text_in_markdown(text: str) -> None:
    """The summary keeps its lines, and no text opens a tag, a table cell or a heading."""
    made = render_markdown(spoiled(text))

    assert len(render_markdown(spoiled("harmless")).splitlines()) == len(made.splitlines())
    assert not re.findall(r"(?<!\\)[<>&]", made)
    assert "\u202e" not in made
    assert len(made) < 20_000


def test_no_hidden_character_reaches_the_page() -> None:
    """Marks of direction and invisible spaces are named, so that text reads as it is."""
    page = render_html(spoiled("a\u202eb"))

    assert "\u202e" not in page
    assert "a⟨U+202E⟩b" in page


def test_nothing_is_fetched_and_nothing_runs() -> None:
    """There is no script, no address, no import, and the policy allows one style alone."""
    page = render_html(full())
    seen = Elements(page)

    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "a"} & seen.tags
    assert not re.search(r"https?:|//[a-z]|url\(|@import", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert ("content", policy) in seen.attributes
    assert "style" not in {name for name, _ in seen.attributes}


def test_the_same_record_gives_the_same_bytes() -> None:
    """Rendering reads no clock and no chance."""
    assert render_html(full()) == render_html(full())
    assert render_markdown(full()) == render_markdown(full())


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (record(GOOD), "GO"),
        (record(result(broken(SOLD)), waivers=[waiver(c) for c in OBSERVABLE]), "GO WITH"),
        (record(), "NOT PROVEN"),
        (full(), "NO-GO"),
    ],
)
def test_the_first_heading_is_the_verdict(made: Readiness, word: str) -> None:
    """The verdict stands in the only heading of the first rank, in words."""
    page = render_html(made)
    headings = re.findall(r"<h1>(.*?)</h1>", page)

    assert len(headings) == 1
    assert word in headings[0]
    assert made.verdict in headings[0]


def test_each_blocker_names_who_must_act() -> None:
    """The page shows the clause, the owner, the contact and what was seen."""
    text = " ".join(Elements(render_html(full())).text)

    for said in (SOLD, "bakers", "#bakers", "rye", "wheat", "BRD-002"):
        assert said in text


def test_times_stand_beside_their_limits() -> None:
    """The table says the worst time, the limit, how many were late, and how strong it all is."""
    text = " ".join(Elements(render_html(full())).text)

    for said in ("1.5s", "900ms", "0 without fault", "simulated"):
        assert said in text


def test_bad_scenarios_come_first_and_good_ones_are_cut() -> None:
    """The scenario that failed keeps its evidence, however many others were proven."""
    many = [
        result(*map(kept, OBSERVABLE), name=f"AAA-{n:04}", timeline=timeline())
        for n in range(MOST_DETAILED + 5)
    ]
    bad = result(broken(SOLD), name="ZZZ-001", timeline=timeline())
    page = render_html(record(*many, bad))

    assert page.index("<strong>ZZZ-001") < page.index("<strong>AAA-0000")
    assert page.count("<summary>") - 1 == MOST_DETAILED
    assert page.count('<svg class="sequence"') == MOST_DRAWN
    assert "6 scenarios, a line each; the record has the evidence" in page


def test_one_scenario_is_one() -> None:
    """Numbers and nouns agree on the page."""
    page = Elements(render_html(record(result(*map(kept, OBSERVABLE))))).text

    assert "1 scenario, 1 contract, seed" in " ".join(page)


def test_more_scenarios_cost_a_line_each() -> None:
    """Beyond the detailed ones, a scenario adds less than 150 characters to the page."""

    def size(count: int) -> int:
        return len(render_html(record(*(named(n) for n in range(count)))))

    def named(number: int) -> ScenarioResult:
        return GOOD.model_copy(update={"name": f"BRD-{number:05}", "timeline": timeline()})

    assert size(3_000) - size(1_000) < 2_000 * 150


def test_markdown_fits_a_comment() -> None:
    """The summary has at most forty lines, whatever happened."""
    bad = [result(broken(f"BRD-{n:03}#then.0"), name=f"BRD-{n:03}") for n in range(60)]
    slips = [Problem("a.yaml", n, 1, "a slip") for n in range(30)]
    text = render_markdown(record(*bad, problems=slips, waivers=[waiver(SOLD)]))

    assert text.startswith("# NO-GO Kiosk\n")
    assert len(text.splitlines()) <= 40
    assert "and 52 more" in text
