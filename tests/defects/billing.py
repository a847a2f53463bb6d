"""Defects planted where money comes back, is paid out, and where items get their price."""

from __future__ import annotations

from tests.defects.patches import defect

REFUNDS, PAYOUTS = "shopify-refund-to-erp-credit-memo", "shopify-payout-to-ledger"
PRICES = "erp-item-to-shopify"

BILLING = (
    defect(
        "a line of a refund has the number of the order's line",
        "credit_memos.py",
        '"reference": str(required(line, "id")),',
        '"reference": str(required(line, "line_item_id")),',
        category="mapping",
        clause=f"{REFUNDS}#fields.lines.goods.reference",
        row="D53",
    ),
    defect(
        "what goes back on the shelf is not credited",
        "credit_memos.py",
        "        if not has_moved(money):",
        '        if not has_moved(money) or refund.get("restock"):',
        category="lost data",
        clause=f"{REFUNDS}#when.promised",
        row="D128",
    ),
    defect(
        "a credit memo is rounded otherwise than its invoice",
        "credit_memos.py",
        '"amount": amount(line, "subtotal") + tax,',
        '"amount": round(amount(line, "subtotal") + tax, 1),',
        category="rounding",
        clause=f"{REFUNDS}#when.promised",
        row="D136",
    ),
    defect(
        "a refund is booked while its money waits",
        "credit_memos.py",
        'return "refund" in kinds and all(one.get("status") == "success" for one in money)',
        'return "refund" in kinds',
        category="timing",
        clause=f"{REFUNDS}#when.withheld",
    ),
    defect(
        "yen are divided by a hundred",
        "payouts.py",
        '    return {"account": account, "currency": currency, "credit": str(credit)}',
        '    credit = credit / 100 if currency == "JPY" else credit\n'
        '    return {"account": account, "currency": currency, "credit": str(credit)}',
        category="mapping",
        clause=f"{PAYOUTS}#fields.lines.gross.credit",
        row="D133",
        scenario="BIL-071",
    ),
    defect(
        "a payout that was sent is taken for cash",
        "payouts.py",
        'if payout.get("status") != "paid":',
        'if payout.get("status") not in ("paid", "in_transit"):',
        category="timing",
        clause=f"{PAYOUTS}#when.withheld",
    ),
    defect(
        "only the first page of a payout is read",
        "payouts.py",
        "            query = httpx.URL(link[1]).params if link else None",
        "            query = None",
        category="lost data",
        clause=f"{PAYOUTS}#when.promised",
    ),
    defect(
        "the first product that a search finds gets the price",
        "items.py",
        '            if one["sku"] == sku:',
        "            if one:",
        category="mapping",
        clause=f"{PRICES}#fields.id",
    ),
    defect(
        "a search without points is taken for a product that is not there",
        "items.py",
        '            raise httpx.RemoteProtocolError("no points are left")\n',
        "            return None\n",
        category="retry",
        clause=f"{PRICES}#when.promised",
    ),
)
