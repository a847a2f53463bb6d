"""Commands around a project: init, schema."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli.words import READY, Commands
from harness.errors import HarnessError
from harness.schemas import KINDS, schema_text, write_schemas


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    schema = commands.add_parser(
        "schema",
        help="print a JSON Schema",
        description="Print the JSON Schema (draft-07) of a kind of file.",
    )
    schema.add_argument("kind", nargs="?", choices=sorted(KINDS), help="the kind of file")
    schema.add_argument("--to", metavar="DIR", type=Path, help="write every schema there instead")
    schema.set_defaults(action=_schema)

    init = commands.add_parser(
        "init",
        help="make a project that runs",
        description="Copy the reference landscape (contracts, scenarios, golive.toml) into a "
        "folder. It runs as it is; replace it piece by piece with your own.",
    )
    init.add_argument("folder", type=Path, metavar="DIR", help="the folder to make")
    init.set_defaults(action=_init)


def _schema(options: argparse.Namespace, _rest: list[str]) -> int:
    if options.to is not None:
        write_schemas(options.to)
        return READY
    if options.kind is None:
        raise HarnessError("name a kind of file, or a folder with --to; kinds: " + ", ".join(KINDS))
    print(schema_text(options.kind), end="")
    return READY


def _init(options: argparse.Namespace, _rest: list[str]) -> int:
    from harness.starter import copy_landscape

    copied = copy_landscape(options.folder)
    print(f"{options.folder}: {copied} files; now: cd {options.folder} && golive run")
    return READY
