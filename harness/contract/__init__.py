"""Contracts: what two systems agreed on, section by section, and the clauses they make."""

from harness.contract.agreement import Contract
from harness.contract.beyond import BookedSide, Booking, Example, PythonCheck, StateRule
from harness.contract.clauses import Clause
from harness.contract.defaults import (
    NEVER_TAKEN,
    UNTOLD,
    CommonSections,
    Defaults,
    FailureDefaults,
    FieldDefaults,
)
from harness.contract.delivery import (
    FailureRule,
    Guard,
    Idempotency,
    Parked,
    Receive,
    Retry,
    Updates,
    Volume,
    Wait,
)
from harness.contract.fields import FieldRule, Join, RowBlock, RowRule, Rule, Sum, ValueMap
from harness.contract.owners import Owners, SignOff, Step
from harness.contract.timing import Bound, Cutoff, Delivered, Every, Fresh, Recovered, Timing
from harness.contract.words import FAMILIES, ROLES, TIMES, Action, Family, Role, SeverityWord

__all__ = [
    "FAMILIES",
    "NEVER_TAKEN",
    "ROLES",
    "TIMES",
    "UNTOLD",
    "Action",
    "BookedSide",
    "Booking",
    "Bound",
    "Clause",
    "CommonSections",
    "Contract",
    "Cutoff",
    "Defaults",
    "Delivered",
    "Every",
    "Example",
    "FailureDefaults",
    "FailureRule",
    "Family",
    "FieldDefaults",
    "FieldRule",
    "Fresh",
    "Guard",
    "Idempotency",
    "Join",
    "Owners",
    "Parked",
    "PythonCheck",
    "Receive",
    "Recovered",
    "Retry",
    "Role",
    "RowBlock",
    "RowRule",
    "Rule",
    "SeverityWord",
    "SignOff",
    "StateRule",
    "Step",
    "Sum",
    "Timing",
    "Updates",
    "ValueMap",
    "Volume",
    "Wait",
]
