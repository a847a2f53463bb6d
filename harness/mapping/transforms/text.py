"""Transforms of text: case, space, prefixes, lengths, and other alphabets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace as altered
from typing import Any, Final, Literal

from harness.mapping.paths import ABSENT
from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import LONGEST_TEXT, encoded, quoted, text, word

LONGEST: Final = 100_000
"""The greatest length that an argument may ask for."""


def _same(before: Limits, *_arguments: Any) -> Limits:
    return before


def _recased(before: Limits) -> Limits:
    # Outside ASCII one letter may become three: `ß` is `SS` in capitals.
    longest = before.max_length
    if longest is not None and not before.ascii:
        longest *= 3
    return altered(before, max_length=longest)


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_recased)
def lower(value: Any) -> str:
    """Write in small letters."""
    return text(value).lower()


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_recased)
def upper(value: Any) -> str:
    """Write in capital letters."""
    return text(value).upper()


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_recased)
def capitalize(value: Any) -> str:
    """Write the first letter as a capital and leave the others."""
    found = text(value)
    return found[:1].upper() + found[1:]


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_same)
def trim(value: Any) -> str:
    """Take white space off both ends."""
    return text(value).strip()


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_same)
def collapse_spaces(value: Any) -> str:
    """Write each run of white space, also line breaks, as one space, and none at the ends."""
    return " ".join(text(value).split())


def _length(length: int, *_others: Any) -> Iterator[str]:
    if length > LONGEST:
        yield f"a length goes from 0 to {LONGEST}, not {length}"


def _at_most(before: Limits, length: int, *_others: Any) -> Limits:
    known = before.max_length
    return altered(before, max_length=length if known is None else min(known, length))


@transform(accepts="text", gives="text", lossy=True, each=True, check=_length, limits=_at_most)
def truncate(value: Any, length: int) -> str:
    """Keep that many characters (code points, not bytes)."""
    return text(value)[:length]


@transform(accepts="text", gives="text", lossy=True, each=True, check=_length, limits=_at_most)
def truncate_bytes(value: Any, length: int) -> str:
    """Keep what fits into that many bytes of UTF-8, in whole characters."""
    return encoded(value)[:length].decode(errors="ignore")


def _parts(length: int, part: int) -> Iterator[str]:
    yield from _length(length)
    if length < 1:
        yield "a part has at least 1 character"
    if not 1 <= part <= 100:
        yield f"parts are counted from 1 to 100, there is no part {part}"


@transform(accepts="text", gives="text", lossy=True, each=True, check=_parts, limits=_at_most)
def split_words(value: Any, length: int, part: int) -> Any:
    """Cut between words into parts of at most that length, and take one: `split_words 35 2`."""
    lines = _lines(text(value).split(), length)
    return lines[part - 1] if part <= len(lines) else ABSENT


def _lines(words: list[str], length: int) -> list[str]:
    lines: list[str] = []
    for one in words:
        if lines and len(lines[-1]) + 1 + len(one) <= length:
            lines[-1] += f" {one}"
        else:
            lines += [one[at : at + length] for at in range(0, len(one), length)]
    return lines


def _padding(length: int, fill: str) -> Iterator[str]:
    yield from _length(length)
    if len(fill) != 1:
        yield f"a text is filled up with one character, not {fill!r}"


def _padded(before: Limits, length: int, fill: str) -> Limits:
    longest = None if before.max_length is None else max(before.max_length, length)
    return altered(before, max_length=longest, ascii=before.ascii and fill.isascii())


@transform(
    accepts="text",
    gives="text",
    inverse=lambda value, _length, fill: text(value).lstrip(fill),
    each=True,
    check=_padding,
    limits=_padded,
)
def pad_left(value: Any, length: int, fill: str) -> str:
    """Fill up from the left to that length; back, it takes off every such character."""
    return text(value).rjust(length, fill)


@transform(
    accepts="text",
    gives="text",
    inverse=lambda value, _length, fill: text(value).rstrip(fill),
    each=True,
    check=_padding,
    limits=_padded,
)
def pad_right(value: Any, length: int, fill: str) -> str:
    """Fill up from the right to that length; back, it takes off every such character."""
    return text(value).ljust(length, fill)


def _longer(before: Limits, added: str) -> Limits:
    longest = None if before.max_length is None else before.max_length + len(added)
    return altered(before, max_length=longest, ascii=before.ascii and added.isascii())


def _prefixed(value: Any, prefix: str) -> str:
    return prefix + text(value)


def _without_prefix(value: Any, prefix: str) -> str:
    return text(value).removeprefix(prefix)


def _suffixed(value: Any, suffix: str) -> str:
    return text(value) + suffix


def _without_suffix(value: Any, suffix: str) -> str:
    return text(value).removesuffix(suffix)


@transform(accepts="text", gives="text", inverse=_prefixed, each=True, limits=_same)
def drop_prefix(value: Any, prefix: str) -> str:
    """Take a prefix off where it stands."""
    return _without_prefix(value, prefix)


@transform(accepts="text", gives="text", inverse=_without_prefix, each=True, limits=_longer)
def add_prefix(value: Any, prefix: str) -> str:
    """Put a prefix in front."""
    return _prefixed(value, prefix)


@transform(accepts="text", gives="text", inverse=_suffixed, each=True, limits=_same)
def drop_suffix(value: Any, suffix: str) -> str:
    """Take a suffix off where it stands."""
    return _without_suffix(value, suffix)


@transform(accepts="text", gives="text", inverse=_without_suffix, each=True, limits=_longer)
def add_suffix(value: Any, suffix: str) -> str:
    """Put a suffix behind."""
    return _suffixed(value, suffix)


def _something(old: str, *_others: str) -> Iterator[str]:
    if not old:
        yield "an empty text stands everywhere; say which text is meant"


def _replaced(before: Limits, old: str, new: str) -> Limits:
    longest = before.max_length
    if longest is not None and len(new) > len(old):
        longest = longest // len(old) * len(new) + longest % len(old)
    return Limits(max_length=longest, ascii=before.ascii and new.isascii())


@transform(accepts="text", gives="text", lossy=True, each=True, check=_something, limits=_replaced)
def replace(value: Any, old: str, new: str) -> str:
    """Replace every occurrence of a text."""
    found = text(value)
    if len(found) + found.count(old) * (len(new) - len(old)) > LONGEST_TEXT:
        raise Refused("the text becomes too long")
    return found.replace(old, new)


@transform(accepts="text", gives="text", lossy=True, each=True, check=_something, limits=_same)
def before(value: Any, mark: str) -> str:
    """Keep what stands before the first of a mark; all of it where there is none."""
    return text(value).partition(mark)[0]


@transform(accepts="text", gives="text", lossy=True, each=True, check=_something, limits=_same)
def after(value: Any, mark: str) -> str:
    """Keep what stands after the first of a mark; nothing where there is none."""
    return text(value).partition(mark)[2]


def _in_ascii(before: Limits) -> Limits:
    return altered(before, ascii=True)


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_in_ascii)
def digits_only(value: Any) -> str:
    """Keep the digits 0 to 9."""
    return re.sub(r"[^0-9]", "", text(value))


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_in_ascii)
def letters_and_digits(value: Any) -> str:
    """Keep the letters A to Z, small and capital, and the digits 0 to 9."""
    return re.sub(r"[^A-Za-z0-9]", "", text(value))


def _ascii_length(before: Limits) -> Limits:
    # One character may become several letters, so only a text of ASCII keeps its length.
    return Limits(max_length=before.max_length if before.ascii else None, ascii=True)


@transform(accepts="text", gives="text", lossy=True, each=True, limits=_ascii_length)
def to_ascii(value: Any) -> str:
    """Write in plain letters: `Łódź` becomes `Lodz`, `ä` becomes `a`, `ß` becomes `ss`."""
    from anyascii import anyascii  # noqa: PLC0415 - read only by contracts that need it

    return anyascii(text(value))


@transform(accepts="text", gives="text", lossy=True, each=True)
def unicode_form(value: Any, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> str:
    """Write in a normal form of Unicode, one spelling for each letter: `unicode_form NFC`."""
    return unicodedata.normalize(form, text(value))


@transform(
    accepts="text",
    gives="text",
    lossy=True,
    each=True,
    limits=lambda _before: Limits(max_length=64, ascii=True),
)
def sha256(value: Any) -> str:
    """Write the SHA-256 digest of a text in UTF-8, as 64 small hexadecimal digits."""
    import hashlib  # noqa: PLC0415 - what it loads is large, and few contracts need it

    return hashlib.sha256(encoded(value)).hexdigest()


_GID: Final = "gid://shopify/"


def _type(type_: str) -> Iterator[str]:
    if not re.fullmatch(r"[A-Z][A-Za-z]*", type_):
        yield f"a type of Shopify is a word such as Order or ProductVariant, not {type_!r}"


def _digits(value: Any) -> str:
    digits = word(value)
    if not re.fullmatch(r"[0-9]{1,20}", digits):
        raise Refused(f"{quoted(value)} is not an id of digits")
    return digits


def _to_gid(value: Any, type_: str) -> str:
    return f"{_GID}{type_}/{_digits(value)}"


def _from_gid(value: Any, type_: str) -> str:
    found = text(value)
    start = f"{_GID}{type_}/"
    if not found.startswith(start):
        raise Refused(f"{quoted(found)} does not begin with {start}")
    return _digits(found.removeprefix(start))


@transform(
    accepts="text",
    gives="text",
    inverse=_to_gid,
    each=True,
    check=_type,
    limits=lambda _before, _type: Limits(max_length=20, ascii=True),
)
def gid_to_id(value: Any, type: str) -> str:  # noqa: A002 - the word of Shopify
    """Take the number out of a Shopify id: `gid_to_id Order` of `gid://shopify/Order/1` is `1`."""
    return _from_gid(value, type)


@transform(
    accepts="any",
    gives="text",
    inverse=_from_gid,
    each=True,
    check=_type,
    limits=lambda _before, type_: Limits(max_length=len(_GID) + len(type_) + 21, ascii=True),
)
def id_to_gid(value: Any, type: str) -> str:  # noqa: A002 - the word of Shopify
    """Write a number as a Shopify id: `id_to_gid Order` of `1` is `gid://shopify/Order/1`."""
    return _to_gid(value, type)
