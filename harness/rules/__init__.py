"""What the agreed rules make of a source message, also where its values may not be read."""

from harness.rules.elements import bare_root, cut
from harness.rules.joins import NO_POOL, JoinPlan, Pair, Pool, Tables, Wanted, resolve
from harness.rules.made import made, made_by, rules_feeding
from harness.rules.personal import at_top, personal_paths
from harness.rules.plans import MADE, BlockPlan, FieldPlan, RowPlan
from harness.rules.prepared import Rules, rule_id, rules_of
from harness.rules.reach import (
    ELEMENT,
    MESSAGE_ITSELF,
    NO_JOINS,
    Group,
    Joined,
    Reach,
    RootedCondition,
    reach_of,
    read_plain,
    rooted,
)
from harness.rules.results import CannotKnow, Expected, Missing, Result, Unmapped
from harness.rules.rows import Layout, Made, Stray, World, lay

__all__ = [
    "ELEMENT",
    "MADE",
    "MESSAGE_ITSELF",
    "NO_JOINS",
    "NO_POOL",
    "BlockPlan",
    "CannotKnow",
    "Expected",
    "FieldPlan",
    "Group",
    "JoinPlan",
    "Joined",
    "Layout",
    "Made",
    "Missing",
    "Pair",
    "Pool",
    "Reach",
    "Result",
    "RootedCondition",
    "RowPlan",
    "Rules",
    "Stray",
    "Tables",
    "Unmapped",
    "Wanted",
    "World",
    "at_top",
    "bare_root",
    "cut",
    "lay",
    "made",
    "made_by",
    "personal_paths",
    "reach_of",
    "read_plain",
    "resolve",
    "rooted",
    "rule_id",
    "rules_feeding",
    "rules_of",
]
