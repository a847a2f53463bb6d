"""S: personal data and secrets where they do not belong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from harness.align.catalogue import Gap, pair_check, world_check
from harness.align.pair import Pair
from harness.align.world import World
from harness.redaction.looks import Look, Looks, by_itself

Place = tuple[str | int, ...]
"""A path in a file, key by key."""

_LOOKS: Final = Looks(secrets=(), personal=())
_RESERVED: Final = re.compile(
    r"(?:.+\.)?(?:example|test|invalid|localhost|example\.(?:com|org|net))\.?", re.IGNORECASE
)
"""Domains of nobody: RFC 2606 and RFC 6761."""

_FICTION: Final = re.compile(
    r"1\d{3}55501\d\d"  # North American plan
    r"|49(?:3023125|4066969|6990009|2214710|8999998)\d{3}"  # Bundesnetzagentur
    r"|44(?:207946|\d{3}496)0\d{3}"  # Ofcom
    r"|33(?:19900|26191|35301|46571|53649|63998)\d{4}"  # Arcep
)
"""Telephone numbers kept free for films and examples; most others of nobody are no numbers."""

_TELEPHONE: Final = re.compile(r"phone|mobile|fax", re.IGNORECASE)
_COUNTRY: Final = re.compile(r"\w*country(?:[_-]?code)?(?:[_-]?v2)?", re.IGNORECASE)
_PICTURE: Final = re.compile(r"[A-Za-z0-9+/_-]{512,}={0,2}")
"""A label or a picture: nobody can see whom it shows, and it is no secret."""

_KEYS: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
    r"|://[^/\s:@]+:[^/\s@]+@"
    r"|\bhooks\.slack\.com/services/\w+/\w+/\w{16,}"
    r"|\bAIza[\w-]{35}"
)
_NAMED: Final = re.compile(
    r"(?:token|secret|passw[a-z]*|pwd|passphrase|(?:api|access|private)[_-]?key)"
    r"[\"']?\s{0,2}[=:]\s{0,2}[\"']?([^\s\"'&<>,;]{8,})",
    re.IGNORECASE,
)
_MIXED: Final = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
_SHORTEST: Final = 12

_KEEPS_NOTHING: Final = frozenset({"sha256", "count"})


@pair_check(
    "S01",
    "Personal data arrives in a field that is not marked",
    weight="major",
    means="Names and addresses end up in logs, reports and recordings of the target.",
    mend="Mark the field in the target's file: `sensitive: personal`.",
    errs="It believes `sensitive` in both files.",
)
def personal_fields_are_marked(pair: Pair) -> Iterator[Gap]:
    """Look for personal values that reach unmarked fields."""
    for view in pair.rules:
        if view.spec is None or view.spec.sensitive is not None:
            continue
        if set(view.stages) & _KEEPS_NOTHING or view.value_map is not None:
            continue
        fed = next((f for f in view.feeds if f.spec is not None and f.spec.sensitive), None)
        if fed is not None and fed.spec is not None:
            yield pair.rule_gap(
                "S01",
                view,
                f"{fed.path} is {fed.spec.sensitive}, and {view.target} is not marked",
                owner="target",
            )


@pair_check(
    "S02",
    "An example looks like somebody real",
    weight="major",
    means="A customer's data stands in the repository, where it cannot be deleted.",
    mend="Make the example up: `.example` addresses, +1 212 555 01xx numbers.",
    errs="It finds mail addresses, card numbers and telephone numbers by their form, so it can err "
    "both ways; names and streets it cannot tell.",
)
def examples_are_made_up(pair: Pair) -> Iterator[Gap]:
    """Look for values in examples that look like personal data."""
    for number, example in enumerate(pair.contract.examples):
        sides = {"source": example.source, "with": example.joined, "target": example.target}
        texts = [
            (side, _dotted(place), text)
            for side, data in sides.items()
            for place, text in _texts(data)
        ]
        regions = sorted({text for _, path, text in texts if _names_country(path, text)})
        for side, path, text in texts:
            looks = _looks_like(path, text, regions)
            if looks:
                yield pair.gap(
                    "S02",
                    f"examples.{number}.{side}.{path}",
                    f"{side} field {path} of example {example.name!r} looks like {looks}",
                    place=("examples", number, side),
                    owner="business",
                )


def _names_country(path: str, text: str) -> bool:
    last = path.rpartition(".")[2]
    return len(text) == 2 and text.isupper() and _COUNTRY.fullmatch(last) is not None


def _looks_like(path: str, text: str, regions: list[str]) -> str:
    """Return what personal thing a text looks like, or an empty text."""
    if by_itself(text) is Look.PERSONAL:
        for start, end in _LOOKS.personal_parts(text):
            looks = _part_looks_like(text[start:end])
            if looks:
                return looks
    elif _PICTURE.fullmatch(text):
        return "a label or a picture of somebody real"
    elif _TELEPHONE.search(path.rpartition(".")[2]) and any(
        _is_somebodys(text, region) for region in regions
    ):
        return "a telephone number"
    return ""


def _part_looks_like(part: str) -> str:
    at = re.split("@|%40", part)
    if len(at) > 1:
        return "" if _RESERVED.fullmatch(at[-1]) else "a mail address"
    if part.startswith("+"):
        return "a telephone number" if _is_somebodys(part, None) else ""
    return "a card number"


@lru_cache(maxsize=1024)
def _is_somebodys(text: str, region: str | None) -> bool:
    """Return whether a telephone number can be somebody's; one that nobody can have is made up."""
    import phonenumbers  # noqa: PLC0415 - its tables are read only where there are numbers

    try:
        number = phonenumbers.parse(text[:30], region)
    except phonenumbers.NumberParseException:
        return False
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return bool(phonenumbers.is_valid_number(number)) and not _FICTION.fullmatch(digits)


