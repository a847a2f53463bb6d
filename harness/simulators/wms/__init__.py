"""A warehouse: its orders, its items and its stock, and how it answers and tells."""

from harness.simulators.wms.simulator import Wms

__all__ = ["Wms"]
