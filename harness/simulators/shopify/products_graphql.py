"""Variants by GraphQL: found by their SKU, changed in bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from harness.simulators.shopify.connections import GID, Row, instant_of, number_of, page_of, sku_in
from harness.simulators.shopify.products import Invalid, Products, Variant
from harness.simulators.shopify.products_api import Changed

GRAMS: Final = {"GRAMS": Decimal(1), "KILOGRAMS": Decimal(1000)}


class ProductsGraphQL:
    """Resolvers for variants over the state that REST shows too."""

    def __init__(
        self,
        products: Products,
        numbers: Mapping[str, Any],
        *,
        item: Callable[[int], Row],
        changed: Changed,
        clock: Callable[[], str],
    ) -> None:
        self._products = products
        self._most = numbers["page_size_at_most"]
        self._item = item
        self._changed = changed
        self._clock = clock

    def resolvers(self) -> dict[str, Callable[..., Any]]:
        """Return what answers each field of the root."""
        return {
            "productVariant": lambda _info, id: self._one(id),  # noqa: A006 - GraphQL's word
            "productVariants": lambda _info, query=None, **page: self._found(query, page),
            "productVariantsBulkUpdate": lambda _info, productId, variants: self._change(  # noqa: N803
                productId, variants
            ),
        }

    def _one(self, gid: str) -> Row | None:
        found = self._products.variants.get(number_of(gid, "ProductVariant") or 0)
        return None if found is None else self._shown(found)

    def _found(self, query: str | None, page: Row) -> Row:
        wanted = sku_in(query)
        rows = [
            self._shown(one)
            for _, one in sorted(self._products.variants.items())
            # The search goes by the beginning; who wants one SKU has to compare.
            if wanted is None or (one.sku or "").casefold().startswith(wanted.casefold())
        ]
        return page_of(rows, page, most=self._most)

    def _change(self, product: str, asked: list[Row]) -> Row:
        """Change some of the variants of a product; one that is refused refuses all."""
        number, before = number_of(product, "Product"), dict(self._products.variants)
        changed = []
        for index, one in enumerate(asked):
            found = before.get(number_of(one["id"], "ProductVariant") or 0)
            if found is None or found.product_id != number:
                errors = [_error(index, "id", "Product variant does not exist")]
            else:
                values = _values(one)
                try:
                    done = self._products.change(found.id, values, now=self._clock())
                except Invalid as wrong:
                    errors = [_error(index, name, said) for name, said in wrong.errors.items()]
                else:
                    changed.append((done, values))
                    continue
            self._products.variants = before
            return {"productVariants": None, "userErrors": errors}
        for done, values in changed:
            self._changed(done, values)
        return {"productVariants": [self._shown(done) for done, _ in changed], "userErrors": []}

    def _shown(self, variant: Variant) -> Row:
        return {
            "id": f"{GID}ProductVariant/{variant.id}",
            "legacyResourceId": str(variant.id),
            "title": variant.title,
            "sku": variant.sku,
            "barcode": variant.barcode,
            "price": str(variant.price),
            "taxable": variant.taxable,
            "updatedAt": instant_of(variant.updated_at),
            "product": {
                "id": f"{GID}Product/{variant.product_id}",
                "legacyResourceId": str(variant.product_id),
            },
            "inventoryItem": self._item(variant.inventory_item_id),
        }


def _values(asked: Row) -> dict[str, Any]:
    values = {name: asked[name] for name in ("barcode", "price", "taxable") if name in asked}
    item = asked.get("inventoryItem") or {}
    if "sku" in item:
        values["sku"] = item["sku"]
    if "tracked" in item:
        values["inventory_management"] = "shopify" if item["tracked"] else None
    weight = (item.get("measurement") or {}).get("weight")
    if weight:
        values["grams"] = int(Decimal(str(weight["value"])) * GRAMS[weight["unit"]])
    return values


def _error(index: int, field: str, said: str) -> Row:
    return {"field": ["variants", str(index), field], "message": said}
