"""The HTTP face of EasyPost, and what a scenario may ask of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from harness.landscape import System
from harness.simulators.base import Call, Context, Delivered, Reply, Simulator, UnknownAction
from harness.simulators.buckets import LeakyBucket
from harness.simulators.easypost.forms import Forms
from harness.simulators.easypost.habits import HABITS
from harness.simulators.easypost.handling import DEEDS, Handling
from harness.simulators.easypost.pages import Pager
from harness.simulators.easypost.refusals import NotFound, Refused
from harness.simulators.easypost.shipments_api import ShipmentsApi
from harness.simulators.easypost.telling import Telling
from harness.simulators.easypost.trackers_api import TrackersApi
from harness.simulators.easypost.views import label_row, parcel_row
from harness.simulators.easypost.work import Work
from harness.simulators.profiles import Number, Profile
from harness.simulators.routing import Router
from harness.simulators.webhooks import secret_of, topics_of, try_again

_LISTS: Final = frozenset({"/v2/shipments", "/v2/trackers", "/v2/refunds", "/v2/events"})


class EasyPost(Simulator):
    """The account of one shipper with all its carriers.

    The key is the secret ``<system>_api_key``, the user of Basic or the token of Bearer
    authentication; webhooks are signed with ``<system>_webhook_secret``. Bodies are held against
    the fields of their messages in the system's file. It commits ``shipment`` from the time its
    label is bought, ``tracker``, ``refund`` and ``adjustment``, and what is sent to it:
    ``address``, ``parcel``, ``label_request``, ``purchase`` and ``tracker_request``.

    Not played: batches, orders, pickups, scan forms, and real images of labels.
    """

    habits: ClassVar[Mapping[str, Number]] = HABITS
    actions: ClassVar[Mapping[str, str]] = {
        "buy_label": "Somebody buys a label by hand: `reference`, `carrier`, `service`, "
        "`tracking_code`, `insurance`; what is left out is invented.",
        "void_label": "A label is given back by hand, and the carrier pays at once.",
        "ask_refund": "A refund of a label is asked for by hand; the carrier decides later.",
        "decide_refund": "The carrier decides now about a refund: `granted` or not.",
        "adjust_charge": "The carrier charges an `amount` more for a label, as a `type` of fee, "
        "for a `reason`.",
        "follow": "A parcel whose label was bought elsewhere is followed: `tracking_code`, "
        "`carrier`.",
        "scan": "The carrier scans a parcel as `status`, in a `city`, `signed_by` somebody; it may "
        "be heard of late: `ago`, `datetime`, `zone`.",
        "repeat_scan": "The carrier reports the last scan of a parcel once more.",
        **{name: deed.sentence for name, deed in DEEDS.items()},
        "travel": "The parcel goes all its way from now on, scan by scan, to the door.",
        "expect": "The carrier expects a parcel on another `day`.",
        "send_back": "The customer sends a parcel back; the way back has the same tracking code.",
        "close_carrier": "The `carrier` does not answer: no rates, no labels.",
        "open_carrier": "The `carrier` answers again.",
        "empty_wallet": "The balance is used up; no more labels are sold.",
        "fill_wallet": "The balance is filled up again.",
        "revoke_key": "The key is refused from now on.",
        "restore_key": "The key is taken again.",
        "disable_webhook": "The webhook is switched off, and nobody says so.",
        "enable_webhook": "The webhook is switched on again.",
        "tell_again": "The last event about the thing is told once more.",
    }

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        numbers = self.numbers
        self._telling = Telling(system, context, secrets, mode=numbers["mode"])
        forms, pager = Forms(system.messages), Pager(numbers, lambda: context.now)
        self._work = Work(context, self._telling, numbers, forms)
        self._handling = Handling(self._work, system.timezone)
        self._key_is_good = True
        lists, calls = numbers["lists_per_second"], numbers["calls_per_second"]
        self._lists = LeakyBucket(size=lists, leak=lists)
        self._calls = LeakyBucket(size=numbers["calls_at_once"], leak=calls)
        self._router = Router(
            {
                **ShipmentsApi(self._work, pager).handlers(),
                **TrackersApi(self._work, pager).handlers(),
            }
        )

    # Calls.

    def handle(self, call: Call) -> Reply:
        """Answer as EasyPost does."""
        try:
            self._let_in(call)
            found = self._router.find(call)
            if found is None:
                raise NotFound
            handler, parameters = found
            return handler(call, parameters)
        except Refused as refused:
            return refused.answer

    def _let_in(self, call: Call) -> None:
        """Refuse a caller who is not known, or who calls too often."""
        key = _key_of(call)
        if key is None:
            raise Refused("APIKEY.REQUIRED", "An API key is required.", status=401)
        known = secret_of(self.system, self.secrets, f"{self.system.system}_api_key")
        if key != known or not self._key_is_good:
            raise Refused("APIKEY.INACTIVE", "This api key is not active.", status=403)
        is_list = call.method == "GET" and call.path in _LISTS
        if not (self._lists if is_list else self._calls).take(self.context.now):
            raise Refused("RATE_LIMITED", "Too many requests. Try again later.", status=429)

    # Actions.

    def act(self, action: str, payload: Any, *, about: Any = None) -> Any:
        """Do a business action; return the handle of the tracker or the shipment."""
        values = {} if payload is None else payload
        if not isinstance(values, Mapping):
            raise UnknownAction(f"the payload of {action} is an object")
        if action not in self.actions:
            return super().act(action, payload, about=about)
        if action in DEEDS:
            return self._handling.deed(action, values, about)
        if action in (switches := self._switches(values, about)):
            return switches[action]()
        return getattr(self._handling, action)(values, about)

    def _switches(self, values: Mapping[str, Any], about: Any) -> dict[str, Callable[[], None]]:
        """Return what changes EasyPost itself."""
        return {
            "close_carrier": lambda: self._set_carrier(values, closed=True),
            "open_carrier": lambda: self._set_carrier(values, closed=False),
            "empty_wallet": lambda: self._set_wallet(empty=True),
            "fill_wallet": lambda: self._set_wallet(empty=False),
            "revoke_key": lambda: self._set_key(good=False),
            "restore_key": lambda: self._set_key(good=True),
            "disable_webhook": lambda: self._set_webhook(listening=False),
            "enable_webhook": lambda: self._set_webhook(listening=True),
            "tell_again": lambda: self._tell_again(values, about),
        }

    def hold(self, message: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Take over ``tracker`` rows: parcels that are on their way already, told to nobody."""
        if message != "tracker":
            super().hold(message, rows)
        for row in rows:
            self._handling.hold_tracker(row)

    def send(self, message: str, body: Any) -> None:
        """Send exactly this result in a webhook; EasyPost itself does not learn of it."""
        topics = topics_of(self.system.messages.get(message))
        if not topics or not isinstance(body, Mapping):
            able = sorted(name for name, m in self.system.messages.items() if topics_of(m))
            named = ", ".join(f"`{name}`" for name in able)
            raise UnknownAction(f"{self.system.system} sends only a {named}, an object")
        self._telling.send(topics[0], body)

    def delivered(self, outcome: Delivered) -> None:
        """Send a failed webhook again, ever later."""
        try_again(self.context, outcome, self.numbers["webhook_waits"])

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return the rows of every record that the system's file has."""
        work = self._work
        bought = [one for one in work.shipments.by_id.values() if one.bought is not None]
        rows = {
            "label": sorted((label_row(one) for one in bought), key=lambda row: row["shipment"]),
            "parcel": [parcel_row(one) for _, one in sorted(work.trackers.by_id.items())],
        }
        return {name: rows[name] for name in self.system.records if name in rows}

    def _set_carrier(self, values: Mapping[str, Any], *, closed: bool) -> None:
        tariff, carrier = self._work.tariff, values.get("carrier")
        if carrier not in tariff.carriers:
            raise UnknownAction(f"say which: {{carrier: UPS}}; of {', '.join(tariff.carriers)}")
        if closed:
            tariff.closed.add(carrier)
        else:
            tariff.closed.discard(carrier)

    def _set_wallet(self, *, empty: bool) -> None:
        self._work.shipments.wallet_is_empty = empty

    def _set_key(self, *, good: bool) -> None:
        self._key_is_good = good

    def _set_webhook(self, *, listening: bool) -> None:
        self._telling.is_listening = listening

    def _tell_again(self, values: Mapping[str, Any], about: Any) -> None:
        self._telling.again(self._handling.told_about(values, about))


def _key_of(call: Call) -> str | None:
    """Return the key that a call carries: as the user of Basic, or as a bearer token."""
    scheme, _, given = (call.header("Authorization") or "").partition(" ")
    if scheme.casefold() == "bearer":
        return given
    if scheme.casefold() != "basic":
        return None
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return None
