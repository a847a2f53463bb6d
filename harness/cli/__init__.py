"""The command line: every command is a few calls in sight."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from harness.cli import contracts, projects, running
from harness.cli.words import BAD_USAGE
from harness.errors import HarnessError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is GO, 1 anything else that was judged, 2 bad usage."""
    parser = _parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, rest = parser.parse_known_args(given)
    if options.command is None:
        parser.print_help()
        return BAD_USAGE
    if rest and options.command != "run":
        parser.error(f"unknown argument {rest[0]!r}; `golive {options.command} --help` lists them")
    try:
        return int(options.action(options, rest))
    except HarnessError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except BrokenPipeError:
        return BAD_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="golive",
        description="Is this integration ready to go live? Contracts say what two systems agreed "
        "on, scenarios drive the real integration, the report says go or no-go.",
        epilog="Start with `golive init my-project`, then `golive run` in it.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    running.add(commands)
    contracts.add(commands)
    projects.add(commands)
    return parser
