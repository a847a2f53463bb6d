"""An order management system: its sales orders, and how it answers and tells."""

from harness.simulators.oms.simulator import Oms

__all__ = ["Oms"]
