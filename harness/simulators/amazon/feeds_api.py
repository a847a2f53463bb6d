"""The Feeds API: many changes in one document, and the report that says what became of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from harness.simulators.amazon.feeds import DONE, FATAL, QUEUED, WORKING, Document, Feed, Feeds
from harness.simulators.amazon.listings import Issue, issue
from harness.simulators.amazon.operations import Asked, Operation, Operations
from harness.simulators.amazon.orders import seconds
from harness.simulators.amazon.refusals import Refused, not_found
from harness.simulators.amazon.windows import read_list, refuse_strangers
from harness.simulators.base import Call, Context, Reply, reply, to_json
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.routing import Parameters

UPLOADS: Final = "/uploads/feeds"
"""Where documents are put and fetched, without a token: whoever knows the address may."""

Take = Callable[[str, Mapping[str, Any]], list[Issue]]

_STATUSES: Final = (QUEUED, WORKING, DONE, FATAL, "CANCELLED")
_GONE: Final = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'


class FeedsApi:
    """Answers for feeds. ``take`` takes a change of a listing, ``changed`` is told of each feed."""

    def __init__(
        self,
        feeds: Feeds,
        context: Context,
        numbers: Mapping[str, Any],
        *,
        take: Take,
        changed: Callable[[Feed], None],
    ) -> None:
        self._feeds = feeds
        self._context = context
        self._numbers = numbers
        self._take = take
        self._changed = changed

    def operations(self) -> Operations:
        """Return what is answered, by address."""
        base = "/feeds/2021-06-30"
        return {
            f"POST {base}/documents": Operation("createFeedDocument", self._open),
            f"GET {base}/documents/:id": Operation("getFeedDocument", self._document),
            f"POST {base}/feeds": Operation("createFeed", self._create),
            f"GET {base}/feeds": Operation("getFeeds", self._list),
            f"GET {base}/feeds/:id": Operation("getFeed", self._one),
            f"DELETE {base}/feeds/:id": Operation("cancelFeed", self._cancel),
        }

    def put(self, call: Call, parameters: Parameters) -> Reply:
        """Take the content of a document."""
        document = self._feeds.documents.get(parameters["id"])
        content_type = call.header("Content-Type") or ""
        now = self._context.now
        if document and self._feeds.upload(document, call.body, content_type, now=now):
            return Reply(200)
        return Reply(403, _GONE, (("Content-Type", "application/xml"),))

    def fetch(self, _call: Call, parameters: Parameters) -> Reply:
        """Give the content of a document."""
        document = self._feeds.documents.get(parameters["id"])
        if document is None or document.content is None:
            return Reply(403, _GONE, (("Content-Type", "application/xml"),))
        return Reply(200, document.content, (("Content-Type", document.content_type),))

    def _open(self, asked: Asked) -> Reply:
        content_type = asked.object().get("contentType")
        if not isinstance(content_type, str) or not content_type:
            raise Refused("contentType is needed.")
        document = self._feeds.open_document(content_type, now=self._context.now)
        return reply(201, {"feedDocumentId": document.id, "url": _address(asked.call, document)})

    def _document(self, asked: Asked) -> Reply:
        document = self._feeds.documents.get(asked.parameters["id"])
        if document is None:
            raise not_found("There is no such document.")
        answer = {"feedDocumentId": document.id, "url": _address(asked.call, document)}
        if document.compressed:
            answer["compressionAlgorithm"] = "GZIP"
        return reply(200, answer)

    def _create(self, asked: Asked) -> Reply:
        body = asked.object()
        markets = body.get("marketplaceIds")
        if not (isinstance(markets, list) and markets and all(isinstance(m, str) for m in markets)):
            raise Refused("marketplaceIds is a list of marketplaces.")
        type_, document = body.get("feedType"), body.get("inputFeedDocumentId")
        if not isinstance(type_, str) or not isinstance(document, str):
            raise Refused("feedType and inputFeedDocumentId are needed.")
        feed = self._feeds.create(type_, markets, document, now=self._context.now)
        self._changed(feed)
        self._context.after(self._numbers["feed_queued"], lambda: self._start(feed))
        return reply(202, {"feedId": feed.id})

    def _list(self, asked: Asked) -> Reply:
        query = asked.call.query
        refuse_strangers(query, frozenset({"feedTypes", "processingStatuses"}))
        types = read_list(query, "feedTypes")
        if not types:
            raise Refused("feedTypes is needed.")
        statuses = read_list(query, "processingStatuses", allowed=_STATUSES)
        feeds = [
            view(feed)
            for feed in self._feeds.by_id.values()
            if feed.type in types and (not statuses or feed.status in statuses)
        ]
        return reply(200, {"feeds": feeds})

    def _one(self, asked: Asked) -> Reply:
        return reply(200, view(self._feeds.find(asked.parameters["id"])))

    def _cancel(self, asked: Asked) -> Reply:
        feed = self._feeds.find(asked.parameters["id"])
        self._feeds.cancel(feed, now=self._context.now)
        self._changed(feed)
        return Reply(200)

    def _start(self, feed: Feed) -> None:
        if self._feeds.start(feed, now=self._context.now):
            self._changed(feed)
            self._context.after(self._numbers["feed_working"], lambda: self._work_off(feed))

    def _work_off(self, feed: Feed) -> None:
        """Do what a feed asks for; DONE with errors is normal, FATAL is what nobody can read."""
        document = self._feeds.documents[feed.document]
        messages = _messages(document.content or b"")
        issues = [] if messages is None else self._take_all(messages)
        report = to_json(_report(feed, messages, issues))
        compressed = self._numbers["feed_report_compressed"]
        self._feeds.end(
            feed,
            FATAL if messages is None else DONE,
            gzip.compress(report, mtime=0) if compressed else report,
            compressed=compressed,
            now=self._context.now,
        )
        self._changed(feed)

    def _take_all(self, messages: list[Any]) -> list[Issue]:
        """Return the issues of all messages; one bad message does not touch the others."""
        return [
            {"messageId": number, **found}
            for place, message in enumerate(messages, start=1)
            for number, issues in [self._take_one(message, place)]
            for found in issues
        ]

    def _take_one(self, message: Any, place: int) -> tuple[Any, list[Issue]]:
        message = message if isinstance(message, Mapping) else {}
        number, sku = message.get("messageId", place), message.get("sku")
        if message.get("operationType") != "PATCH" or not isinstance(sku, str):
            text = "A message has a messageId, a sku and the operationType PATCH."
            return number, [issue("MESSAGE_INVALID", text)]
        try:
            return number, self._take(sku, _submission(message))
        except Refused as refused:
            return number, [issue("MESSAGE_INVALID", str(refused))]


def view(feed: Feed) -> dict[str, Any]:
    """Return a feed as getFeed tells it."""
    shown: dict[str, Any] = {
        "feedId": feed.id,
        "feedType": feed.type,
        "marketplaceIds": feed.marketplaces,
        "createdTime": seconds(feed.created_at),
        "processingStatus": feed.status,
    }
    if feed.started_at is not None:
        shown["processingStartTime"] = seconds(feed.started_at)
    if feed.ended_at is not None:
        shown["processingEndTime"] = seconds(feed.ended_at)
    if feed.report is not None:
        shown["resultFeedDocumentId"] = feed.report
    return shown


def _submission(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in ("sku", "productType", "patches") if name in message}


def _messages(content: bytes) -> list[Any] | None:
    """Return the messages of a feed; None when it cannot be read at all."""
    try:
        body = read_json(Call("PUT", "", (), content))
    except NotJson:
        return None
    readable = isinstance(body, Mapping) and isinstance(body.get("header"), Mapping)
    messages = body.get("messages") if readable else None
    return messages if isinstance(messages, list) else None


def _report(feed: Feed, messages: list[Any] | None, issues: list[Issue]) -> dict[str, Any]:
    """Return what became of each message. The shape is ours, after the published examples."""
    invalid = len({repr(found["messageId"]) for found in issues})
    count = len(messages or [])
    return {
        "header": {"version": "2.0", "feedId": feed.id},
        "issues": issues if messages is not None else [issue("FEED_UNREADABLE", "No JSON feed.")],
        "summary": {
            "errors": len(issues) if messages is not None else 1,
            "warnings": 0,
            "messagesProcessed": count,
            "messagesAccepted": count - invalid,
            "messagesInvalid": invalid,
        },
    }


def _address(call: Call, document: Document) -> str:
    parts = urlsplit(call.url)
    return f"{parts.scheme}://{parts.netloc}{UPLOADS}/{document.id}"
