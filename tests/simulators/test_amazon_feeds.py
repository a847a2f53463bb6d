"""Feeds: uploaded, queued, worked off, and what their reports say."""

import gzip
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.simulators.base import Call, Reply
from harness.timing import HOUR, MINUTE, SECOND
from tests.simulators.stage import data
from tests.simulators.test_amazon import MARKET, Account, quantity

BASE = "/feeds/2021-06-30"
JSON = "application/json; charset=UTF-8"


def upload(amazon: Account, content: bytes, content_type: str = JSON) -> tuple[str, Reply]:
    """Open a document and put its content; return its id and the answer of the upload."""
    opened = data(amazon.call("POST", f"{BASE}/documents", {"contentType": JSON}))
    return opened["feedDocumentId"], put(amazon, opened["url"], content, content_type)


def put(amazon: Account, url: str, content: bytes, content_type: str = JSON) -> Reply:
    """Put content to an address, without a token."""
    call = Call("PUT", url, (("Content-Type", content_type),), content)
    return amazon.stage.simulator.handle(call)


def queue(amazon: Account, *messages: Any, content: bytes | None = None) -> str:
    """Upload a feed of messages and queue it; return its id."""
    feed = {"header": {"sellerId": "S", "version": "2.0"}, "messages": messages}
    raw = json.dumps(feed).encode() if content is None else content
    document, _ = upload(amazon, raw)
    body = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [MARKET],
            "inputFeedDocumentId": document}  # fmt: skip
    answer = amazon.call("POST", f"{BASE}/feeds", body)
    assert answer.status == 202
    return str(data(answer)["feedId"])


def patch(number: int, sku: str, units: Any) -> dict[str, Any]:
    """Return a message that changes what is offered."""
    return {"messageId": number, "sku": sku, "operationType": "PATCH", **quantity(units)}


def report(amazon: Account, feed: str) -> Any:
    """Return what became of a feed, as its report says."""
    told = data(amazon.call("GET", f"{BASE}/feeds/{feed}"))
    document = data(amazon.call("GET", f"{BASE}/documents/{told['resultFeedDocumentId']}"))
    path = urlsplit(document["url"]).path
    raw = amazon.stage.simulator.handle(Call("GET", f"https://any.host{path}")).body
    return json.loads(gzip.decompress(raw) if "compressionAlgorithm" in document else raw)


def states(amazon: Account) -> list[str]:
    """Return the states that were noted of feeds."""
    return [row["processingStatus"] for name, row in amazon.stage.notes if name == "feed_state"]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_feed_is_worked_off(*, compressed: bool) -> None:
    """It waits, is in progress, is done; what it submits shows as late as any submission."""
    amazon = Account(feed_report_compressed=compressed)
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    feed = queue(amazon, patch(1, "MUG", 9))
    amazon.stage.advance(30 * SECOND + 2 * MINUTE)
    assert states(amazon) == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    told = data(amazon.call("GET", f"{BASE}/feeds/{feed}"))
    assert told["processingStartTime"] == "2026-03-02T08:00:30Z"
    assert told["processingEndTime"] == "2026-03-02T08:02:30Z"
    assert report(amazon, feed)["summary"]["messagesAccepted"] == 1
    assert amazon.offered("MUG") == 3
    amazon.stage.advance(5 * MINUTE)
    assert amazon.offered("MUG") == 9


def test_done_may_hold_errors() -> None:
    """One bad message does not touch the others, and only the report tells."""
    amazon = Account()
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    strange = {"messageId": 4, "sku": "MUG", "operationType": "PATCH"}
    feed = queue(amazon, patch(1, "MUG", 9), patch(2, "CUP", 9), "x", strange)
    amazon.stage.advance(HOUR // 2)
    assert states(amazon)[-1] == "DONE"
    told = report(amazon, feed)
    assert [(row["messageId"], row["severity"]) for row in told["issues"]] == [
        (2, "ERROR"), (3, "ERROR"), (4, "ERROR")]  # fmt: skip
    assert told["summary"]["messagesInvalid"] == 3
    assert amazon.offered("MUG") == 9


@pytest.mark.parametrize("content", [b"<xml/>", b"[]", b'{"messages": []}'])
def test_what_nobody_can_read_is_fatal(content: bytes) -> None:
    """A document that is no JSON feed ends as FATAL."""
    amazon = Account()
    feed = queue(amazon, content=content)
    amazon.stage.advance(HOUR // 2)
    assert states(amazon)[-1] == "FATAL"
    assert report(amazon, feed)["summary"]["errors"] == 1


def test_an_address_takes_a_document_for_five_minutes() -> None:
    """After that, with another content type, or over a report, nothing is taken."""
    amazon = Account()
    assert upload(amazon, b"{}", "text/plain")[1].status == 403
    opened = data(amazon.call("POST", f"{BASE}/documents", {"contentType": JSON}))
    amazon.stage.advance(5 * MINUTE)
    assert put(amazon, opened["url"], b"{}").status == 403
    feed = queue(amazon, content=b"x")
    amazon.stage.advance(5 * MINUTE)
    number = data(amazon.call("GET", f"{BASE}/feeds/{feed}"))["resultFeedDocumentId"]
    assert put(amazon, f"https://any.host/uploads/feeds/{number}", b"{}").status == 403
    nothing = Call("GET", "https://any.host/uploads/feeds/none")
    assert amazon.stage.simulator.handle(nothing).status == 403


def test_a_queued_feed_is_cancelled() -> None:
    """Only as long as it waits; then it does nothing."""
    amazon = Account()
    amazon.stage.do("list_item", {"sku": "MUG", "quantity": 3})
    feed, late = queue(amazon, patch(1, "MUG", 9)), queue(amazon)
    assert amazon.call("DELETE", f"{BASE}/feeds/{feed}").status == 200
    amazon.stage.advance(HOUR // 2)
    assert amazon.offered("MUG") == 3
    assert "only a queued feed is cancelled" in amazon.refusal("DELETE", f"{BASE}/feeds/{late}")
    listed = amazon.get(f"{BASE}/feeds", feedTypes="JSON_LISTINGS_FEED", processingStatuses="DONE")
    assert [row["feedId"] for row in listed["feeds"]] == [late]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/documents", {}),
        ("POST", "/feeds", {"marketplaceIds": []}),
        ("POST", "/feeds", {"marketplaceIds": ["A"], "feedType": 1}),
        ("POST", "/feeds", {"marketplaceIds": ["A"], "feedType": "X", "inputFeedDocumentId": "D"}),
        ("POST", "/feeds", {"marketplaceIds": ["A"], "feedType": "JSON_LISTINGS_FEED",
                            "inputFeedDocumentId": "D"}),
        ("GET", "/feeds", None),
        ("GET", "/feeds?feedTypes=A&pageSize=1", None),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused(method: str, path: str, body: Any) -> None:
    """What lacks its parts, or names what does not exist, is a 400."""
    assert Account().refusal(method, BASE + path, body).startswith("400 InvalidInput")


@pytest.mark.parametrize("path", ["/feeds/1", "/documents/1"])
def test_what_does_not_exist_is_not_found(path: str) -> None:
    """Unknown feeds and documents are a 404."""
    assert Account().refusal("GET", BASE + path).startswith("404 NotFound")
