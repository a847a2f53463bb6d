import ast
import sys
from pathlib import Path

import pytest

import harness.reference

FOLDER = Path(harness.reference.__file__).parent
ALLOWED = sys.stdlib_module_names | {"anyascii", "httpx"}


@pytest.mark.parametrize("module", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_integration_is_a_stranger_to_the_harness(module: Path) -> None:
    """It imports httpx, the standard library and itself, as a customer's code would."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    foreign = {n for n in names if not n.startswith("harness.reference.")}
    assert {name.partition(".")[0] for name in foreign} <= ALLOWED
