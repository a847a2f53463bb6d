"""What a GraphQL query costs before it runs, and the points that are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from harness.timing import SECOND

MUTATION: Final = 10
"""shopify.dev/docs/api/usage/rate-limits: a mutation costs 10, an object 1, a scalar nothing."""


class Points:
    """The points of an app: so many at most, so many come back in a second."""

    def __init__(self, *, most: int, restored: int) -> None:
        self.most = most
        self.restored = restored
        self._missing = 0  # in parts of a point, SECOND parts each
        self._seen = 0

    def left(self, now: int) -> int:
        """Return the whole points that are there."""
        self._missing = max(self._missing - (now - self._seen) * self.restored, 0)
        self._seen = now
        return self.most - -(-self._missing // SECOND)

    def spend(self, points: int, now: int) -> bool:
        """Take points if there are so many; return whether there were."""
        if points > self.left(now):
            return False
        self._missing += points * SECOND
        return True


def cost_of(document: DocumentNode, name: str | None, variables: Mapping[str, Any]) -> int:
    """Return the points that an operation asks for: pages are counted as if they were full."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    chosen = next(
        (one for one in operations if name is None or (one.name and one.name.value == name)), None
    )
    if chosen is None:
        return 0
    counting = _Counting(fragments, variables)
    if chosen.operation.value == "mutation":
        return MUTATION * len(chosen.selection_set.selections)
    return counting.cost(chosen.selection_set)


class _Counting:
    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self._fragments = fragments
        self._variables = variables

    def cost(
        self, selections: SelectionSetNode | None, *, within: frozenset[str] = frozenset()
    ) -> int:
        total = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                total += self._field(one, within)
            elif isinstance(one, InlineFragmentNode):
                total += self.cost(one.selection_set, within=within)
            elif isinstance(one, FragmentSpreadNode):
                name = one.name.value
                if name in self._fragments and name not in within:
                    inner = self._fragments[name].selection_set
                    total += self.cost(inner, within=within | {name})
        return total

    def _field(self, field: FieldNode, within: frozenset[str]) -> int:
        if field.selection_set is None or field.name.value in (
            "pageInfo",
            "edges",
            "nodes",
            "node",
        ):
            return self.cost(field.selection_set, within=within)
        inner = self.cost(field.selection_set, within=within)
        size = self._size(field)
        return 1 + inner if size is None else 2 + size * max(inner, 1)

    def _size(self, field: FieldNode) -> int | None:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                if isinstance(value, VariableNode):
                    said = self._variables.get(value.name.value)
                    return said if type(said) is int else 0
        return None
