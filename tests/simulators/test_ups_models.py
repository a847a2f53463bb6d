"""What the carrier answers, held against the schemas that UPS publishes, where they are."""

from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml

from harness.timing import DAY
from tests.simulators.stage import ROOT, data
from tests.simulators.ups_account import Account, package, shipment

SCHEMAS = ROOT.parent / "shared" / "data" / "specs" / "ups"


def test_requests_of_the_tests_fit() -> None:
    """What the tests ask for is what UPS describes, so that they prove something of it."""
    request = {"Request": {"RequestOption": "nonvalidate"}, "Shipment": shipment()}
    _fits("Shipping", "SHIPRequestWrapper", {"ShipmentRequest": request})


def test_labels_fit() -> None:
    """Labels, voided ones and recovered ones have the shape of Shipping, and no field more."""
    ups = Account()
    made = data(ups.ship(Package=[package(), package("3", "LBS")]))
    _fits("Shipping", "SHIPResponseWrapper", made)
    number = made["ShipmentResponse"]["ShipmentResults"]["ShipmentIdentificationNumber"]
    body = {"LabelRecoveryRequest": {"TrackingNumber": number}}
    recovered = data(ups.call("POST", "/api/labels/v1/recovery", body))
    _fits("Shipping", "LABELRECOVERYResponseWrapper", recovered)
    voided = data(ups.call("DELETE", f"/api/shipments/v2409/void/cancel/{number}"))
    _fits("Shipping", "VOIDSHIPMENTResponseWrapper", voided)


def test_tracked_packages_fit() -> None:
    """A package on its way and one at the door have the shape of Tracking, and no field more."""
    ups = Account()
    number = ups.number()
    scan = {"tracking_number": number, "city": "Reno", "country": "US"}
    for action in ("pick_up", "fail_delivery", "deliver"):
        ups.stage.do(action, scan)
        ups.stage.advance(DAY // 24)
        answer = data(ups.call("GET", f"/api/track/v1/details/{number}"))
        _fits("Tracking", "TrackApiResponse", answer)


def test_refusals_fit() -> None:
    """What is refused has the shape that both describe."""
    ups = Account()
    _fits("Shipping", "ErrorResponse", data(ups.ship(Package=[])))
    refused = data(ups.call("GET", "/api/track/v1/details/1Z"))
    _fits("Tracking", "Response", refused)


def _fits(document: str, name: str, body: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _schemas(document)}}
    jsonschema.validate(body, schema)


@cache
def _schemas(document: str) -> Any:
    """Return the published schemas, without room for fields that they do not have."""
    file = SCHEMAS / f"{document}.yaml"
    if not file.is_file():
        pytest.skip(f"the published schemas of {document} are not here")
    text = file.read_text(encoding="utf-8").replace("\t", " ")  # the file has tabs, YAML has not
    schemas = yaml.load(text, yaml.CSafeLoader)["components"]["schemas"]
    if document == "Shipping":
        # It wants four characters where its own words allow GIF and PDF.
        del schemas["LabelImage_LabelImageFormat"]["properties"]["Code"]["minLength"]
    return {
        name: {**one, "additionalProperties": False} if "properties" in one else one
        for name, one in schemas.items()
    }
