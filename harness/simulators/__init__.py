"""Systems we play: pure state machines with the habits of the real ones."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

from harness.errors import HarnessError, did_you_mean
from harness.simulators.base import Simulator

SIMULATORS: Final[Mapping[str, str]] = {
    "alerting": "harness.simulators.alerting:Alerting",
    "amazon": "harness.simulators.amazon:Amazon",
    "crud": "harness.simulators.crud:Crud",
    "easypost": "harness.simulators.easypost:EasyPost",
    "erp": "harness.simulators.erp:Erp",
    "ledger": "harness.simulators.ledger:Ledger",
    "oms": "harness.simulators.oms:Oms",
    "shopify": "harness.simulators.shopify:Shopify",
    "ups": "harness.simulators.ups:Ups",
    "wms": "harness.simulators.wms:Wms",
}
"""The built-in simulators, by the name that system files use: module and class."""


def load_simulator(name_or_path: str) -> type[Simulator]:
    """Return a built-in simulator by name, or import one as ``package.module:Class``.

    Raises:
        HarnessError: there is none of that name, or what was named is no simulator.
    """
    module_name, colon, class_name = SIMULATORS.get(name_or_path, name_or_path).partition(":")
    if not (colon and module_name and class_name):
        hint = did_you_mean(name_or_path, sorted(SIMULATORS))
        raise HarnessError(
            f"there is no simulator {name_or_path!r}; {hint}; "
            "your own is written `package.module:Class`"
        )
    found = getattr(_imported(name_or_path, module_name), class_name, None)
    if not isinstance(found, type) or not issubclass(found, Simulator):
        what = "is missing" if found is None else "is not a subclass of Simulator"
        raise HarnessError(
            f"simulator {name_or_path!r}: {class_name} {what}; "
            "derive a class from harness.simulators.base.Simulator"
        )
    return found


def _imported(name: str, module: str) -> object:
    try:
        return importlib.import_module(module)
    except Exception as error:  # the user's own module may raise anything
        raise HarnessError(
            f"simulator {name!r}: importing {module} raised {type(error).__name__}: {error}"
        ) from error


__all__ = ["SIMULATORS", "load_simulator"]
