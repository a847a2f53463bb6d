"""The catalogue of typed transforms, and the decorator that adds one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from harness.errors import HarnessError

Kind = Literal["text", "integer", "decimal", "number", "boolean", "instant", "date", "list", "any"]
"""What a value is, to a transform. Instants and dates are texts in the forms of ISO 8601."""

KINDS: Final[tuple[str, ...]] = get_args(Kind)
_BUILT_IN: Final = "harness.mapping.transforms"
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")

Function = TypeVar("Function", bound=Callable[..., Any])


class Refused(ValueError):
    """A transform cannot take this value; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is known of every value at one place of a pipe; None where nothing is.

    ``max_length`` counts the code points of a text, ``decimals`` the digits that a number may
    have after the point, ``lower`` and ``upper`` are the bounds of a number, both included.
    ``ascii`` says that a text has no other characters. Of a list, they hold for each element.
    """

    max_length: int | None = None
    decimals: int | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    ascii: bool = False


UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a transform: its name, its kind, and what may be said for it."""

    name: str
    kind: type[str] | type[int] | type[Decimal]
    choices: tuple[str, ...] = ()
    default: Any = None

    @property
    def usage(self) -> str:
        """Return how it is shown where the transform is explained: ``MODE`` or ``[TWICE]``."""
        return self.name.upper() if self.default is None else f"[{self.name.upper()}]"


@dataclass(frozen=True, slots=True)
class Transform:
    """One entry of the catalogue.

    ``accepts`` and ``gives`` are the kinds of value before and after. ``lossy`` says that
    different values may become the same. ``each`` transforms work on every element when they are
    given a list; ``takes_missing`` transforms are asked even when there is no value. ``check``
    yields what is wrong with arguments; ``limits`` tells what is known after it, from what is
    known before it and the arguments. ``home`` is the module that it comes from; what is not
    ``built_in`` belongs to a project.
    """

    name: str
    accepts: Kind
    gives: Kind
    lossy: bool
    description: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]
    home: str
    built_in: bool
    inverse: Callable[..., Any] | None = None
    takes_missing: bool = False
    each: bool = False
    check: Callable[..., Iterable[str]] | None = None
    limits: Callable[..., Limits] | None = None

    @property
    def reversible(self) -> bool:
        """Return whether the value before can be told from the value after."""
        return self.inverse is not None

    @property
    def usage(self) -> str:
        """Return how it is written, as in ``round DIGITS MODE``."""
        return " ".join([self.name, *(parameter.usage for parameter in self.parameters)])


_ENTRIES: Final[dict[str, Transform]] = {}
# What is built in is read when somebody asks for it: signatures take long, and most starts of
# the program need a few of them.
_UNREAD: Final[dict[str, Callable[[], Transform]]] = {}


def transform(
    *,
    accepts: Kind,
    gives: Kind,
    lossy: bool | None = None,
    inverse: Callable[..., Any] | None = None,
    takes_missing: bool = False,
    each: bool = False,
    check: Callable[..., Iterable[str]] | None = None,
    limits: Callable[..., Limits] | None = None,
    name: str | None = None,
) -> Callable[[Function], Function]:
    """Add a function to the catalogue: value first, then its arguments, each annotated.

    The first line of the docstring describes the transform. With an ``inverse`` (the value, then
    the same arguments) it is reversible; without one it counts as lossy, unless ``lossy=False``
    says otherwise. ``check(*arguments)`` yields what is wrong with arguments when a contract is
    read. ``limits(before, *arguments)`` returns what is known of every result.

    The function raises Refused for a value that it cannot take.

    Raises:
        HarnessError: the function cannot be a transform; the message says where, and why.
    """

    def add(function: Function) -> Function:
        word = name or str(getattr(function, "__name__", "")).strip("_")

        def read() -> Transform:
            entry = Transform(
                name=word,
                accepts=accepts,
                gives=gives,
                lossy=inverse is None if lossy is None else lossy,
                description=(inspect.getdoc(function) or "").partition("\n")[0],
                parameters=_parameters(word, function),
                function=function,
                home=function.__module__,
                built_in=_is_built_in(function.__module__),
                inverse=inverse,
                takes_missing=takes_missing,
                each=each,
                check=check,
                limits=limits,
            )
            _demand(entry)
            return entry

        if _is_built_in(function.__module__):
            _UNREAD[word] = read
        else:
            _ENTRIES[word] = read()
        return function

    return add


