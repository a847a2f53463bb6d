"""Variants by REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.simulators.base import Call, Reply, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.routing import Parameters
from harness.simulators.shopify.products import Invalid, Products, Variant

Changed = Callable[[Variant, Mapping[str, Any]], None]


class ProductsApi:
    """Answers for variants; ``changed`` is told of each that is changed, and of what was asked."""

    def __init__(self, products: Products, *, changed: Changed, clock: Callable[[], str]) -> None:
        self._products = products
        self._changed = changed
        self._clock = clock

    def one(self, _call: Call, parameters: Parameters) -> Reply:
        """Show a variant."""
        found = self._find(parameters)
        return _not_found() if found is None else reply(200, {"variant": row(found)})

    def of_product(self, _call: Call, parameters: Parameters) -> Reply:
        """Show the variants of a product."""
        rows = [
            row(one)
            for _, one in sorted(self._products.variants.items())
            if str(one.product_id) == parameters["id"]
        ]
        return reply(200, {"variants": rows}) if rows else _not_found()

    def change(self, call: Call, parameters: Parameters) -> Reply:
        """Change a variant."""
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"errors": f"the body is not JSON: {error}"})
        asked = body.get("variant") if isinstance(body, dict) else None
        if not isinstance(asked, dict) or not asked:
            return reply(400, {"errors": {"variant": "Required parameter missing or invalid"}})
        found = self._find(parameters)
        if found is None:
            return _not_found()
        if asked.get("id", found.id) != found.id:
            return reply(422, {"errors": {"id": ["is not that of the address"]}})
        try:
            changed = self._products.change(found.id, asked, now=self._clock())
        except Invalid as wrong:
            return reply(422, {"errors": {name: [said] for name, said in wrong.errors.items()}})
        self._changed(changed, asked)
        return reply(200, {"variant": row(changed)})

    def _find(self, parameters: Parameters) -> Variant | None:
        text = parameters["id"]
        known = text.isascii() and text.isdigit() and len(text) < 20
        return self._products.variants.get(int(text)) if known else None


def row(variant: Variant) -> dict[str, Any]:
    """Return a variant as REST shows it."""
    return {
        "id": variant.id,
        "product_id": variant.product_id,
        "inventory_item_id": variant.inventory_item_id,
        "title": variant.title,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": str(variant.price),
        "grams": variant.grams,
        "inventory_management": variant.inventory_management,
        "taxable": variant.taxable,
        "updated_at": variant.updated_at,
        "admin_graphql_api_id": f"gid://shopify/ProductVariant/{variant.id}",
    }


def _not_found() -> Reply:
    return reply(404, {"errors": "Not Found"})
