"""Every planted defect, and every harmless variant, of the reference integration."""

from __future__ import annotations

from tests.defects.billing import BILLING
from tests.defects.sales import SALES
from tests.defects.unseen import NOT_VISIBLE
from tests.defects.variants import VARIANTS
from tests.defects.warehouse import WAREHOUSE

__all__ = ["DEFECTS", "NOT_VISIBLE", "VARIANTS"]

DEFECTS = (*SALES, *WAREHOUSE, *BILLING)
