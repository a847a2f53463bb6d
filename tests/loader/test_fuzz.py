"""Whatever stands in a contract's file, reading and aligning it ends in a diagnosis."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from harness.alignment import aligned
from harness.loader import load_project
from tests.align.support import TEAMS, clean

FILES = 500
ODD: tuple[Any, ...] = (
    None, True, -1, 10**40, 1.5, "", " ", "\t", "NO", "0123", "1e999", "* * *", "a b", "a.*.b",
    "^x", [], [[]], {}, {"a": {}}, ["x", 1], "x" * 5000, "\u202e", "{{ 7 * 7 }}", "3 parsecs",
)  # fmt: skip
PIECES = (
    b"\x00", b"\xff\xfe", b"\t", b": ", b"- ", b"{", b"]", b"&a ", b"*a", b"<<: ", b"!!python",
    b"\r", b"\xe2\x80\xae", b"'", b'"', b"#", b"---\n", b"...\n", b"? ",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a small project whose one contract lines up."""
    data = clean()
    folder = tmp_path / "contracts"
    (folder / "systems").mkdir(parents=True)
    (tmp_path / "golive.toml").write_text("", encoding="utf-8")
    for system in data["systems"]:
        text = yaml.safe_dump(system, sort_keys=False)
        (folder / "systems" / f"{system['system']}.yaml").write_text(text, encoding="utf-8")
    (folder / "teams.yaml").write_text(yaml.safe_dump({"teams": TEAMS}), encoding="utf-8")
    return tmp_path


def by_bytes(random: Random) -> bytes:
    """Return the file of the contract with some bytes flipped, cut, doubled or put in."""
    raw = bytearray(yaml.safe_dump(clean()["contracts"][0], sort_keys=False).encode())
    for _ in range(random.randint(1, 4)):
        at, more = random.randrange(len(raw)), random.randint(1, 40)
        match random.randrange(5):
            case 0:
                raw[at] = random.randrange(256)
            case 1:
                del raw[at : at + more]
            case 2:
                raw[at:at] = raw[at : at + more]
            case 3:
                raw[at:at] = random.choice(PIECES)
            case _:
                raw[at:at] = bytes(random.randrange(256) for _ in range(more))
    return bytes(raw)


def by_structure(random: Random) -> bytes:
    """Return the file of the contract with some values and keys replaced, taken out or swapped."""
    data: Any = deepcopy(clean()["contracts"][0])
    for _ in range(random.randint(1, 3)):
        holder, key = random.choice(list(places(data)))
        match random.randrange(5):
            case 0:
                holder[key] = random.choice(ODD)
            case 1:
                del holder[key]
            case 2 if isinstance(holder, dict):
                holder[random.choice(["x", "from", "each", "", "a.b", key * 2])] = holder.pop(key)
            case 3:
                holder[key] = [holder[key]]
            case _:
                other, there = random.choice(list(places(data)))
                holder[key] = deepcopy(other[there])
        if not isinstance(data, dict) or not data:
            break
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode()


def places(data: Any) -> Any:
    """Yield every place of nested data, with what holds it."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in list(pairs):
        yield data, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@pytest.mark.slow
@pytest.mark.parametrize("fuzz", [by_bytes, by_structure])
def test_a_thousand_files_give_a_diagnosis(project: Path, fuzz: Any) -> None:
    """A project that can be aligned, or problems with a file and a message; nothing else."""
    file = project / "contracts" / "orders.yaml"
    refused = 0
    for seed in range(FILES):
        content = fuzz(Random(f"{fuzz.__name__} {seed}"))
        file.write_bytes(content)

        found = aligned(load_project(project))

        assert found.alignment.broken == (), (seed, content)
        assert all(problem.file and problem.message for problem in found.problems), seed
        assert all("\n" not in problem.message for problem in found.problems), seed
        refused += bool(found.problems)
    assert refused > FILES // 3
