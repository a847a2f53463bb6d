"""From rulings, attestations, waivers and the policy to one serialisable record and its verdict."""

from harness.readiness.building import alignment_record, build
from harness.readiness.policy import Attestation, GapWaiver, Policy, Waiver
from harness.readiness.record import (
    FORMAT,
    AcceptedRisk,
    AlignmentRecord,
    Blocker,
    Cell,
    ClauseRecord,
    ContractRecord,
    FlowRecord,
    GapRecord,
    OwnerRecord,
    Readiness,
    TimingRecord,
    Verdict,
)
from harness.readiness.results import MOST_TIMELINE_ROWS, ScenarioResult, Step

__all__ = [
    "FORMAT",
    "MOST_TIMELINE_ROWS",
    "AcceptedRisk",
    "AlignmentRecord",
    "Attestation",
    "Blocker",
    "Cell",
    "ClauseRecord",
    "ContractRecord",
    "FlowRecord",
    "GapRecord",
    "GapWaiver",
    "OwnerRecord",
    "Policy",
    "Readiness",
    "ScenarioResult",
    "Step",
    "TimingRecord",
    "Verdict",
    "Waiver",
    "alignment_record",
    "build",
]
