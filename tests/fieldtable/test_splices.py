"""Replacements in the text of a contract: each touches what it is about, and nothing else."""

from __future__ import annotations

import pytest

from harness.errors import BadInput
from harness.fieldtable.agreed import Agreed
from harness.fieldtable.splices import Changes, Drop, New, Put, Scissors, changed_data, spliced
from tests.fieldtable.samples import HEAD, MAPS

RULE = "kind"


def cut(rule: str, changes: Changes) -> str:
    """Return the text of a rule after changes; data and text must agree."""
    text = f"{HEAD}fields:\n  {RULE}:{rule}\n  due: {{from: due_at}}\n{MAPS}"
    agreed = Agreed.of(text, file="c.yaml", name="loans-to-shelf")
    tree: Changes = {"fields": {RULE: changes}}
    after = spliced(text, Scissors(agreed).cut(tree))
    assert Agreed.of(after, file="c.yaml", name="loans-to-shelf").data == changed_data(
        agreed.data, tree
    )
    return after.partition(f"  {RULE}:")[2].partition("\n  due:")[0]


@pytest.mark.parametrize(
    ("rule", "changes", "after"),
    [
        (" {from: kind}", {"from": Put("x")}, " {from: x}"),
        (" {from: 'kind'}", {"from": Put("x")}, " {from: 'x'}"),
        (" { from: kind,  using: trim }", {"using": Drop()}, " { from: kind }"),
        (" {using: trim, from: kind}", {"using": Drop()}, " {from: kind}"),
        (" {from: kind}", {"owner": New("a", after=("from",))}, " {from: kind, owner: a}"),
        (" {set_by: target}", {"set_by": Drop(), "fixed": New(1, after=())}, " {fixed: 1}"),
        (" {from: kind}", {"map": New("kinds", after=())}, " {map: kinds, from: kind}"),
        (
            " {from: kind,\n    using: trim}",
            {"map": New("kinds", after=("from",)), "using": Put("lower")},
            " {from: kind, map: kinds,\n    using: lower}",
        ),
        ("\n    from: kind # a", {"from": Put("x")}, "\n    from: x # a"),
        ("\n    from:\n      - a\n      - b", {"from": Put("x")}, "\n    from: x"),
        ("\n    from:\n    - a\n    - b", {"from": Put(["c"])}, "\n    from: [c]"),
        ("\n    fixed:", {"fixed": Put(True)}, "\n    fixed: true"),
        (" {fixed}", {"fixed": Put("a, b")}, ' {fixed: "a, b"}'),
        ("\n    fixed: |\n      a\n      b\n", {"fixed": Put("c, d")}, "\n    fixed: c, d\n"),
        (
            "\n    from: kind",
            {"using": New("trim", after=("from",)), "owner": New("a", after=("from",))},
            "\n    from: kind\n    using: trim\n    owner: a",
        ),
    ],
)
def test_cut(rule: str, changes: Changes, after: str) -> None:
    """A change of a rule leaves quotes, spaces, lines and comments as they were."""
    assert after == cut(rule, changes)


def test_comment_in_the_way() -> None:
    """A comment that a cut would take along stops it, with the place and a way out."""
    with pytest.raises(BadInput) as refused:
        cut(" {from: [a,  # why\n    b]}", {"from": Put("x")})

    assert "a comment stands in the middle" in str(refused.value)
    assert "by hand" in str(refused.value)


def test_splices_at_one_place_keep_their_order() -> None:
    """What comes at the same place stands in the order in which it was given."""
    text = f"{HEAD}fields: {{}}\n{MAPS}".replace("{}", "{kind: {from: kind}}")
    agreed = Agreed.of(text, file="c.yaml", name="loans-to-shelf")

    changes: Changes = {"fields": {"b": New({"fixed": 1}), "a": New({"fixed": 2})}}

    after = spliced(text, Scissors(agreed).cut(changes))
    assert "fields: {kind: {from: kind}, b: {fixed: 1}, a: {fixed: 2}}\n" in after
