"""Shipments and packages as UPS shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from harness.simulators.ups.labels import zpl_label
from harness.simulators.ups.parcels import Activity, Package, Parcels, Shipment
from harness.timing import DAY, SECOND, find_zone

View = dict[str, Any]
Numbers = Mapping[str, Any]

SUCCESS: Final[View] = {"ResponseStatus": {"Code": "1", "Description": "Success"}}
_CENT: Final = Decimal("0.01")


def money(amount: Decimal, numbers: Numbers) -> View:
    """Return a sum with its currency."""
    return {"CurrencyCode": numbers["currency"], "MonetaryValue": str(amount.quantize(_CENT))}


def billing_weight(weight: Decimal, unit: str) -> View:
    """Return a weight with its unit; it has exactly eight characters (Shipping.yaml)."""
    name = {"LBS": "Pounds", "KGS": "Kilograms"}[unit]
    return {
        "UnitOfMeasurement": {"Code": unit, "Description": name},
        "Weight": f"{weight:08.1f}",
    }


def shipment_view(shipment: Shipment, numbers: Numbers) -> View:
    """Return the results of a shipment, the label of each package included."""
    nothing = money(Decimal(0), numbers)
    return {
        "ShipmentCharges": {
            "TransportationCharges": money(shipment.transport, numbers),
            "ServiceOptionsCharges": nothing,
            "TotalCharges": money(shipment.transport, numbers),
        },
        "BillingWeight": billing_weight(shipment.weight, shipment.unit),
        "ShipmentIdentificationNumber": shipment.id,
        "PackageResults": [
            {
                "TrackingNumber": number,
                "ServiceOptionsCharges": nothing,
                "ShippingLabel": label_view(number, shipment, numbers),
            }
            for number in shipment.numbers
        ],
    }


def label_view(number: str, shipment: Shipment, numbers: Numbers) -> View:
    """Return the label of a package."""
    return {
        "ImageFormat": {"Code": "ZPL", "Description": "ZPL"},
        "GraphicImage": zpl_label(number, shipment.ship_to, numbers),
    }


def package_view(package: Package, parcels: Parcels, numbers: Numbers) -> View:
    """Return a package as it is tracked; the latest scan comes first."""
    shipment = parcels.shipments[package.shipment]
    service = next(line for line in numbers["services"] if line[0] == shipment.service)
    latest = package.latest
    newest_first = sorted(package.activities, key=lambda one: one.at, reverse=True)
    view: View = {
        "trackingNumber": package.number,
        "deliveryDate": [_delivery_date(package, shipment)],
        "activity": [activity_view(one) for one in newest_first],
        "currentStatus": {
            "code": latest.stage.status,
            "description": latest.stage.text,
            "type": latest.stage.type,
        },
        "referenceNumber": [{"type": "PACKAGE", "number": one} for one in package.references],
        "service": {"code": service[0], "description": f"UPS {service[1]}"},
        "weight": {"unitOfMeasurement": package.unit, "weight": package.weight},
        "packageCount": len(shipment.numbers),
    }
    if latest.stage.type == "D":
        view["deliveryInformation"] = {"receivedBy": package.received_by or "", "location": "DOOR"}
        view["deliveryTime"] = {"type": "DEL", "endTime": _local(latest)[1]}
    return view


def activity_view(activity: Activity) -> View:
    """Return a scan: the time on the wall, and that of Greenwich with what parts them."""
    day, time, offset = _local(activity)
    moment = datetime.fromtimestamp(activity.at // SECOND, UTC)
    address = {"city": activity.city, "countryCode": activity.country}
    stage = activity.stage
    return {
        "location": {"address": {name: value for name, value in address.items() if value}},
        "status": {
            "type": stage.type,
            "description": stage.text,
            "code": stage.code,
            "statusCode": stage.status,
        },
        "date": day,
        "time": time,
        "gmtDate": f"{moment:%Y%m%d}",
        "gmtTime": f"{moment:%H:%M:%S}",
        "gmtOffset": offset,
    }


def alert_view(package: Package) -> View:
    """Return what an alert tells: the latest scan of a package."""
    latest = package.latest
    day, time, offset = _local(latest)
    return {
        "trackingNumber": package.number,
        "localActivityDate": day,
        "localActivityTime": time,
        "gmtActivityOffset": offset,
        "activityLocation": {"city": latest.city or "", "country": latest.country or ""},
        "activityStatus": {
            "type": latest.stage.type,
            "code": latest.stage.code,
            "description": latest.stage.text,
        },
    }


def _delivery_date(package: Package, shipment: Shipment) -> View:
    latest = package.latest
    if latest.stage.type == "D":
        return {"type": "DEL", "date": _local(latest)[0]}
    due = datetime.fromtimestamp((shipment.created_at + shipment.days * DAY) // SECOND, UTC)
    return {"type": "SDD", "date": f"{due:%Y%m%d}"}


def _local(activity: Activity) -> tuple[str, str, str]:
    """Return the day, the time and the offset that the clock at the place shows."""
    moment = datetime.fromtimestamp(activity.at // SECOND, UTC).astimezone(find_zone(activity.zone))
    minutes = (moment.utcoffset() or timedelta(0)) // timedelta(minutes=1)
    sign, hours = "-" if minutes < 0 else "+", f"{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return f"{moment:%Y%m%d}", f"{moment:%H%M%S}", f"{sign}{hours}"
