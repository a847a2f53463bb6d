"""A thing passes a whole chain of contracts in time."""

from __future__ import annotations

from typing import Any

from harness.checks import judge
from harness.contract import Contract
from harness.landscape import Flow
from harness.verdict import Ruling, Status
from tests.checks.support import Story, batch, contract, landscape, ticket

PROMISE = "bread#delivered"


def baked() -> Contract:
    """Return the second contract: each batch goes to the shelf."""
    return Contract.described(
        contract="batch-to-shelf",
        version="1.0.0",
        status="agreed",
        summary="Each batch is put on the shelf.",
        **{"from": "oven.batch"},
        to="bell.shelf",
        object="orders",
        owners={
            "business": "bakers",
            "source": "oven-team",
            "target": "shop-team",
            "integration": "bakers",
        },
        expect="one",
        fields={"ref": {"from": "ref"}},
        timing={"delivered": {"fail": "10h"}},
    )


def flow(**promise: Any) -> Flow:
    """Return the flow over both contracts, of two hours unless said otherwise."""
    return Flow.model_validate(
        {
            "flow": "bread",
            "summary": "A ticket is on the shelf in time.",
            "owner": "bakers",
            "chain": ["ticket-to-batch", "batch-to-shelf"],
            "delivered": {"fail": "2h", **promise},
        }
    )


def said(story: Story, one: Flow | None = None, *contracts: Contract) -> tuple[list[Ruling], str]:
    """Return the rulings on the flow, and why there is none."""
    both = contracts or (contract(), baked())
    found = judge(story.history(), contracts=both, landscape=landscape(), flows=(one or flow(),))
    rulings = [ruling for ruling in found.rulings if ruling.clause == PROMISE]
    return rulings, found.idle.get(PROMISE, "")


def passing(after: str, *, number: int = 7, story: Story | None = None) -> Story:
    """Tell of a ticket that is on the shelf after some time."""
    told = (story or Story()).ticket(ticket(number), delivery=f"d{number}").send(batch(number))
    return told.wait(after).park(str(number))


def test_a_thing_that_passes_the_chain_in_time_is_proven() -> None:
    """From the ticket to the shelf."""
    ((ruling,), _) = said(passing("1h").settle("3h"))
    assert ruling.status is Status.PROVEN
    assert ruling.reason.startswith("ticket 7 passed bread in 1h")


def test_one_that_takes_too_long_is_one_finding_of_the_flow() -> None:
    """Each contract was kept, and the chain was not."""
    ((ruling,), _) = said(passing("3h").settle("1h"))
    (finding,) = ruling.findings
    assert (finding.cause, finding.owner) == ("late", "bakers")


def test_one_that_never_arrives_is_stuck_where_it_stopped() -> None:
    """The finding names the contract and who carries it."""
    ((ruling,), _) = said(Story().ticket().send().settle("3h"))
    (finding,) = ruling.findings
    assert (finding.cause, finding.observed) == ("stuck", "it never passed batch-to-shelf")


def test_an_end_before_the_limit_decides_nothing() -> None:
    """It may still arrive."""
    ((ruling,), _) = said(Story().ticket().send().settle("1h"))
    assert ruling.status is Status.UNPROVEN


def test_nothing_that_passes_proves_nothing() -> None:
    """An empty history has no vote, and neither has a ticket that was withheld."""
    assert said(Story().settle("3h")) == ([], "nothing passed the chain of bread")
    assert said(Story().ticket(ticket(state="draft")).settle("3h"))[0] == []


def test_a_chain_that_is_only_proposed_is_not_judged() -> None:
    """Nor one of which a contract is missing."""
    proposed = baked().model_copy(update={"status": "proposed"})
    assert said(passing("3h").settle("1h"), None, contract(), proposed)[0] == []
    assert said(passing("3h").settle("1h"), None, contract())[0] == []


def test_a_share_needs_enough_things() -> None:
    """Of ten one may be late; of two nobody can tell."""
    promised = flow(share="90%")
    story = Story()
    for number in range(10):
        passing("3h" if number == 4 else "1h", number=number, story=story)
    ((ruling,), _) = said(story.settle("3h"), promised)
    assert ruling.status is Status.PROVEN
    ((few,), _) = said(passing("1h").settle("3h"), promised)
    assert few.status is Status.UNPROVEN


def test_a_chain_that_cannot_be_followed_is_unproven() -> None:
    """Nothing that the shelf took is a ticket of the shop."""
    turned = flow().model_copy(update={"chain": ("batch-to-shelf", "ticket-to-batch")})
    ((ruling,), _) = said(passing("1h").settle("3h"), turned)
    assert ruling.status is Status.UNPROVEN
    assert "`links` for ticket-to-batch" in ruling.would_prove


def test_links_tell_what_belongs_together() -> None:
    """By the guest nothing is found on the shelf, though the numbers are the same."""
    linked = flow().model_copy(update={"links": {"batch-to-shelf": {"mode": "guest"}}})
    ((ruling,), _) = said(passing("1h").settle("3h"), linked)
    assert ruling.status is Status.FAILED
