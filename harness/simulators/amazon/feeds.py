"""Feeds: a document is uploaded, waits, is worked off, and leaves a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from harness.simulators.amazon.refusals import Refused, not_found

FEED_TYPES: Final = ("JSON_LISTINGS_FEED",)
"""What the simulated marketplace works off."""

QUEUED: Final = "IN_QUEUE"
WORKING: Final = "IN_PROGRESS"
DONE: Final = "DONE"
FATAL: Final = "FATAL"
CANCELLED: Final = "CANCELLED"


@dataclass(slots=True)
class Document:
    """A document: a feed before it is worked off, or a report afterwards."""

    id: str
    content_type: str
    until: int
    content: bytes | None = None
    compressed: bool = False


@dataclass(slots=True)
class Feed:
    """A feed on its way: queued, in progress, and done, fatal or cancelled for good."""

    id: str
    type: str
    marketplaces: list[str]
    document: str
    created_at: int
    status: str = QUEUED
    started_at: int | None = None
    ended_at: int | None = None
    report: str | None = None


@dataclass(slots=True)
class Feeds:
    """Feeds and documents by id; a feed only moves forward."""

    upload_lifetime: int
    by_id: dict[str, Feed] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    def open_document(self, content_type: str, *, now: int) -> Document:
        """Return a new document that waits for its content."""
        number = len(self.documents) + 1
        document = Document(
            f"amzn1.tortuga.4.eu.{number:08d}", content_type, now + self.upload_lifetime
        )
        self.documents[document.id] = document
        return document

    def upload(self, document: Document, content: bytes, content_type: str, *, now: int) -> bool:
        """Take the content of a document; return whether its address still takes it."""
        if now >= document.until or content_type != document.content_type:
            return False
        document.content = content
        return True

    def create(self, type_: str, marketplaces: list[str], document: str, *, now: int) -> Feed:
        """Queue a feed for a document that was uploaded.

        Raises:
            Refused: the type is not worked off here, or there is no such document.
        """
        if type_ not in FEED_TYPES:
            raise Refused(f"The simulated marketplace takes feeds of {', '.join(FEED_TYPES)}.")
        known = self.documents.get(document)
        if known is None or known.content is None:
            raise Refused("inputFeedDocumentId names no document that was uploaded.")
        feed = Feed(f"{50_000 + len(self.by_id) + 1}", type_, marketplaces, document, now)
        self.by_id[feed.id] = feed
        return feed

    def find(self, feed_id: str) -> Feed:
        """Return a feed.

        Raises:
            Refused: there is none.
        """
        if feed_id not in self.by_id:
            raise not_found(f"There is no feed {feed_id}.")
        return self.by_id[feed_id]

    def start(self, feed: Feed, *, now: int) -> bool:
        """Take a feed out of the queue; return whether it was still in it."""
        if feed.status != QUEUED:
            return False
        feed.status, feed.started_at = WORKING, now
        return True

    def end(self, feed: Feed, status: str, report: bytes, *, compressed: bool, now: int) -> None:
        """Finish a feed with its report, which can be read ever after, and written no more."""
        document = self.open_document("application/json; charset=UTF-8", now=now)
        document.content, document.compressed, document.until = report, compressed, now
        feed.status, feed.ended_at, feed.report = status, now, document.id

    def cancel(self, feed: Feed, *, now: int) -> None:
        """Cancel a feed that is still in the queue.

        Raises:
            Refused: it is not.
        """
        if feed.status != QUEUED:
            raise Refused(f"Feed {feed.id} is {feed.status}; only a queued feed is cancelled.")
        feed.status, feed.ended_at = CANCELLED, now
