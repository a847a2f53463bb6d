"""The face of tracking: trackers, events, and where webhooks go."""

from __future__ import annotations

from harness.simulators.base import Call, Reply, UnknownAction, reply
from harness.simulators.easypost.forms import read_object
from harness.simulators.easypost.pages import Pager
from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.views import tracker_view
from harness.simulators.easypost.work import Work
from harness.simulators.routing import Handler, Parameters
from harness.timing import parse_instant


class TrackersApi:
    """Answers calls about parcels on their way."""

    def __init__(self, work: Work, pager: Pager) -> None:
        self._work = work
        self._forms = work.forms
        self._pager = pager

    def handlers(self) -> dict[str, Handler]:
        """Return what answers, by address."""
        return {
            "POST /v2/trackers": self._make,
            "GET /v2/trackers": self._several,
            "GET /v2/trackers/:id": self._one,
            "GET /v2/events": self._events,
            "GET /v2/events/:id": self._event,
            "POST /v2/events": self._again,
        }

    def _make(self, call: Call, _: Parameters) -> Reply:
        body = read_object(call)
        given = body.get("tracker", body)
        self._forms.refuse_unfit("tracker_request", given, "TRACKER.CREATE.ERROR")
        if not isinstance(given, dict) or not given.get("tracking_code"):
            raise Refused("PARAMETER.REQUIRED", "Missing required parameter: tracking_code.")
        tracker = self._work.follow(str(given["tracking_code"]), given.get("carrier"))
        self._work.telling.commit("tracker_request", given)
        return reply(201, tracker_view(tracker, mode=self._mode))

    def _several(self, call: Call, _: Parameters) -> Reply:
        query = call.query
        trackers = [
            one
            for one in self._work.trackers.by_id.values()
            if query.get("tracking_code") in (None, one.code)
            and query.get("carrier") in (None, one.carrier)
        ]
        page, more = self._pager.page(
            query, trackers, id_of=lambda one: one.id, at_of=lambda one: one.created_at
        )
        views = [tracker_view(one, mode=self._mode) for one in page]
        return reply(200, {"trackers": views, "has_more": more})

    def _one(self, _: Call, parameters: Parameters) -> Reply:
        """Answer a tracker, by its id or by its tracking code."""
        trackers = self._work.trackers
        named = [trackers.by_id[parameters["id"]]] if parameters["id"] in trackers.by_id else []
        found = named or trackers.of_code(parameters["id"])
        if not found:
            raise NotFound
        return reply(200, tracker_view(found[-1], mode=self._mode))

    def _events(self, call: Call, _: Parameters) -> Reply:
        page, more = self._pager.page(
            call.query,
            self._work.telling.events,
            id_of=lambda one: one.id,
            at_of=lambda one: parse_instant(one.body["created_at"]),
        )
        views = [{**event.body, "result": None} for event in page]
        return reply(200, {"events": views, "has_more": more})

    def _event(self, _: Call, parameters: Parameters) -> Reply:
        for event in self._work.telling.events:
            if event.id == parameters["id"]:
                return reply(200, {**event.body, "result": None})
        raise NotFound

    def _again(self, call: Call, _: Parameters) -> Reply:
        """Tell the last event about a thing once more, as support advises after an outage."""
        about = str(read_object(call).get("result_id"))
        try:
            event = self._work.telling.again(about)
        except UnknownAction as error:
            raise NotFound from error
        return reply(201, {**event.body, "result": None})

    @property
    def _mode(self) -> str:
        return str(self._work.numbers["mode"])
