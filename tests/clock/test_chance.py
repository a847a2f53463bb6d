"""The integration draws the same whenever its scenario is run."""

# ruff: noqa: TID251 - an integration may use what we may not

from __future__ import annotations

import random
import uuid
from random import Random
from uuid import uuid4 as taken_uuid4

from pydantic import BaseModel, Field

from harness.clock.chance import seeded


class Order(BaseModel):
    """Keeps uuid4 where no search through modules finds it."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4)


def draws(seed: int) -> list[object]:
    """Draw once in every way."""
    with seeded(Random(seed)):
        return [random.random(), uuid.uuid4(), taken_uuid4(), Order().id, uuid.getnode()]


def test_the_same_seed_draws_the_same() -> None:
    """Jitter and identifiers repeat, however they were imported."""
    assert draws(7) == draws(7)


def test_another_seed_draws_otherwise() -> None:
    """Nothing is constant by accident."""
    assert all(a != b for a, b in zip(draws(7), draws(8), strict=True))


def test_identifiers_within_a_run_differ() -> None:
    """Repeatable is not the same as equal, and they are still random UUIDs."""
    with seeded(Random(7)):
        ids = [uuid.uuid4() for _ in range(100)]

    assert len(set(ids)) == 100
    assert {4} == {one.version for one in ids}


def test_the_randomness_before_goes_on_afterwards() -> None:
    """The caller's own sequence is not disturbed."""
    random.seed(3)
    expected = [random.random() for _ in range(2)]
    random.seed(3)

    first = random.random()
    draws(7)

    assert expected == [first, random.random()]
    assert uuid.uuid4() != uuid.uuid4()
