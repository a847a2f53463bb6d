"""Expressions run by Jinja2, with nothing left for it to look up in a value.

When an expression is parsed its tree is built anew from the few nodes that are safe and exact:
every path becomes a plain variable, every number an exact one, every filter a transform of the
catalogue. Attributes, calls and globals do not exist in what runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.mapping.paths import ABSENT, Path, missing, parse_path
from harness.mapping.pipe import Stage, parse_stage
from harness.mapping.transforms import Refused
from harness.mapping.transforms.operands import EXACT, LONGEST_TEXT, QUOTIENT, number, quoted, word
from harness.mapping.values import Veiled

DEEPEST: Final = 20
_FRACTION: Final = re.compile(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_BRACKETS: Final = ("{{", "}}", "{%", "%}", "{#", "#}")

Run = Callable[[Mapping[Path, Any]], Any]


def compiled(text: str) -> tuple[tuple[Path, ...], tuple[Stage, ...], Run]:
    """Return the paths and transforms of an expression, and what runs it.

    Raises:
        ValueError: something cannot stand in an expression.
    """
    try:
        tree = _Tree()
        safe = tree.safe(_parsed(text))
        safe.set_environment(_environment())
        body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), safe, lineno=1)]
        template = _environment().from_string(nodes.Template(body, lineno=1))
    except TemplateSyntaxError as error:
        raise ValueError(f"it cannot be read: {error.message}") from error
    except (RecursionError, SyntaxError) as error:
        raise ValueError("it is nested too deeply") from error
    engine = TemplateExpression(template, undefined_to_none=False)
    return tuple(tree.paths), tuple(tree.stages), _runner(engine, tree)


def _parsed(text: str) -> nodes.Expr:
    # Where a lexer of templates would see an end, it is not ours.
    for bracket in _BRACKETS:
        if bracket in text:
            raise ValueError(f"it is written without `{bracket}`")
    parser = Parser(_environment(), _with_exact_numbers(text), state="variable")
    tree = parser.parse_expression()
    if not parser.stream.eos:
        raise ValueError(f"it should end before {parser.stream.current.value!r}")
    return tree


def _with_exact_numbers(text: str) -> str:
    """Return the text with ``number("0.19")`` for 0.19.

    The lexer makes binary floating-point numbers of these, and their digits are lost.
    """
    # The blanks keep a leading minus from being a sign to the lexer.
    tokens = list(_environment().lex("{{ " + text + " }}"))[1:-1]
    return "".join(
        f'number("{value}")' if kind == "float" else value for _line, kind, value in tokens
    )


class _Tree:
    """Builds an expression anew, and collects what it needs to run.

    ``paths`` and ``bound`` give the variables: a name for each path that is read, and the exact
    number or the transform behind each other name.
    """

    def __init__(self) -> None:
        self.paths: dict[Path, str] = {}
        self.stages: list[Stage] = []
        self.bound: dict[str, Any] = {}
        self._depth = 0

    def safe(self, node: nodes.Node) -> nodes.Expr:
        """Return a node that does the same, or refuse it."""
        build = _BUILDERS.get(type(node))
        if build is None:
            raise ValueError(_INSTEAD.get(type(node), f"`{type(node).__name__}` is not known"))
        if self._depth >= DEEPEST:
            raise ValueError(f"it is nested too deeply; {DEEPEST} levels are allowed")
        self._depth += 1
        result = build(self, node)
        self._depth -= 1
        return result

    def same(self, node: Any) -> nodes.Expr:
        """Keep an operator with one, two or three operands."""
        parts = [getattr(node, name) for name in node.fields]
        if None in parts:
            raise ValueError("`if` needs an `else`; write `else none`")
        return type(node)(*(self.safe(part) for part in parts))  # type: ignore[no-any-return]

    def comparison(self, node: nodes.Compare) -> nodes.Expr:
        """Keep a comparison."""
        operands = [nodes.Operand(one.op, self.safe(one.expr)) for one in node.ops]
        return nodes.Compare(self.safe(node.expr), operands)

    def items(self, node: nodes.List | nodes.Tuple) -> nodes.Expr:
        """Make a list of a list or of what stands between commas."""
        return nodes.List([self.safe(item) for item in node.items])

    def together(self, node: nodes.Concat) -> nodes.Expr:
        """Put texts together as the harness writes them, not as Python does."""
        parts = nodes.List([self.safe(part) for part in node.nodes])
        return nodes.Filter(parts, "together", [], [], None, None)

    def constant(self, node: nodes.Const) -> nodes.Expr:
        """Keep a text or a truth value; a number becomes an exact one."""
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            return self._bind(Decimal(node.value))
        return nodes.Const(node.value)

    def place(self, node: nodes.Name | nodes.Getattr | nodes.Getitem) -> nodes.Expr:
        """Make one variable of a path: ``lines[0].sku`` is ``lines.0.sku``."""
        return self._variable(_chain(node))

    def call(self, node: nodes.Call) -> nodes.Expr:
        """Take the two things that look like calls: a path in quotes, and an exact number."""
        name, said = _called(node)
        if name == "path":
            return self._variable(parse_path(said))
        return self._bind(_exact(said))

    def stage(self, node: nodes.Filter) -> nodes.Expr:
        """Make a transform of a filter."""
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise ValueError(f"`{node.name}` takes arguments without names")
        stage = parse_stage(node.name, [_argument(one) for one in node.args])
        value = self.safe(node.node)
        self.stages.append(stage)
        return nodes.Filter(value, "through", [self._bind(stage)], [], None, None)

    def test(self, node: nodes.Test) -> nodes.Expr:
        """Keep the question whether there is a value."""
        if node.name not in ("defined", "undefined"):
            raise ValueError(
                f"after `is` stands `defined` or `undefined`, not `{node.name}`; "
                "compare with `==`, `<` or `in`"
            )
        return nodes.Test(self.safe(node.node), node.name, [], [], None, None)

    def _variable(self, path: Path) -> nodes.Expr:
        for part in path.parts:
            if part.startswith("_"):
                raise ValueError(f"a name that begins with `_` is not read: `{part}`")
        return nodes.Name(self.paths.setdefault(path, f"at{len(self.paths)}"), "load")

    def _bind(self, value: Any) -> nodes.Expr:
        name = f"is{len(self.bound)}"
        self.bound[name] = value
        return nodes.Name(name, "load")


_BUILDERS: Final[Mapping[type[nodes.Node], Callable[[_Tree, Any], nodes.Expr]]] = {
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg, nodes.Pos), _Tree.same),
    **dict.fromkeys((nodes.And, nodes.Or, nodes.Not, nodes.CondExpr), _Tree.same),
    **dict.fromkeys((nodes.Name, nodes.Getattr, nodes.Getitem), _Tree.place),
    **dict.fromkeys((nodes.List, nodes.Tuple), _Tree.items),
    nodes.Call: _Tree.call,
    nodes.Compare: _Tree.comparison,
    nodes.Concat: _Tree.together,
    nodes.Const: _Tree.constant,
    nodes.Filter: _Tree.stage,
    nodes.Test: _Tree.test,
}
_INSTEAD: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Dict: "an expression gives one value, not an object",
    nodes.FloorDiv: "`//` is not known; divide with `/`, and round with a transform",
    nodes.Mod: "`%` is not known; `~` puts texts together",
    nodes.Pow: "`**` is not known; write the product",
}
_NO_CHAIN: Final = (
    "a path is written with names and numbers, as in `lines.0.sku`; what is worked out has no parts"
)


def _chain(node: nodes.Node) -> Path:
    parts: list[str] = []
    while not isinstance(node, nodes.Name):
        match node:
            case nodes.Getattr(attr=name):
                parts.append(name)
            case nodes.Getitem(arg=nodes.Const(value=int() | str() as key)) if key is not True:
                parts.append(str(key))
            case _:
                raise ValueError(_NO_CHAIN)
        node = node.node
    parts.append(node.name)
    return Path(tuple(reversed(parts)))


def _called(node: nodes.Call) -> tuple[str, str]:
    """Return the name and the text of what looks like a call."""
    plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    match node.node, node.args:
        case nodes.Name(name="path" | "number" as name), [nodes.Const(value=str() as said)] if (
            plain
        ):
            return name, said
        case _:
            raise ValueError(
                'nothing is called but `path("lines.*.sku")`; '
                "a transform is written as in `name | upper`"
            )


def _argument(node: nodes.Node) -> str:
    """Return an argument of a transform as it is written in a pipe."""
    match node:
        case nodes.Const(value=str() | int() as value) if not isinstance(value, bool):
            return str(value)
        case nodes.Neg(node=nodes.Const(value=int() as value)):
            return f"-{value}"
        case nodes.Call(node=nodes.Name(name="number")):
            return _called(node)[1]
        case _:
            raise ValueError("an argument of a transform is a text in quotes or a number")


def _exact(text: str) -> Decimal:
    if not _FRACTION.fullmatch(text):
        raise ValueError(f"{text!r} is not a number; write digits and a point, as in 0.19")
    return Decimal(text)


_CALCULATIONS: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": QUOTIENT.divide,
}


class _Sandbox(ImmutableSandboxedEnvironment):
    """The second wall: should a node slip through, it meets a sandbox without globals."""

    intercepted_binops = frozenset(_CALCULATIONS)
    intercepted_unops = frozenset("+-")

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """Calculate exactly; only division rounds, to 50 digits."""
        for operand in (left, right):
            _demand_number(operator, operand)
        return _CALCULATIONS[operator](left, right)

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:  # noqa: ARG002
        """Turn the sign round, or leave it."""
        _demand_number(operator, arg)
        return arg.copy_negate() if operator == "-" else arg


def _demand_number(operator: str, operand: Any) -> None:
    if isinstance(operand, Undefined):
        str(operand)  # which raises, and names what is missing
    if not isinstance(operand, Decimal):
        raise Refused(
            f"`{operator}` takes numbers, not {quoted(operand)}; "
            "`| to_decimal` reads one, `~` puts texts together"
        )


@cache
def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=StrictUndefined, autoescape=False)
    environment.globals = {}
    environment.filters = {"through": _through, "together": _together}
    environment.tests = {name: environment.tests[name] for name in ("defined", "undefined")}
    return environment


def _through(value: Any, stage: Stage) -> Any:
    if isinstance(value, Undefined):
        result = stage.apply(ABSENT)
        return value if missing(result) else result
    return _seen(stage.apply(value), str(stage))


def _together(parts: list[Any]) -> str:
    for part in parts:
        if part is None or isinstance(part, Undefined):
            raise Refused('a part of the text is missing; give it one, as in `| default("")`')
    joined = "".join(word(part) for part in parts)
    if len(joined) > LONGEST_TEXT:
        raise Refused("the text becomes too long")
    return joined


def _seen(value: Any, name: str) -> Any:
    """Return a value as expressions see it: numbers are exact, what is missing is undefined."""
    if missing(value):
        return StrictUndefined(f'`{name}` has no value; give it one, as in `| default("")`')
    return _plain(value, name)


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, Veiled):
        raise Refused(f"`{name}` is personal and cannot be read")
    if isinstance(value, dict):
        return {key: _plain(inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, name) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return value


def _runner(engine: TemplateExpression, tree: _Tree) -> Run:
    def run(values: Mapping[Path, Any]) -> Any:
        seen = {name: _seen(values[path], str(path)) for path, name in tree.paths.items()}
        try:
            result = engine(seen, **tree.bound)
        except TemplateError as error:
            raise Refused(error.message or "it cannot be worked out") from error
        except TypeError as error:
            raise Refused("values of different kinds have no order") from error
        except ArithmeticError as error:
            raise Refused("the result is no number of a reasonable size") from error
        return ABSENT if isinstance(result, Undefined) or missing(result) else result

    return run
