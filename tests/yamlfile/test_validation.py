"""Models are filled from files strictly, and what is wrong is said in the words of the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.errors import BadInput
from harness.timing import MINUTE, Duration
from harness.yamlfile import read_text, validate


class Piece(BaseModel):
    """The base of the invented domain: a bakery."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Oven(Piece):
    """What it bakes in."""

    degrees: int = Field(ge=50, le=350, description="How hot it is.")
    fan: bool = False
    pauses: Duration | None = None


class Bowl(Piece):
    """One place to rise."""

    bowl: str = Field(description="Which bowl it rises in.")
    covered: bool = True


class Tray(Piece):
    """Another place to rise."""

    tray: int = Field(description="Which tray it lies on.")
    rows: int = 1


class Glaze(Piece):
    """A topping known by a tag, with an alias."""

    source: str = Field(alias="from", description="What it is made of.")


class Layers(Piece):
    """The other topping."""

    each: str
    tint: Literal["dark", "light"] = "dark"


def _kind(data: Any) -> str:
    return "layers" if isinstance(data, Mapping) and "each" in data else "glaze"


Topping = Annotated[
    Annotated[Glaze, Tag("glaze")] | Annotated[Layers, Tag("layers")], Discriminator(_kind)
]


def _known_grain(text: str) -> str:
    if text == "sand":
        raise ValueError("'sand' is no grain ~ hint: try 'rye'")
    return text


Grain = Annotated[str, AfterValidator(_known_grain)]
Count = Annotated[int, BeforeValidator(lambda text: text.count("I") if text == "III" else text)]


