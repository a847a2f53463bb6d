"""A Shopify shop: what it holds, how it lists it, and how it answers and tells."""

from harness.simulators.shopify.simulator import Shopify

__all__ = ["Shopify"]
