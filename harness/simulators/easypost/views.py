"""How EasyPost shows what it holds."""

from __future__ import annotations

import base64
from typing import Any, Final

from harness.simulators.easypost.instants import midnight, seconds
from harness.simulators.easypost.labels import Shipment
from harness.simulators.easypost.tariff import Fee, Rate
from harness.simulators.easypost.tracking import Place, Scan, Tracker

View = dict[str, Any]

_FILES: Final = "https://files.easypost.test/postage_label"
_TRACK: Final = "https://track.easypost.com"


def tracker_view(tracker: Tracker, *, mode: str) -> View:
    """Return a tracker with all of its scans, the earliest first."""
    scans = sorted(tracker.scans, key=lambda scan: scan.at)
    fees = [] if tracker.fee is None else [_fee_view(Fee("TrackerFee", tracker.fee))]
    return {
        "id": tracker.id,
        "object": "Tracker",
        "mode": mode,
        "tracking_code": tracker.code,
        "status": tracker.status,
        "status_detail": tracker.detail,
        "created_at": seconds(tracker.created_at),
        "updated_at": seconds(tracker.updated_at),
        "signed_by": tracker.signed_by,
        "weight": tracker.weight,
        "est_delivery_date": None if tracker.expected_at is None else midnight(tracker.expected_at),
        "shipment_id": tracker.shipment,
        "carrier": tracker.carrier,
        "tracking_details": [_scan_view(scan, tracker.carrier) for scan in scans],
        "fees": fees,
        "carrier_detail": _carrier_view(tracker),
        "finalized": tracker.status in ("delivered", "return_to_sender", "failure", "cancelled"),
        "is_return": tracker.is_return,
        "public_url": f"{_TRACK}/{base64.b64encode(f'v1:{tracker.id}'.encode()).decode()}",
    }


def shipment_view(shipment: Shipment, tracker: Tracker | None, *, mode: str) -> View:
    """Return a shipment; what belongs to a label is null before one is bought."""
    return {
        "id": shipment.id,
        "object": "Shipment",
        "mode": mode,
        "created_at": seconds(shipment.created_at),
        "updated_at": seconds(shipment.updated_at),
        "reference": shipment.reference,
        "status": "unknown" if tracker is None else tracker.status,
        "tracking_code": shipment.tracking_code,
        "is_return": shipment.is_return,
        "to_address": shipment.to_address,
        "from_address": shipment.from_address,
        "buyer_address": shipment.to_address,
        "return_address": shipment.from_address,
        "parcel": shipment.parcel,
        "customs_info": shipment.customs,
        "options": shipment.options,
        "rates": [rate_view(rate, shipment, mode=mode) for rate in shipment.rates],
        "selected_rate": shipment.bought and rate_view(shipment.bought, shipment, mode=mode),
        "postage_label": _label_view(shipment),
        "tracker": tracker and tracker_view(tracker, mode=mode),
        "insurance": None if shipment.insurance is None else f"{shipment.insurance:.2f}",
        "fees": [_fee_view(fee) for fee in shipment.fees],
        "refund_status": shipment.refund_status,
        "messages": list(shipment.messages),
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "order_id": None,
        "scan_form": None,
        "forms": [],
    }


def rate_view(rate: Rate, shipment: Shipment, *, mode: str) -> View:
    """Return an offer for a shipment."""
    at, price = seconds(shipment.created_at), f"{rate.price:.2f}"
    return {
        "id": rate.id,
        "object": "Rate",
        "created_at": at,
        "updated_at": at,
        "mode": mode,
        "service": rate.service,
        "carrier": rate.carrier,
        "rate": price,
        "currency": rate.currency,
        "retail_rate": price,
        "retail_currency": rate.currency,
        "list_rate": price,
        "list_currency": rate.currency,
        "billing_type": "easypost",
        "delivery_days": rate.days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": rate.days,
        "shipment_id": shipment.id,
        "carrier_account_id": f"ca_{rate.carrier.lower()}",
    }


