"""A real browser shows the verdict, runs nothing, and needs no sideways scrolling on a phone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.readiness import Readiness
from harness.report import render_html
from tests.report.sample import GOOD, SOLD, broken, record, result, timeline

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH"),
]


def shown(page: Path, *, profile: Path) -> str:
    """Return the document as the browser has built it."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=3000"]
    done = subprocess.run(  # noqa: S603 - the browser that PATH names, and our own page
        [*command, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.fixture
def made() -> Readiness:
    """Return a record whose texts would run a script if they could."""
    evil = "<img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>"
    return record(
        GOOD.model_copy(update={"timeline": timeline(rows=40), "title": evil + "W" * 400}),
        result(broken(SOLD), name="BRD-002", title=evil, file=evil + "V" * 400),
    )


def test_the_browser_shows_the_verdict_and_runs_nothing(made: Readiness, tmp_path: Path) -> None:
    """The verdict is there, and no text of the record has become a script."""
    page = tmp_path / "readiness.html"
    page.write_text(render_html(made), encoding="utf-8")
    document = shown(page, profile=tmp_path / "profile")

    assert re.search(r"<h1>.*NO-GO</h1>", document)
    assert "<title>NO-GO – Kiosk</title>" in document
    assert not re.search(r"<(script|img)\b", document)


def test_a_phone_needs_no_sideways_scrolling(made: Readiness, tmp_path: Path) -> None:
    """At a width of 390 pixels nothing is wider than the page, with all details open."""
    opened = render_html(made).replace("<details>", "<details open>")
    (tmp_path / "readiness.html").write_text(opened, encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        '<!doctype html><iframe id="f" src="readiness.html" style="width:390px;height:800px;'
        'border:0"></iframe><script>onload=()=>{const d=document.getElementById("f")'
        ".contentDocument.documentElement;"
        'document.body.dataset.width=d.clientWidth+" "+d.scrollWidth}</script>',
        encoding="utf-8",
    )
    document = shown(frame, profile=tmp_path / "profile")

    assert 'data-width="390 390"' in document
