"""Read a project: settings, landscape, contracts and scenarios, with all problems at once."""

from harness.loader.agreements import SharedMap, composed_contracts
from harness.loader.composing import Composed
from harness.loader.files import load_declaration
from harness.loader.payloads import find_payload, put, read_json, resolve_payload
from harness.loader.project import Project, load_project
from harness.loader.scenarios import load_scenarios, scenario_files
from harness.loader.settings import (
    PROJECT_FILE,
    ContractSettings,
    Folders,
    IntegrationSettings,
    RedactionSettings,
    RunSettings,
    Settings,
    find_root,
    load_settings,
)

__all__ = [
    "PROJECT_FILE",
    "Composed",
    "ContractSettings",
    "Folders",
    "IntegrationSettings",
    "Project",
    "RedactionSettings",
    "RunSettings",
    "Settings",
    "SharedMap",
    "composed_contracts",
    "find_payload",
    "find_root",
    "load_declaration",
    "load_project",
    "load_scenarios",
    "load_settings",
    "put",
    "read_json",
    "resolve_payload",
    "scenario_files",
]