def refund_view(shipment: Shipment) -> View:
    """Return the refund that was asked for a shipment's label."""
    carrier = shipment.bought.carrier if shipment.bought else None
    return {
        "id": shipment.refund,
        "object": "Refund",
        "created_at": seconds(shipment.refund_asked_at),
        "updated_at": seconds(shipment.updated_at),
        "tracking_code": shipment.tracking_code,
        "confirmation_number": None,
        "status": shipment.refund_status,
        "carrier": carrier,
        "shipment_id": shipment.id,
    }


def adjustment_view(adjustment: str, shipment: Shipment, fee: Fee, reason: str, at: int) -> View:
    """Return what the carrier charges later, because weight or size were not as declared."""
    return {
        "id": adjustment,
        "object": "ShipmentInvoice",
        "created_at": seconds(at),
        "updated_at": seconds(at),
        "shipment_id": shipment.id,
        "reference": shipment.reference,
        "tracking_code": shipment.tracking_code,
        "carrier": shipment.bought.carrier if shipment.bought else None,
        "amount": f"{fee.amount:.2f}",
        "type": fee.type,
        "currency": shipment.bought.currency if shipment.bought else None,
        "reason": reason,
    }


def label_row(shipment: Shipment) -> View:
    """Return what the record of a bought label holds."""
    return {
        "shipment": shipment.id,
        "reference": shipment.reference,
        "tracking_code": shipment.tracking_code,
        "carrier": shipment.bought.carrier if shipment.bought else None,
        "status": shipment.refund_status or "bought",
        "currency": shipment.bought.currency if shipment.bought else None,
        "charged": shipment.charged,
        "paid_back": shipment.paid_back,
    }


def parcel_row(tracker: Tracker) -> View:
    """Return what the record of a parcel holds."""
    return {
        "tracker": tracker.id,
        "tracking_code": tracker.code,
        "carrier": tracker.carrier,
        "is_return": tracker.is_return,
        "status": tracker.status,
        "updated_at": seconds(tracker.updated_at),
        "scans": len(tracker.scans),
    }


def _scan_view(scan: Scan, carrier: str) -> View:
    return {
        "object": "TrackingDetail",
        "message": scan.message,
        "description": None,
        "status": scan.status,
        "status_detail": scan.detail,
        "datetime": seconds(scan.at),
        "source": carrier,
        "carrier_code": scan.code,
        "tracking_location": _place_view(scan.place),
        "est_delivery_date": None,
    }


def _place_view(place: Place) -> View:
    return {
        "object": "TrackingLocation",
        "city": place.city,
        "state": place.state,
        "country": place.country,
        "zip": place.zip,
    }


def _carrier_view(tracker: Tracker) -> View | None:
    if tracker.service is None:
        return None
    return {
        "object": "CarrierDetail",
        "service": tracker.service,
        "container_type": None,
        "est_delivery_date_local": None,
        "est_delivery_time_local": None,
        "origin_location": None,
        "origin_tracking_location": None,
        "destination_location": None,
        "destination_tracking_location": None,
        "guaranteed_delivery_date": None,
        "alternate_identifier": None,
        "initial_delivery_attempt": None,
    }


def _label_view(shipment: Shipment) -> View | None:
    if shipment.label is None:
        return None
    at = seconds(shipment.bought_at)
    return {
        "object": "PostageLabel",
        "id": shipment.label,
        "created_at": at,
        "updated_at": at,
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": at,
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": "image/png",
        "label_url": f"{_FILES}/{shipment.label}.png",
        "label_pdf_url": None,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }


def _fee_view(fee: Fee) -> View:
    return {
        "object": "Fee",
        "type": fee.type,
        "amount": f"{fee.amount:.5f}",
        "charged": fee.charged,
        "refunded": fee.refunded,
    }
