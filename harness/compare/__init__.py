"""Versions of contracts compared: what tightens, what loosens, and what must be run again."""

from harness.compare.changes import Change, Version, compare, version_problems
from harness.compare.grades import GRADES, Grade
from harness.compare.scope import Scope, scope_of_changes, scope_of_systems

__all__ = [
    "GRADES",
    "Change",
    "Grade",
    "Scope",
    "Version",
    "compare",
    "scope_of_changes",
    "scope_of_systems",
    "version_problems",
]
