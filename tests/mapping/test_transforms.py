"""Each transform does what it says, refuses what it cannot take, and keeps its promises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.mapping import ABSENT, Limits, Refused, catalogue, parse_pipe

EXAMPLES: list[tuple[str, Any, Any]] = [
    ("to_text", 450789469, "450789469"),
    ("to_decimal", "409.94", Decimal("409.94")),
    ("to_integer", "7", 7),
    ("to_boolean", "TRUE", True),
    ("read_boolean Y N", "N", False),
    ("read_boolean 1 0", 1, True),
    ("write_boolean Y N", True, "Y"),
    ("opposite", True, False),
    ("default none", None, "none"),
    ('missing_if ""', "", ABSENT),
    ("trim | lower", " Ada@Example.com ", "ada@example.com"),
    ("upper", "no", "NO"),
    ("capitalize", "éa McA", "Éa McA"),
    ("collapse_spaces", " a \u00a0 b\n", "a b"),
    ("truncate 3", "ÄÖÜß", "ÄÖÜ"),
    ("truncate_bytes 3", "ÄÖ", "Ä"),
    ("split_words 9 1", "Grosse Bleichenstrasse 1", "Grosse"),
    ("split_words 9 2", "Grosse Bleichenstrasse 1", "Bleichens"),
    ("split_words 9 3", "Grosse Bleichenstrasse 1", "trasse 1"),
    ("split_words 9 4", "Grosse Bleichenstrasse 1", ABSENT),
    ("pad_left 5 0", "42", "00042"),
    ("pad_right 5 _", "42", "42___"),
    ('drop_prefix "#"', "#1001", "1001"),
    ("add_prefix SO-", "7", "SO-7"),
    ("drop_suffix .json", "a.json", "a"),
    ("add_suffix /1", "7", "7/1"),
    ("replace - _", "a-b", "a_b"),
    ("before -", "a-b-c", "a"),
    ("after -", "a-b-c", "b-c"),
    ("digits_only", "a1-2", "12"),
    ("letters_and_digits", "AB-12/é", "AB12"),
    ("to_ascii", "Łódź, Weißstraße №5", "Lodz, Weissstrasse No5"),
    ("unicode_form NFC", "e\u0301", "\u00e9"),
    ("sha256", "a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ("gid_to_id Order", "gid://shopify/Order/450789469", "450789469"),
    ("id_to_gid Order", 450789469, "gid://shopify/Order/450789469"),
    ('join " "', ["Ada", "Quist"], "Ada Quist"),
    ("split ,", "a,b", ["a", "b"]),
    ("round 2 half_up", "1.005", Decimal("1.01")),
    ("round 2 half_even", "1.005", Decimal("1.00")),
    ("negate", "1.5", Decimal("-1.5")),
    ("absolute", "-1.5", Decimal("1.5")),
    ("to_percent", Decimal("0.06"), Decimal(6)),
    ("from_percent", 19, Decimal("0.19")),
    ("to_basis_points", "0.0725", 725),
    ("from_basis_points", 725, Decimal("0.0725")),
    ("parse_number comma", "1.234,56", Decimal("1234.56")),
    ("parse_number point", "-1,234,567.8", Decimal("-1234567.8")),
    ("format_number 2", "12.3", "12.30"),
    ("format_number 2 comma", 1234, "1234,00"),
    ("minor_units 2", "12.34", 1234),
    ("major_units 2", 1234, Decimal("12.34")),
    ("to_minor_units JPY", "500", 500),
    ("to_minor_units KWD", "1.234", 1234),
    ("from_minor_units EUR", 1234, Decimal("12.34")),
    ("round_money JPY half_up", "8040.5", Decimal(8041)),
    ("amount_to_minor_units", ["12.34", "EUR"], 1234),
    ("amount_from_minor_units", [500, "JPY"], Decimal(500)),
    ("convert g to kg | round 3 half_up", 1250, Decimal("1.250")),
    ("convert lb to kg", 1, Decimal("0.45359237")),
    ("convert lb to oz", 2, Decimal(32)),
    ("convert in to cm", "1.5", Decimal("3.81")),
    ("convert us_gal to l", 1, Decimal("3.785411784")),
    ("convert dozen to each", 2, Decimal(24)),
    ("to_utc", "2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00Z"),
    ("in_zone Europe/Berlin", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00+01:00"),
    ("whole_seconds", "2026-03-02T08:00:00.75Z", "2026-03-02T08:00:00Z"),
    ("date_only", "2026-03-02T23:30:00-05:00", "2026-03-02"),
    ("date_only", "20260302T080000Z", "2026-03-02"),
    ("date_in_zone Asia/Tokyo", "2026-03-02T23:30:00Z", "2026-03-03"),
    ("start_of_day Europe/Berlin", "2026-03-02", "2026-03-01T23:00:00Z"),
    ("start_of_day America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
    ("local_to_utc Europe/Berlin", "2026-03-02T09:00:00", "2026-03-02T08:00:00Z"),
    ("local_to_utc Europe/Berlin earlier", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
    ("local_to_utc Europe/Berlin later", "2026-10-25 02:30", "2026-10-25T01:30:00Z"),
    ("to_local Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00"),
    ("format_date %d.%m.%Y", "2026-03-02T08:00:00Z", "02.03.2026"),
    ("format_date %Y%jT%H%M%S.%f%z", "2026-03-02T08:00:00+01:00", "2026061T080000.000000+0100"),
    ("parse_date %Y%m%d", "20260302", "2026-03-02T00:00:00+00:00"),
    ('parse_local "%d.%m.%Y %H:%M" Europe/Berlin', "02.03.2026 09:00", "2026-03-02T08:00:00Z"),
    ("format_day %Y%m%d", "2026-03-02", "20260302"),
    ("parse_day %d.%m.%Y", "02.03.2026", "2026-03-02"),
    ("to_epoch_seconds", "2026-03-02T08:00:00.999Z", 1772438400),
    ("to_epoch_ms", "1969-12-31T23:59:59.9999Z", -1),
    ("from_epoch_seconds", 1772438400, "2026-03-02T08:00:00Z"),
    ("from_epoch_ms", "1772438400500", "2026-03-02T08:00:00.500000Z"),
    ("duration_to_seconds", "P1DT2H0.5S", Decimal("93600.5")),
    ("seconds_to_duration", 5400, "PT1H30M"),
    ("country_2", "NOR", "NO"),
    ("country_2", "578", "NO"),
    ("country_3", "NO", "NOR"),
    ("country_number", "AF", "004"),
    ("subdivision_of US", "ny", "US-NY"),
    ("subdivision", ["DE", "HH"], "DE-HH"),
    ("subdivision_part", "GB-ENG", "ENG"),
    ("e164", "+49 (0)170 1234567", "+491701234567"),
    ("e164_in US", "480-386-0930 ext. 73824", "+14803860930"),
    ("e164_in DE", "+49 (0)40\u00a01234567", "+49401234567"),
    ("national_phone US", "+1 480 386 0930", "(480) 386-0930"),
    ("first_of", [None, "b", "c"], "b"),
    ("first", ["a", "b"], "a"),
    ("first", [], ABSENT),
    ("last", ["a", "b"], "b"),
    ("nth 2", ["a", "b"], "b"),
    ("nth 3", ["a", "b"], ABSENT),
    (
        "distinct",
        [1, "1", Decimal("1.0"), True, {"a": [1]}, {"a": [1]}],
        [1, "1", True, {"a": [1]}],
    ),
    ("drop_missing | join ,", ["a", None, " ", "b"], "a,b"),
    ("drop_missing", [None, ""], ABSENT),
    ("count", [1, 2], 2),
    ("to_decimal | sum", ["0.10", "0.20"], Decimal("0.30")),
    ("to_decimal | sum", [], Decimal(0)),
    ("to_decimal | product", ["0.10", 3], Decimal("0.30")),
    ("smallest", [3, "-1", 2], Decimal(-1)),
    ("largest", [3, "-1", 2], Decimal(3)),
    ("largest", [], ABSENT),
]


@pytest.mark.parametrize(("pipe", "before", "after"), EXAMPLES)
def test_each_transform_does_what_it_says(pipe: str, before: Any, after: Any) -> None:
    """At least one line for each entry of the catalogue, compared by type as well."""
    made = parse_pipe(pipe).apply(before)

    assert made == after
    assert type(made) is type(after)


def test_every_transform_has_an_example_here() -> None:
    """No transform is in the catalogue without being tried above."""
    tried = {stage.entry.name for text, *_ in EXAMPLES for stage in parse_pipe(text).stages}

    assert tried == set(catalogue())


@pytest.mark.parametrize(
    ("pipe", "value", "said"),
    [
        ("to_decimal", "12,5", "not a number"),
        ("to_decimal", Decimal("1E+9999"), "out of range"),
        ("to_integer", "1.5", "whole"),
        ("to_boolean", "yes", "neither"),
        ("read_boolean Y N", "yes", "neither 'Y' nor 'N'"),
        ("lower", 5, "not text"),
        ('join " "', ["Ada", None], "drop_missing"),
        ("to_utc", "2026-03-02T09:00:00", "no offset"),
        ("local_to_utc Europe/Berlin", "2026-03-02T09:00:00Z", "has an offset"),
        ("local_to_utc Europe/Berlin", "2026-10-25T02:30:00", "twice.*`earlier` or `later`"),
        ("local_to_utc Europe/Berlin later", "2026-03-29T02:30:00", "does not exist"),
        ("start_of_day Pacific/Apia", "2011-12-30", "have no 2011-12-30"),
        ("in_zone Asia/Tokyo", "9999-12-31T23:59:59Z", "edge of the calendar"),
        ("from_epoch_seconds", 10**15, "calendar"),
        ("duration_to_seconds", "P1M", "years and months vary"),
        ("country_2", "XXX", "ISO 3166"),
        ("subdivision_of US", "HH", "ISO 3166-2"),
        ("e164", "0170 1234567", "e164_in"),
        ("e164", "+1 480-386-0930 ext. 73824", "no letters"),
        ("e164_in US", "12345", "too short"),
        ("e164_in DE", "call me", "not a phone number"),
        ("to_minor_units JPY", "1.5", "whole"),
        ("amount_to_minor_units", ["1", "EURO"], "no currency"),
        ("amount_to_minor_units", ["1"], "two values"),
        ("format_number 2", "1.005", "round it first"),
        ("parse_number comma", "1,234.5", "decimal comma"),
        ("parse_number comma", "1.2345", "decimal comma"),
        ("gid_to_id Order", "gid://shopify/Product/1", "does not begin with"),
        ("to_text", {"a": 1}, "has no text"),
        ("sha256", "\ud800", "half a character"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(pipe: str, value: Any, said: str) -> None:
    """Nothing is guessed: the refusal names the transform and the reason."""
    with pytest.raises(Refused, match=f"{pipe.split(maxsplit=1)[0]}.*{said}"):
        parse_pipe(pipe).apply(value)


@pytest.mark.parametrize("pipe", ["to_text", "lower", "to_decimal", "to_utc", "country_2", "sum"])
def test_a_number_too_long_to_be_written_is_refused(pipe: str) -> None:
    """Python writes no integer of five thousand digits; that is no reason to crash."""
    with pytest.raises(Refused, match=pipe):
        parse_pipe(pipe).apply(10**5000)


@pytest.mark.parametrize(
    ("pipe", "said"),
    [
        ("convert g to cm", "same thing.*g is a mass.*kg"),
        ("convert g to kgs", "did you mean 'kg'"),
        ("convert g into kg", "TO is to; not 'into'"),
        ("in_zone Europe/Berln", "did you mean 'Europe/Berlin'"),
        ("date_in_zone +02:00", "is not a time zone"),
        ("in_zone localtime", "is not a time zone"),
        ("to_minor_units EURO", "did you mean 'EUR'"),
        ("to_minor_units eur", "no currency in force"),
        ("to_minor_units XAU", "no smallest unit"),
        ("truncate 100001", "from 0 to 100000"),
        ("round 13 half_up", "0 to 12 digits"),
        ("split_words 0 1", "at least 1"),
        ("split_words 9 0", "no part 0"),
        ("nth 0", "counted from 1"),
        ("pad_left 5 ab", "one character"),
        ('pad_left 5 ""', "one character"),
        ('replace "" x', "empty text"),
        ('split ""', "empty separator"),
        ("read_boolean Y Y", "two words"),
        ("gid_to_id order", "a word such as Order"),
        ("unicode_form NFX", "FORM is NFC, NFD"),
        ("subdivision_of Germany", "two letters"),
        ("e164_in UK", "no country with phone numbers"),
        ("format_date %b", "not with '%b'"),
        ("format_day %H", "not with '%H'"),
        ("parse_date %Y%Y", "more than once"),
        ("parse_date %d.%m.", "says no year"),
        ("parse_local %Y%z Europe/Berlin", "use `parse_date`"),
        ("local_to_utc Europe/Berlin first", "TWICE is refuse, earlier, later"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_pipe_is_read(pipe: str, said: str) -> None:
    """No run is needed to find a zone, a unit or a currency that does not exist."""
    with pytest.raises(ValueError, match=said):
        parse_pipe(pipe)


DIGITS = st.integers(-(10**30), 10**30)
AMOUNTS = st.builds(lambda whole, places: Decimal(whole).scaleb(-places), DIGITS, st.integers(0, 9))
TEXTS = st.text(max_size=30)
INSTANTS = st.datetimes().map(lambda at: f"{at.isoformat()}Z".replace(".000000Z", "Z"))
UNITS = [
    "g to kg",
    "kg to g",
    "g to lb",
    "lb to oz",
    "oz to mg",
    "cm to in",
    "mi to km",
    "min to h",
]
ROUND_TRIPS: dict[str, st.SearchStrategy[Any]] = {
    "to_text": TEXTS,
    "to_decimal": DIGITS.map(str),
    "read_boolean Y N": st.sampled_from(["Y", "N"]),
    "write_boolean 1 0": st.booleans(),
    "opposite": st.booleans(),
    "pad_left 9 0": TEXTS.filter(lambda text: not text.startswith("0")),
    "pad_right 9 0": TEXTS.filter(lambda text: not text.endswith("0")),
    "add_prefix A-": TEXTS,
    "add_suffix -Z": TEXTS,
    "drop_prefix #": TEXTS.map(lambda text: f"#{text}"),
    "drop_suffix #": TEXTS.map(lambda text: f"{text}#"),
    "gid_to_id Order": st.integers(0, 10**19).map(lambda id_: f"gid://shopify/Order/{id_}"),
    "id_to_gid Order": st.integers(0, 10**19).map(str),
    "split ,": TEXTS,
    "negate": AMOUNTS,
    "to_percent": AMOUNTS,
    "from_percent": AMOUNTS,
    "to_basis_points": DIGITS.map(lambda whole: Decimal(whole).scaleb(-4)),
    "from_basis_points": DIGITS,
    "format_number 9": AMOUNTS,
    "format_number 9 comma": AMOUNTS,
    "minor_units 2": DIGITS.map(lambda whole: Decimal(whole).scaleb(-2)),
    "major_units 3": AMOUNTS,
    "to_minor_units KWD": DIGITS.map(lambda whole: Decimal(whole).scaleb(-3)),
    "from_minor_units EUR": DIGITS,
    **{f"convert {units}": AMOUNTS for units in UNITS},
    "to_utc": INSTANTS,
    "start_of_day Europe/Berlin": st.dates().map(str).filter(lambda day: day > "0001-01-02"),
    "local_to_utc Etc/UTC": st.datetimes().map(lambda at: at.isoformat()),
    "from_epoch_seconds": st.integers(-(10**10), 10**11),
    "from_epoch_ms": st.integers(-(10**13), 10**14),
    "duration_to_seconds": st.integers(0, 10**9).map(
        lambda seconds: parse_pipe("seconds_to_duration").apply(seconds)
    ),
    "seconds_to_duration": st.decimals(0, 10**9, places=6),
    "country_2": st.sampled_from(["NOR", "DEU", "USA"]),
    "country_3": st.sampled_from(["NO", "DE", "US"]),
    "country_number": st.sampled_from(["NO", "DE", "US"]),
    "subdivision_of US": st.sampled_from(["NY", "CA"]),
}


@pytest.mark.parametrize("text", ROUND_TRIPS)
@given(data=st.data())
def test_what_is_reversible_comes_back(text: str, data: st.DataObject) -> None:
    """The inverse of a result is the value that went in."""
    pipe = parse_pipe(text)
    value = data.draw(ROUND_TRIPS[text])

    assert pipe.invert(pipe.apply(value)) == value


def test_an_instant_comes_back_as_the_same_instant() -> None:
    """A change of zone is reversed as an instant; its spelling may differ."""
    pipe = parse_pipe("in_zone Asia/Kathmandu")
    there = pipe.apply("2026-03-02T08:00:00Z")

    assert parse_pipe("to_utc").apply(pipe.invert(there)) == "2026-03-02T08:00:00Z"


def test_every_reversible_transform_is_sent_there_and_back() -> None:
    """No inverse is in the catalogue without being tried above."""
    tried = {parse_pipe(text).stages[0].entry.name for text in ROUND_TRIPS} | {"in_zone"}

    assert tried == {entry.name for entry in catalogue().values() if entry.reversible}


def test_what_cannot_be_reversed_is_called_lossy() -> None:
    """A transform either has a way back, or says that it loses something."""
    assert all(entry.lossy != entry.reversible for entry in catalogue().values())


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cs", "Nd", "Zs", "Lo"]), max_size=5)
    | INSTANTS
    | st.dates().map(str)
    | st.integers().map(str)
    | st.sampled_from(["EUR", "US", "NY", "+49 40 1234567", "P1DT1H", "1.234,5", "true"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
PIPES = sorted({stage for text, *_ in EXAMPLES for stage in text.split(" | ")})


def taking(*kinds: str) -> list[str]:
    """Return the pipes above that take a kind of value."""
    return [text for text in PIPES if parse_pipe(text).accepts in kinds]


@given(st.sampled_from(PIPES), JSON)
def test_no_value_crashes_a_transform(text: str, value: Any) -> None:
    """Whatever a payload holds, a transform gives a value or refuses it; so does its inverse."""
    stage = parse_pipe(text)
    refused = []
    for send in (stage.apply, stage.invert):
        try:
            send(value)
        except Refused as error:
            refused.append(str(error))
    assert all(text.split(maxsplit=1)[0] in said for said in refused)


@given(st.sampled_from(PIPES), JSON)
def test_results_stay_within_their_limits(text: str, value: Any) -> None:
    """What a transform says of every result is true of this one."""
    pipe = parse_pipe(text)
    try:
        result = pipe.apply(value)
    except Refused:
        result = ABSENT
    keeps(pipe.limits(), result)


@given(
    st.sampled_from(taking("text", "any")),
    st.integers(1, 12).flatmap(lambda size: st.tuples(st.just(size), st.text(max_size=size))),
)
def test_limits_of_texts_are_carried_on(text: str, drawn: tuple[int, str]) -> None:
    """A text within the limits before gives a result within the limits after."""
    size, value = drawn
    pipe = parse_pipe(text)
    try:
        result = pipe.apply(value)
    except Refused:
        result = ABSENT
    keeps(pipe.limits(Limits(max_length=size, ascii=value.isascii())), result)


@given(st.sampled_from(taking("number", "any")), st.integers(-9999, 9999), st.integers(0, 4))
def test_limits_of_numbers_are_carried_on(text: str, digits: int, places: int) -> None:
    """A number within the bounds before gives a result within the bounds after."""
    value = Decimal(digits).scaleb(-places)
    before = Limits(decimals=places, lower=min(value, Decimal(-1)), upper=max(value, Decimal(1)))
    try:
        result = parse_pipe(text).apply(value)
    except Refused:
        result = ABSENT
    keeps(parse_pipe(text).limits(before), result)


def keeps(limits: Limits, result: Any) -> None:
    """Assert that a result, or each of its elements, is within limits."""
    for one in result if isinstance(result, list) else [result]:
        if isinstance(one, str):
            assert limits.max_length is None or len(one) <= limits.max_length
            assert one.isascii() or not limits.ascii
        elif isinstance(one, (int, Decimal)) and not isinstance(one, bool):
            shown = Decimal(one).normalize().as_tuple().exponent
            assert limits.decimals is None or -int(shown) <= limits.decimals
            assert limits.lower is None or one >= limits.lower
            assert limits.upper is None or one <= limits.upper


@given(st.lists(st.integers(-(10**40), 10**40)))
def test_sums_are_exact(numbers: list[int]) -> None:
    """No digit is lost, however long the numbers are."""
    assert parse_pipe("sum").apply(numbers) == sum(numbers)
