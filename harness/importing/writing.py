"""The text of a system's file with one message, and at its head what is left to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.fieldtable.yamltext import flow, flow_key
from harness.importing.documents import Source, visible
from harness.importing.fields import Spec
from harness.yamlfile.places import FORBIDDEN

_MODELINE: Final = "# yaml-language-server: $schema=../../docs/schema/systems.json"
_MOST_LINES: Final = 60
_KIND: Final = "say which part it plays: storefront, oms, wms, erp, ..."
_OWNER: Final = "say which team answers for it"
_URLS: Final = "say where it is called"
_KEY: Final = "say which field tells one message from another"
_CARRIED: Final = "say in which webhook, request or answer it travels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is known of a system and its message; what is None is not known.

    ``at`` is where the message stands in a body, empty for the whole of it.
    """

    system: str
    message: str
    kind: str | None
    owner: str | None
    urls: Sequence[str]
    key: str | None
    call: Mapping[str, str] | None
    at: str
    fields: Mapping[str, Spec]
    imported: Mapping[str, str] | None


def text_of(content: Content, source: Source, notes: list[str]) -> str:
    """Return the file; what is not known is added to the notes, and stands there as a comment."""
    head = [f"system: {flow(content.system, braces=False)}"]
    head.append(_line("kind", content.kind, _KIND, notes))
    head.append(_line("owner", content.owner, _OWNER, notes))
    head.append(_line("base_urls", list(content.urls) or None, _URLS, notes))
    body = ["messages:", f"  {flow_key(content.message)}:"]
    body.append("    " + _line("key", content.key, _KEY, notes))
    body.append("    " + _line("carried_by", _ways(content), _carried(content), notes))
    if content.imported is not None:
        body.append(f"    imported: {flow(content.imported)}")
    body.append("    fields:")
    body += [f"      {flow_key(path)}: {flow(spec)}" for path, spec in content.fields.items()]
    return "\n".join([*_comments(source, notes), *head, *body]) + "\n"


def _line(key: str, value: Any, why: str, notes: list[str]) -> str:
    if value is not None:
        return f"{key}: {flow(value, braces=False)}"
    notes.append(f"{key}: {why}")
    return f"# {key}:   {visible(why)}"


def _ways(content: Content) -> Any:
    if content.call is None:
        return None
    at = {"at": f"body.{content.at}"} if content.at else {}
    return {"call": {**content.call, **at}}


def _carried(content: Content) -> str:
    return _CARRIED + (f", and that it stands `at: body.{content.at}`" if content.at else "")


def _comments(source: Source, notes: Sequence[str]) -> list[str]:
    said = f"# Made from {visible(source.file.name)}."
    if not notes:
        return [_MODELINE, f"{said} It says all that is needed."]
    lines = [f"#   {visible(note)}" for note in notes[:_MOST_LINES]]
    if len(notes) > _MOST_LINES:
        lines.append(f"#   and {len(notes) - _MOST_LINES} notes more")
    return [_MODELINE, f"{said} What it does not say is left out:", *lines]


def origin(source: Source, root: Path) -> dict[str, str] | None:
    """Return how a message names the file it is from; None for one outside of the project.

    From the project's folder nobody could find that again, to see whether it has changed.
    """
    try:
        name = source.file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None
    return None if FORBIDDEN.search(name) else {"file": name, "sha256": source.sha256}
