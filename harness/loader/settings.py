"""The project file, golive.toml, and where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, field_validator

from harness.declaration import Declaration
from harness.errors import BadInput, Problem, did_you_mean

PROJECT_FILE: Final = "golive.toml"


class IntegrationSettings(Declaration):
    """The integration under test."""

    factory: str | None = Field(None, description="`package.module:function` that builds it.")
    receives: dict[str, str] = Field(
        default_factory=dict, description="For each system, the path its webhooks arrive at."
    )
    transforms: tuple[str, ...] = Field(
        (),
        description="The modules, `package.module`, whose `@transform` functions contracts may "
        "use; they are imported from the project's folder when it is read.",
    )


class RunSettings(Declaration):
    """What every run starts from."""

    seed: int = Field(1, description="The seed of all randomness.")
    as_of: str | None = Field(None, description="The day the record is made for, as 2026-03-02.")

    @field_validator("as_of", mode="before")
    @classmethod
    def _date_as_text(cls, value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str):
            date.fromisoformat(value)
        return value


class RedactionSettings(Declaration):
    """How personal values are veiled."""

    key: str | None = Field(None, description="The environment variable that holds the key.")


class ContractSettings(Declaration):
    """What contracts of this project may say."""

    expressions: Literal["allow", "forbid"] = Field(
        "allow", description="Whether field rules may have an `expression`."
    )


class Folders(Declaration):
    """Where things stand, from the project file's folder."""

    contracts: str = Field("contracts", description="Contracts, systems, maps, teams, policy.")
    scenarios: str = Field("scenarios", description="Scenario files.")
    reports: str = Field("reports", description="Where reports and journals are written.")


class Settings(Declaration):
    """The project file, golive.toml."""

    integration: IntegrationSettings = Field(
        default_factory=IntegrationSettings, description="What is tested, and what it brings along."
    )
    contracts: ContractSettings = Field(
        default_factory=ContractSettings, description="What contracts may say here."
    )
    secrets: dict[str, str] = Field(
        default_factory=dict, description="Secret name to environment variable."
    )
    live: dict[str, str] = Field(
        default_factory=dict,
        description="System to the environment variable that holds its address, for `live`.",
    )
    redaction: RedactionSettings = Field(
        default_factory=RedactionSettings, description="What veils personal values."
    )
    run: RunSettings = Field(default_factory=RunSettings, description="Seed and day of every run.")
    folders: Folders = Field(default_factory=Folders, description="Where things stand.")


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, that holds a project file."""
    start = start.resolve()
    folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    return next((folder for folder in folders if (folder / PROJECT_FILE).is_file()), None)


def load_settings(root: Path) -> Settings:
    """Read golive.toml; a project without one gets the defaults.

    Raises:
        BadInput: the file is not TOML, or not what a project file may hold.
    """
    file = root / PROJECT_FILE
    if not file.is_file():
        return Settings()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput([Problem(PROJECT_FILE, 0, 0, "is not UTF-8 text")]) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = f"is not TOML: {str(error).partition(' (at')[0]}"
        raise BadInput([_toml_problem(text, line, column, message)]) from error
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise BadInput(_settings_problems(text, error)) from error


def setting_problem(root: Path, path: str, message: str, hint: str = "") -> Problem:
    """Return a problem at a setting such as ``integration.transforms``."""
    file = root / PROJECT_FILE
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    line = _line_of(text, path.rpartition(".")[2])
    return _toml_problem(text, line, 1 if line else 0, f"{path}: {message}", hint)


def _settings_problems(text: str, error: ValidationError) -> Iterator[Problem]:
    for found in error.errors():
        path = [str(part) for part in found["loc"]]
        line = _line_of(text, path[-1]) if path else 0
        message = f"{'.'.join(path)}: {found['msg'].removeprefix('Value error, ')}"
        hint = ""
        if found["type"] == "extra_forbidden":
            message = f"{'.'.join(path)}: there is no such setting"
            model = Settings
            for part in path[:-1]:
                info = model.model_fields.get(part)
                model = info.annotation if info is not None else model  # type: ignore[assignment]
            hint = did_you_mean(path[-1], list(model.model_fields))
        yield _toml_problem(text, line, 1 if line else 0, message, hint)


def _line_of(text: str, key: str) -> int:
    """Return the first line that begins with a key or names it in brackets, or 0."""
    wanted = re.compile(rf"\s*(\[.*)?{re.escape(key)}\b")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, content in lines if wanted.match(content)), 0)


def _toml_problem(text: str, line: int, column: int, message: str, hint: str = "") -> Problem:
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(PROJECT_FILE, line, column, message, hint, source)
