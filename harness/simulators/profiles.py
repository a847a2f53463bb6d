"""Vendor behaviour that is a number: its value, where it comes from, and how a run changes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.errors import HarnessError, did_you_mean
from harness.timing import parse_duration

_DURATION: Final = re.compile(r"([0-9]+(\.[0-9]+)?(d|h|m|s|ms|us|ns))+")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a run changes of a system's habits.

    ``latency`` is nanoseconds per call, ``numbers`` are values in place of the documented ones.
    """

    latency: int = 120_000_000
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Number:
    """One documented value. ``source`` says "assumption" where no vendor document stands behind it.

    Lengths of time are nanoseconds.
    """

    value: Any
    source: str
    as_of: str
    meaning: str


def profile_of(system: str, said: Mapping[str, Any]) -> Profile:
    """Return the profile that a scenario asks for: lengths of time as text, lists as YAML has them.

    Raises:
        HarnessError: a length of time cannot be read.
    """
    numbers = {name: _read(value) for name, value in said.items()}
    latency = numbers.pop("latency", Profile().latency)
    if type(latency) is not int or latency is said.get("latency"):
        raise HarnessError(f"the profile of {system}: latency is {latency!r}; write it as in 120ms")
    return Profile(latency, numbers)


def _read(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_read(one) for one in value)
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return parse_duration(value)
    return value


def values_of(numbers: Mapping[str, Number], profile: Profile, *, system: str) -> dict[str, Any]:
    """Return each documented value, with the profile's own in its place where it has one.

    Raises:
        HarnessError: the profile names a number that is not documented, or gives it another type.
    """
    for name, value in profile.numbers.items():
        if name not in numbers:
            hint = did_you_mean(name, sorted(numbers))
            raise HarnessError(f"the profile of {system} has no number {name!r}; {hint}")
        expected = type(numbers[name].value)
        if type(value) is not expected:
            raise HarnessError(
                f"the profile of {system}: {name} is {value!r}; "
                f"expected {expected.__name__}, such as {numbers[name].value!r}"
            )
    return {name: number.value for name, number in numbers.items()} | dict(profile.numbers)