@world_check(
    "S03",
    "Something that looks like a secret",
    weight="blocker",
    means="Whoever can read the repository can call the system.",
    mend="Take it out, change it at the vendor, and name an environment variable in golive.toml.",
    errs="It finds secrets by their form and by the name before them; a short one, or one made of "
    "words, it cannot see.",
)
def files_hold_no_secrets(world: World) -> Iterator[Gap]:
    """Look through contracts, systems and teams for texts that look like secrets."""
    for pair in world.pairs:
        data = pair.contract.model_dump(by_alias=True, exclude_unset=True)
        found = [place for place, text in _texts(data) if _is_secret(text)]
        for place in dict.fromkeys((*found, *_fixed_secrets(pair))):
            path = _dotted(place)
            yield pair.gap("S03", path, f"the text at {path} looks like a secret", place=place)
    for name, system in world.landscape.systems.items():
        data = system.model_dump(by_alias=True, exclude_unset=True)
        for place, text in _texts(data):
            if _is_secret(text) or _holds_user(place, text):
                path = _dotted(place)
                yield world.gap(
                    "S03",
                    name,
                    path,
                    f"the text at {path} looks like a secret",
                    places=[world.where("system", name, place)],
                    owner=system.owner,
                )
    for name, team in world.landscape.teams.items():
        if _is_secret(team.contact):
            yield world.gap(
                "S03",
                name,
                "contact",
                f"the contact of {name} looks like a secret",
                places=[world.where("team", name, ())],
                owner=name,
            )


def _fixed_secrets(pair: Pair) -> Iterator[Place]:
    """Yield fixed values of fields that the target calls secret."""
    for view in pair.rules:
        fixed = view.rule.fixed
        if view.spec is not None and view.spec.sensitive == "secret" and fixed not in (None, ""):
            yield (*view.place, "fixed")


def _holds_user(place: Place, text: str) -> bool:
    """Return whether an address names somebody before its host, a key mostly."""
    return place[0] == "base_urls" and "@" in text.partition("://")[2].partition("/")[0]


@lru_cache(maxsize=65536)
def _is_secret(text: str) -> bool:
    if len(text) < _SHORTEST or _PICTURE.fullmatch(text):
        return False
    if by_itself(text) is Look.SECRET or _KEYS.search(text):
        return True
    return ("=" in text or ":" in text) and any(
        len(_MIXED.findall(match[1])) > 2 for match in _NAMED.finditer(text)
    )


def _dotted(place: Place) -> str:
    return ".".join(map(str, place))


def _texts(data: Any) -> list[tuple[Place, str]]:
    """Return every text with its place, in order."""
    found: list[tuple[Place, str]] = []
    # A plain walk: landscapes hold tens of thousands of texts.
    left: list[tuple[Place, Any]] = [((), data)]
    while left:
        place, value = left.pop()
        if isinstance(value, str):
            found.append((place, value))
        elif isinstance(value, dict):
            left += [((*place, key), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, (list, tuple)):
            left += [((*place, number), value[number]) for number in reversed(range(len(value)))]
    return found
