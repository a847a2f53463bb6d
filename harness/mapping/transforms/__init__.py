"""The catalogue of typed transforms: one module for each kind of thing they work on."""

from harness.mapping.transforms import forms, lists, money, numbers, places, text, time, units
from harness.mapping.transforms.entries import (
    KINDS,
    UNLIMITED,
    Kind,
    Limits,
    Parameter,
    Refused,
    Transform,
    catalogue,
    find_transform,
    transform,
)

# Importing a module adds its transforms.
MODULES = (forms, lists, money, numbers, places, text, time, units)

__all__ = [
    "KINDS",
    "MODULES",
    "UNLIMITED",
    "Kind",
    "Limits",
    "Parameter",
    "Refused",
    "Transform",
    "catalogue",
    "find_transform",
    "transform",
]