class Recipe(Piece):
    """What a file describes."""

    name: str = Field(min_length=1, description="What it is called.")
    code: str = Field("A1", pattern=r"^[A-Z]\d$")
    style: Literal["crusty", "soft"] = "soft"
    price: Decimal = Decimal(0)
    loaves: Count = 1
    oven: Oven | None = None
    rises: Bowl | Tray | None = None
    baked: Literal["settled"] | Duration = "settled"
    stage: Literal["raw", "done"] | Glaze = "raw"
    topping: dict[Grain, Topping] = Field(default_factory=dict)
    grains: tuple[Grain, ...] = ()
    shares: dict[str, int] = Field(default_factory=dict)
    label: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    mix: str | tuple[str, ...] = "by hand"
    spot: tuple[int, str] = (0, "")
    day: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_yet(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "robot" in data:
            raise PydanticCustomError("not_yet", "`{key}` comes later", {"key": "robot"})
        return data

    @model_validator(mode="after")
    def _affordable(self) -> Recipe:
        if self.price > 100:
            raise ValueError("nobody pays that")
        return self


def recipe(text: str) -> Recipe:
    """Read a recipe from the text of a file."""
    (document,) = read_text(text, "r.yaml")
    return validate(Recipe, document, document.data)


def complaint(text: str) -> str:
    """Return the only problem of a recipe, as people see it, without the quoted line."""
    with pytest.raises(BadInput) as caught:
        recipe(text)
    (problem,) = caught.value.problems
    hint = f" | {problem.hint}" if problem.hint else ""
    return f"{problem.line}:{problem.column}: {problem.message}{hint}"


def test_a_good_file_becomes_a_model() -> None:
    """Aliases, decimals, durations, unions and lists end up as the model says."""
    found = recipe(
        "name: rye\nprice: 1.10\nloaves: III\noven: {degrees: 200, pauses: 5m}\nrises: {tray: 2}\n"
        "topping: {rye: {from: malt}, oat: {each: row}}\ngrains: [rye]\nspot: [1, a]\nmix: [a, b]\n"
    )

    assert found.oven == Oven(degrees=200, pauses="5m")
    assert ("1.10", 3, Tray(tray=2)) == (str(found.price), found.loaves, found.rises)
    assert {"rye": Glaze(source="malt"), "oat": Layers(each="row")} == found.topping
    assert found.oven is not None
    assert found.oven.pauses == 5 * MINUTE


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        # keys
        ("2:1: nme: unknown key | did you mean 'name'?", "price: 1\nnme: rye"),
        ("2:20: oven.fn: unknown key | did you mean 'fan'?", "name: a\noven: {degrees: 60,fn: 1}"),
        ("2:1: Price: unknown key | did you mean 'price'?", "name: a\nPrice: 5"),
        (
            "2:22: oven.fan:true: unknown key | a space follows the colon: `fan: true`",
            "name: a\noven: {degrees: 100, fan:true}",
        ),
        (
            "2:17: topping.rye.source: unknown key | write `from`",
            "name: a\ntopping: {rye: {source: x}}",
        ),
        ("1:1: missing `name`: What it is called", "price: 1"),
        ("2:1: oven: missing `degrees`: How hot it is", "name: a\noven:\n  fan: true"),
        ("2:1: robot: `robot` comes later", "name: a\nrobot: 1"),
        # words, kinds and limits
        (
            "2:8: style: expected `crusty` or `soft`, got 'sof' | did you mean 'soft'?",
            "name: a\nstyle: sof",
        ),
        ("2:8: style: expected `crusty` or `soft`, got 5", "name: a\nstyle: 5"),
        ('1:7: name: expected text, got 1.10 | quote it to make it text: "1.10"', "name: 1.10"),
        ('1:7: name: expected text, got true | quote it to make it text: "true"', "name: true"),
        ("1:6: name: expected text, got nothing", "name:"),
        ("1:7: name: expected at least 1 character, got ''", "name: ''"),
        (r"2:7: code: expected text of the form `[A-Z]\d`, got 'a'", "name: a\ncode: a"),
        ("2:7: oven: expected a mapping, got 'hot'", "name: a\noven: hot"),
        ("2:17: oven.degrees: expected at least 50, got 5", "name: a\noven: {degrees: 5}"),
        (
            "2:17: oven.degrees: expected a whole number, got '60' | write it without quotes",
            "name: a\noven: {degrees: '60'}",
        ),
        ("2:17: oven.degrees: expected a whole number, got true", "name: a\noven: {degrees: true}"),
        ("2:17: oven.degrees: expected a whole number, got 60.5", "name: a\noven: {degrees: 60.5}"),
        (
            "2:29: oven.fan: expected `true` or `false`, got 'NO' | write `false`",
            "name: a\noven: {degrees: 100, fan:   NO}",
        ),
        (
            "2:27: oven.fan: expected `true` or `false`, got 1 | write `true`",
            "name: a\noven: {degrees: 100, fan: 1}",
        ),
        (
            "2:9: grains: expected a list, got 'rye' | put it in brackets to make it a list of one",
            "name: a\ngrains: rye",
        ),
        ("2:13: shares.a: expected a whole number, got 'x'", "name: a\nshares: {a: x}"),
        ("2:8: price: expected a number, got 'dear'", "name: a\nprice: dear"),
        # validators of the model
        (
            "2:13: grains.1: 'sand' is no grain | try 'rye'",
            "name: a\ngrains: [o, sand]",
        ),
        (
            "2:11: topping.sand: 'sand' is no grain | try 'rye'",
            "name: a\ntopping: {sand: {from: x}}",
        ),
        ("1:1: nobody pays that", "name: a\nprice: 101"),
        (
            "2:29: oven.pauses: expected a duration such as `15m`, got 15 | "
            "write `15s`, `15m` or `15h`",
            "name: a\noven: {degrees: 60, pauses: 15}",
        ),
        # unions
        ("2:8: rises: expected a mapping, got 5", "name: a\nrises: 5"),
        ("2:9: rises.bwl: unknown key | did you mean 'bowl'?", "name: a\nrises: {bwl: x}"),
        (
            "2:18: rises.rws: unknown key | did you mean 'rows'?",
            "name: a\nrises: {tray: 1, rws: 1}",
        ),
        ("2:15: rises.tray: expected a whole number, got 'x'", "name: a\nrises: {tray: x}"),
        (
            '2:6: mix: expected text or a list, got 5 | quote it to make it text: "5"',
            "name: a\nmix: 5",
        ),
        ("2:8: stage: expected `raw` or `done` or a mapping, got 5", "name: a\nstage: 5"),
        (
            "2:8: stage: expected `raw` or `done`, got 'don' | did you mean 'done'?",
            "name: a\nstage: don",
        ),
        ("2:15: stage.from: expected text, got nothing", "name: a\nstage: {from: }"),
        (
            "2:8: baked: expected `settled`, got 'setled' | did you mean 'settled'?",
            "name: a\nbaked: setled",
        ),
        (
            "2:8: baked: expected a duration such as `15m`, got 15 (or `settled`) | "
            "write `15s`, `15m` or `15h`",
            "name: a\nbaked: 15",
        ),
        (
            "2:32: topping.rye.tint: expected `dark` or `light`, got 'drk' | did you mean 'dark'?",
            "name: a\ntopping: {rye: {each: x, tint: drk}}",
        ),
        ("2:11: topping.rye: missing `from`: What it is made of", "name: a\ntopping: {rye: {}}"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(expected: str, text: str) -> None:
    """One mistake gives one problem: place, path, what was expected, what was got, a way out."""
    assert expected == complaint(text)


def test_all_problems_come_at_once() -> None:
    """Nothing has to be mended before the rest is known."""
    with pytest.raises(BadInput) as caught:
        recipe("nme: a\noven: {degrees: x, fan: yes}\nstyle: hard\ngrains: [1, sand]\n")

    assert [problem.line for problem in caught.value.problems] == [1, 2, 2, 3, 4, 4]


def test_no_key_is_near_so_all_are_listed() -> None:
    """With nothing similar the hint lists what there is."""
    assert complaint("name: a\noven: {degrees: 100, zzz: 1}").endswith(
        "unknown key | known: degrees, fan, pauses"
    )


@pytest.mark.parametrize("data", ["5", "[a]", "text", "~"])
def test_a_document_that_is_no_mapping(data: str) -> None:
    """The whole document can be of the wrong kind, too."""
    assert "1:1: expected a mapping, got" in complaint(data)


def test_notes_are_left_out_where_the_model_names_the_keys() -> None:
    """`x-` keys are allowed beside named keys and between named things, at any depth."""
    found = recipe(
        "x-why: because\nname: a\nx-list: [1]\noven: {degrees: 60, x-seen: true}\n"
        "topping: {x-note: none yet, rye: {from: malt, x-by: me}}\n"
    )

    assert Recipe(name="a", oven=Oven(degrees=60), topping={"rye": Glaze(source="malt")}) == found


def test_payloads_keep_keys_that_look_like_notes() -> None:
    """A header or a field of a payload is data, whatever its name."""
    found = recipe("name: a\nheaders: {x-id: b}\nlabel: {x-a: [{x-b: 1}]}\nshares: {x-c: 1}\n")

    assert (found.headers, found.label) == ({"x-id": "b"}, {"x-a": [{"x-b": 1}]})
    assert found.shares == {"x-c": 1}


def test_data_of_a_part_is_reported_in_the_whole_document() -> None:
    """``at`` says where the data stands; what was put in from elsewhere is at its parent."""
    (document,) = read_text("bread:\n  - name: a\n  - name: b\n", "r.yaml")
    data = {"name": "b", "oven": {"degrees": 1}}
    with pytest.raises(BadInput) as caught:
        validate(Recipe, document, data, at=["bread", 1])

    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.file) == (3, 5, "r.yaml")
    assert problem.message == "bread.1.oven.degrees: expected at least 50, got 1"


def test_the_data_is_not_changed() -> None:
    """The document still holds what the file says."""
    (document,) = read_text("name: a\nx-note: b\n", "r.yaml")
    validate(Recipe, document, document.data)

    assert document.data == {"name": "a", "x-note": "b"}


def test_other_words_of_pydantic_are_kept() -> None:
    """A kind of error without words of ours is shown in pydantic's, with the value."""
    shown = complaint("name: a\nday: soon")

    assert shown.startswith("2:6: day: expected a valid date")
    assert shown.endswith("got 'soon'")
