"""An ERP: its items and customers, and the documents that it posts."""

from harness.simulators.erp.simulator import Erp

__all__ = ["Erp"]
