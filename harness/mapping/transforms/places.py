"""Transforms of codes of countries and their parts, and of telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from harness.errors import did_you_mean
from harness.mapping.transforms.entries import Limits, Refused, transform
from harness.mapping.transforms.operands import elements, quoted, text


def _country(value: Any) -> Any:
    import pycountry  # noqa: PLC0415 - its tables are read only by contracts that need them

    code = text(value).upper()
    table = pycountry.countries
    if re.fullmatch(r"[0-9]{3}", code):
        found = table.get(numeric=code)
    else:
        found = table.get(alpha_3=code) if len(code) == 3 else table.get(alpha_2=code)
    if found is None:
        raise Refused(f"{quoted(value)} is no country code of ISO 3166")
    return found


def _alpha_2(value: Any) -> str:
    return str(_country(value).alpha_2)


def _alpha_3(value: Any) -> str:
    return str(_country(value).alpha_3)


def _short(length: int) -> Limits:
    return Limits(max_length=length, ascii=True)


@transform(accepts="text", gives="text", inverse=_alpha_3, each=True, limits=lambda _: _short(2))
def country_2(value: Any) -> str:
    """Write a country as two letters of ISO 3166; back, it becomes three."""
    return _alpha_2(value)


@transform(accepts="text", gives="text", inverse=_alpha_2, each=True, limits=lambda _: _short(3))
def country_3(value: Any) -> str:
    """Write a country as three letters of ISO 3166; back, it becomes two."""
    return _alpha_3(value)


@transform(accepts="text", gives="text", inverse=_alpha_2, each=True, limits=lambda _: _short(3))
def country_number(value: Any) -> str:
    """Write a country as three digits of ISO 3166: `NO` is `578`; back, it becomes two letters."""
    return str(_country(value).numeric)


def _known_country(country: str) -> Iterator[str]:
    import pycountry  # noqa: PLC0415 - its tables are read only by contracts that need them

    codes = [found.alpha_2 for found in pycountry.countries]
    if country not in codes:
        near = did_you_mean(country, codes) or "write two letters such as US"
        yield f"{country!r} is no country of ISO 3166 ~ hint: {near}"


def _subdivision(country: Any, part: Any) -> str:
    import pycountry  # noqa: PLC0415 - its tables are read only by contracts that need them

    code = f"{text(country)}-{text(part)}".upper()
    table: Any = pycountry.subdivisions
    if table.get(code=code) is None:
        raise Refused(f"{quoted(code)} is no code of ISO 3166-2")
    return code


def _own_part(value: Any, country: str) -> str:
    code = text(value).upper()
    if not code.startswith(f"{country}-"):
        raise Refused(f"{quoted(value)} is no part of {country}")
    return code.partition("-")[2]


@transform(
    accepts="text",
    gives="text",
    inverse=_own_part,
    each=True,
    check=_known_country,
    limits=lambda *_: _short(6),
)
def subdivision_of(value: Any, country: str) -> str:
    """Write a state or province in full by ISO 3166-2: `subdivision_of US` of `NY` is `US-NY`."""
    return _subdivision(country, value)


@transform(accepts="list", gives="text", lossy=True, limits=lambda _: _short(6))
def subdivision(value: Any) -> str:
    """Put country and state together by ISO 3166-2: `from: [country_code, province_code]`."""
    pair = elements(value)
    if len(pair) != 2:
        raise Refused(f"a country and its part are two values, here are {len(pair)}")
    return _subdivision(*pair)


@transform(accepts="text", gives="text", lossy=True, each=True, limits=lambda _: _short(3))
def subdivision_part(value: Any) -> str:
    """Keep the part of a code of ISO 3166-2: `US-NY` becomes `NY`."""
    country, _, part = text(value).partition("-")
    return _subdivision(country, part).partition("-")[2]


@transform(accepts="text", gives="text", lossy=True, each=True, limits=lambda _: _short(16))
def e164(value: Any) -> str:
    """Write a phone number with + and digits; it must begin with + or 00."""
    bare = text(value).strip().replace("(0)", "")
    if not re.fullmatch(r"[+0-9().\-/\s\u2010-\u2015]*", bare):
        raise Refused("a phone number has no letters; `e164_in` can drop an extension")
    digits = re.sub(r"[^0-9]", "", bare)
    if bare.startswith("00"):
        digits = digits[2:]
    elif not bare.startswith("+"):
        raise Refused("the number has no country prefix; `e164_in` can add one")
    if not 7 <= len(digits) <= 15:
        raise Refused("E.164 numbers have 7 to 15 digits")
    return "+" + digits


def _known_region(region: str) -> Iterator[str]:
    import phonenumbers  # noqa: PLC0415 - its tables are read only by contracts that need them

    if region not in phonenumbers.SUPPORTED_REGIONS:
        near = did_you_mean(region, sorted(phonenumbers.SUPPORTED_REGIONS))
        hint = near or "write two letters such as DE"
        yield f"{region!r} is no country with phone numbers ~ hint: {hint}"


_LONGEST_PHONE: Final = 250


def _phone(value: Any, region: str, form: str) -> str:
    import phonenumbers  # noqa: PLC0415 - its tables are read only by contracts that need them

    try:
        found = phonenumbers.parse(text(value)[:_LONGEST_PHONE], region)
    except phonenumbers.NumberParseException as error:
        raise Refused(f"it is not a phone number: {error}") from error
    # Whether a number is assigned changes from month to month; how long it may be hardly does.
    if not phonenumbers.is_possible_number(found):
        raise Refused("it is too long or too short for a phone number")
    found.extension = None
    return str(phonenumbers.format_number(found, getattr(phonenumbers.PhoneNumberFormat, form)))


@transform(
    accepts="text",
    gives="text",
    lossy=True,
    each=True,
    check=_known_region,
    limits=lambda *_: _short(18),
)
def e164_in(value: Any, region: str) -> str:
    """Write a phone number, as dialled in a country, with + and digits; extensions are dropped."""
    return _phone(value, region, "E164")


@transform(accepts="text", gives="text", lossy=True, each=True, check=_known_region)
def national_phone(value: Any, region: str) -> str:
    """Write a phone number as it is written in its own country: `national_phone US`."""
    return _phone(value, region, "NATIONAL")
