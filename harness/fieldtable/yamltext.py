"""Values as the YAML that a person would write: bare where that is safe, quoted where not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from harness.errors import BadInput
from harness.yamlfile import read_text
from harness.yamlfile.places import FORBIDDEN


def flow(value: Any, style: str = "", *, braces: bool = True) -> str:
    """Return plain data as one line of YAML.

    ``style`` is the quotation mark that a text had before; it is kept. Without ``braces`` the
    line may stand only where no braces or brackets are around it, and needs fewer quotes.
    """
    if isinstance(value, str):
        return _text(value, style, braces=braces)
    if isinstance(value, Mapping):
        pairs = (f"{flow_key(str(key))}: {flow(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, Decimal):
        digits = str(value)
        # Without a point or an exponent it would be read as a whole number.
        return digits if "." in digits or "E" in digits else digits + ".0"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=4096)
def flow_key(key: str) -> str:
    """Return a key as YAML, quoted where it must be."""
    line = f"{key}: 1\n", {key: 1}
    inside = f"k: {{{key}: 1}}\n", {"k": {key: 1}}
    return key if _reads_as(*line) and _reads_as(*inside) else _quoted(key)


def _text(text: str, style: str, *, braces: bool) -> str:
    if style not in ("'", '"'):
        return text if _is_plain(text, braces=braces) else _quoted(text)
    return _quoted(text, prefer=style)


@lru_cache(maxsize=4096)
def _is_plain(text: str, *, braces: bool) -> bool:
    """Tell whether a bare text is read as itself; the reader is asked, so the two agree."""
    if not text or text != text.strip() or "\n" in text or "\r" in text:
        return False
    line = _reads_as(f"k: {text}\n", {"k": text})
    return line and (
        not braces or _reads_as(f"k: {{k: {text}, z: 1}}\n", {"k": {"k": text, "z": 1}})
    )


def _reads_as(yaml: str, expected: Mapping[str, Any]) -> bool:
    try:
        documents = read_text(yaml, "")
    except BadInput:
        return False
    return [document.data for document in documents] == [expected]


def _quoted(text: str, *, prefer: str = "") -> str:
    printable = not FORBIDDEN.search(text) and not set(text) & set("\t\r\n")
    if printable and (prefer == "'" or (not prefer and ('"' in text or "\\" in text))):
        return "'" + text.replace("'", "''") + "'"
    escaped = json.dumps(text, ensure_ascii=False)
    return FORBIDDEN.sub(lambda match: _escape(match[0]), escaped)


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