def catalogue() -> Mapping[str, Transform]:
    """Return every transform by name, sorted."""
    for name in list(_UNREAD):
        find_transform(name)
    return dict(sorted(_ENTRIES.items()))


def find_transform(name: str) -> Transform | None:
    """Return the transform of a name, or None."""
    unread = _UNREAD.get(name)
    if unread is not None:
        _ENTRIES[name] = unread()
        _UNREAD.pop(name, None)
    return _ENTRIES.get(name)


def added_entries() -> dict[str, Transform]:
    """Return the entries that are not built in, by name."""
    return {name: entry for name, entry in _ENTRIES.items() if not entry.built_in}


def replace_added(added: Mapping[str, Transform]) -> None:
    """Let these be the entries that are not built in, in place of those that are there."""
    for name in added_entries():
        del _ENTRIES[name]
    _ENTRIES.update(added)


def _is_built_in(home: str) -> bool:
    return home == _BUILT_IN or home.startswith(f"{_BUILT_IN}.")


def _demand(entry: Transform) -> None:
    """Refuse an entry that the checks of contracts could not rely on."""
    if not _WORD.fullmatch(entry.name):
        raise _cannot(entry, "its name is small letters, digits and `_`; give one with `name=`")
    for said, kind in (("accepts", entry.accepts), ("gives", entry.gives)):
        if kind not in KINDS:
            raise _cannot(entry, f"`{said}` is one of {', '.join(KINDS)}, not {kind!r}")
    if not entry.description:
        raise _cannot(entry, "it has no docstring; the first line is what the reference says of it")
    if entry.lossy and entry.inverse is not None:
        raise _cannot(entry, "it is lossy and has an inverse; what is lost cannot be brought back")
    if entry.each and entry.accepts == "list":
        raise _cannot(entry, "it takes a list, so it cannot work on each element of one")
    other = _ENTRIES.get(entry.name) if entry.built_in else find_transform(entry.name)
    if other is None or _origin(other.function) == _origin(entry.function):
        return
    if other.built_in:
        raise _cannot(entry, "that is a transform of the harness; choose another name")
    raise _cannot(entry, f"{other.home} has a transform of that name; choose another name")


def _parameters(word: str, function: Callable[..., Any]) -> tuple[Parameter, ...]:
    place = _place(function)
    if inspect.iscoroutinefunction(function):
        raise HarnessError(f"{place}: transform `{word}`: it is asynchronous; write a plain `def`")
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError as error:
        raise HarnessError(
            f"{place}: transform `{word}`: an annotation cannot be read: {error}; "
            "import the name where the module runs, not only for type checking"
        ) from error
    found = list(signature.parameters.values())
    if not found:
        raise HarnessError(f"{place}: transform `{word}`: it takes no value; the value comes first")
    try:
        for one in found:
            _demand_plain(one)
        return tuple(_parameter(one) for one in found[1:])
    except ValueError as error:
        raise HarnessError(f"{place}: transform `{word}`: {error}") from error


def _demand_plain(found: inspect.Parameter) -> None:
    if found.kind not in (found.POSITIONAL_ONLY, found.POSITIONAL_OR_KEYWORD):
        raise ValueError(f"`{found}` cannot be written in a pipe; give each argument a name")
    if found.annotation is found.empty:
        raise ValueError(f"`{found.name}` has no annotation; write `{found.name}: str`, or int")


def _parameter(found: inspect.Parameter) -> Parameter:
    default = None if found.default is found.empty else found.default
    if get_origin(found.annotation) is Literal:
        choices = get_args(found.annotation)
        if all(isinstance(choice, str) for choice in choices):
            return Parameter(found.name, str, choices, default)
    elif found.annotation in (str, int, Decimal):
        return Parameter(found.name, found.annotation, (), default)
    raise ValueError(
        f"`{found.name}` is annotated with {inspect.formatannotation(found.annotation)}; "
        "an argument is str, int, Decimal, or a Literal of texts"
    )


def _cannot(entry: Transform, why: str) -> HarnessError:
    return HarnessError(f"{_place(entry.function)}: transform `{entry.name}`: {why}")


def _origin(function: Callable[..., Any]) -> tuple[str, str]:
    """Return what stays the same when a module is loaded a second time."""
    return function.__module__, getattr(function, "__qualname__", "")


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    if code is None:
        return str(getattr(function, "__module__", "a transform"))
    return f"{code.co_filename}:{code.co_firstlineno}"
