"""What Shopify does that is a number, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.simulators.profiles import Number
from harness.timing import MINUTE

HABITS: Final[Mapping[str, Number]] = {
    "bucket_size": Number(
        40, "shopify.dev/docs/api/admin-rest/usage/rate-limits", "2026-03", "Calls in the bucket."
    ),
    "bucket_leak": Number(
        2,
        "shopify.dev/docs/api/admin-rest/usage/rate-limits (standard plan; Advanced 4, Plus 20)",
        "2026-03",
        "Calls a second that leak out.",
    ),
    "retry_after": Number(
        "2.0",
        "assumption: seconds as decimal text, as clients have seen it",
        "2026-03",
        "Retry-After of a 429.",
    ),
    "page_size": Number(
        50, "assumption: the default of orders.json", "2026-03", "Orders a page without `limit`."
    ),
    "page_size_at_most": Number(
        250,
        "shopify.dev/docs/api/admin-rest/usage/pagination; that more is cut down: assumption",
        "2026-03",
        "Orders a page at the most.",
    ),
    "fulfillment_lines_at_most": Number(
        250,
        "microsoft/BCApps#7065 for fulfillmentCreate; that REST is the same: assumption",
        "2026-03",
        "Lines of one fulfilment order in one request.",
    ),
    "webhook_retries": Number(
        tuple(minutes * MINUTE for minutes in (1, 2, 4, 8, 16, 32, 64, 113)),
        "shopify.dev/changelog/updates-to-webhook-retry-mechanism: 8 retries over 4 h, "
        "exponential; the offsets are unpublished: assumption",
        "2024-09-10",
        "Waits between the attempts of one delivery.",
    ),
    "webhook_version": Number(
        "2026-01",
        "shopify.dev/api/usage/versioning; the subscription chooses it: assumption",
        "2026-03",
        "X-Shopify-API-Version of webhooks.",
    ),
    "oldest_version": Number(
        "2025-04",
        "shopify.dev/api/usage/versioning: 12 months each; that older ones are served by the "
        "oldest: assumption",
        "2026-03",
        "The oldest version of the API that is served.",
    ),
    "location": Number(
        655_441_491, "invented", "2026-03", "The one place from which the shop ships."
    ),
    "points": Number(
        2000,
        "shopify.dev/docs/api/usage/rate-limits: 20 seconds of 100 on the standard plan; the 20 "
        "seconds: assumption",
        "2026-03",
        "GraphQL points at the most.",
    ),
    "points_restored": Number(
        100,
        "shopify.dev/docs/api/usage/rate-limits (standard plan; Advanced 200, Plus 1000)",
        "2026-03",
        "GraphQL points that come back in a second.",
    ),
    "query_points": Number(
        1000, "shopify.dev/docs/api/usage/rate-limits", "2026-03", "Points of one GraphQL query."
    ),
    "quantities_at_most": Number(
        250,
        "shopify.dev/docs/api/usage/limits: input arrays",
        "2026-03",
        "Quantities in one inventorySetQuantities.",
    ),
    "first_variant": Number(
        808_950_800, "invented", "2026-03", "The number of the first variant that has none given."
    ),
    "first_refund": Number(
        509_562_960, "invented", "2026-03", "The number before the first refund and its parts."
    ),
    "first_return": Number(
        945_000_000, "invented", "2026-03", "The number before the first return and its lines."
    ),
    "first_subscription": Number(
        4_759_306, "invented", "2026-03", "The number before the first webhook subscription."
    ),
    "first_transaction": Number(
        1_034_619_000, "invented", "2026-03", "The number before the first balance transaction."
    ),
    "variant_text_at_most": Number(
        255,
        "assumption: text columns of 255 characters, as the title has",
        "2026-03",
        "Characters of the SKU and of the barcode.",
    ),
    "highest_quantity": Number(
        1_000_000_000,
        "shopify.dev, inventorySetQuantities: user error of a quantity too high",
        "2026-03",
        "The largest figure of stock that is taken.",
    ),
}
"""Vendor numbers; the names are the keys of a profile."""
