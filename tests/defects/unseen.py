"""Rows of the catalogue of known defects that nothing at the seams of this landscape can show."""

from __future__ import annotations

from dataclasses import dataclass

INSIDE = "it happens inside one system; what it sends and takes is right"
NO_SEAM = "the landscape has no such exchange"
PLANNING = "it shows in a plan or a calendar, not in what is exchanged"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A row, what goes wrong, and why no exchange shows it."""

    row: str
    mistake: str
    why: str


NOT_VISIBLE = (
    Unseen("D13", "two payments of one checkout are recorded at the same time", INSIDE),
    Unseen("D16", "the refund of a double charge cancels the whole order", INSIDE),
    Unseen("D19", "two parts of the shop announce one cancellation", INSIDE),
    Unseen("D22", "the bank and the shop both finish the checkout", INSIDE),
    Unseen("D23", "the card is charged and no order is made", INSIDE),
    Unseen(
        "D31",
        "the second page is asked for with other fields",
        f"{NO_SEAM}: no list whose fields the reader chooses has a second page",
    ),
    Unseen(
        "D35",
        "a page token of Amazon's own warehouse runs out",
        f"{NO_SEAM}: goods lie with the 3PL alone",
    ),
    Unseen(
        "D61",
        "a customer is found by pieces of the phone number",
        f"{NO_SEAM}: no customer is sought",
    ),
    Unseen(
        "D65",
        "a parcel without a number is an error",
        f"{NO_SEAM}: the OMS tells of no shipment without its number",
    ),
    Unseen("D68", "a region is looked up by its name", f"{NO_SEAM}: regions are not sent"),
    Unseen("D82", "a document cannot be saved under its number", INSIDE),
    Unseen(
        "D95",
        "of several shipments with one number the first is taken",
        f"{NO_SEAM}: a number has one parcel, and its way back is told by the same tracker",
    ),
    Unseen("D101", "a refund and a cancellation both restock", INSIDE),
    Unseen("D103", "a refund of an amount does not restock", INSIDE),
    Unseen("D104", "the sum of the allocations is not what the order says", INSIDE),
    Unseen("D106", "a deleted line leaves its goods allocated", INSIDE),
    Unseen("D110", "stock of two zones is counted twice", INSIDE),
    Unseen("D124", "an order with one cancelled shipment cannot be cancelled", INSIDE),
    Unseen("D140", "the tax is not worked out again for a new address", INSIDE),
    Unseen("D143", "deleting one refund deletes the lines of all", INSIDE),
    Unseen("D146", "the rounding of cash has no line", f"{NO_SEAM}: there is no till"),
    Unseen(
        "D149",
        "a domestic parcel is declared at the customs",
        f"{NO_SEAM}: labels are bought elsewhere",
    ),
    Unseen(
        "D152", "an order of one shop is booked in the company of another", f"{NO_SEAM}: one shop"
    ),
    Unseen("D155", "the quota of a carrier ends in the busiest hour", PLANNING),
    Unseen("D158", "an API must be left by a fixed day", PLANNING),
)
