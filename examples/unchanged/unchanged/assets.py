"""The books: what was ordered, what it cost, who buys most."""

import csv
from collections import Counter
from collections.abc import Iterator

import dagster as dg

Rows = list[dict[str, str]]


class Ledger(dg.ConfigurableResource):
    """A folder of CSV files."""

    folder: str

    def read(self, table: str) -> Rows:
        """The lines of one file, as they are."""
        with open(f"{self.folder}/{table}.csv", newline="") as lines:
            return list(csv.DictReader(lines))


class Discount(dg.Config):
    """What large orders get off."""

    from_quantity: int = 10
    percent: float = 10.0


@dg.multi_asset(
    outs={
        "orders": dg.AssetOut(tags={"domain": "sales", "pii": "true"}, kinds={"csv"}, is_required=False),
        "prices": dg.AssetOut(tags={"domain": "catalog", "pii": "false"}, kinds={"csv"}, is_required=False),
    },
    can_subset=True,
    group_name="raw",
)
def books(context: dg.AssetExecutionContext, ledger: Ledger) -> Iterator[dg.Output[Rows]]:
    """The two files, as they are."""
    for table in sorted(context.op_execution_context.selected_output_names):
        rows = ledger.read(table)
        yield dg.Output(rows, output_name=table, metadata={"rows": len(rows)})


@dg.asset(group_name="books", tags={"domain": "sales", "pii": "true"}, code_version="1")
def invoices(context: dg.AssetExecutionContext, config: Discount, orders: Rows, prices: Rows) -> Rows:
    """What every order costs."""
    price = {row["item"]: float(row["price"]) for row in prices}
    invoices = []
    for order in orders:
        quantity = int(order["quantity"])
        off = config.percent if quantity >= config.from_quantity else 0.0
        invoices.append({**order, "amount": f"{quantity * price[order['item']] * (1 - off / 100):.2f}"})
    context.add_output_metadata({"total": sum(float(row["amount"]) for row in invoices)})
    return invoices


@dg.asset(group_name="books", tags={"domain": "sales", "pii": "false"}, owners=["team:counter"])
def turnover(invoices: Rows) -> dict[str, float]:
    """The money of every day."""
    days: Counter[str] = Counter()
    for invoice in invoices:
        days[invoice["day"]] += float(invoice["amount"])
    return {day: round(amount, 2) for day, amount in days.items()}


@dg.asset(group_name="books", deps=[turnover], tags={"domain": "sales"})
def closing() -> dg.MaterializeResult:
    """A step that stores nothing itself, and says that it was done."""
    return dg.MaterializeResult(metadata={"closed": True}, tags={"period": "2024-03"})


@dg.op
def sort_by_amount(invoices: Rows) -> Rows:
    """Dearest first."""
    return sorted(invoices, key=lambda row: -float(row["amount"]))


@dg.op
def name_of_first(invoices: Rows) -> str:
    """Who is on top."""
    return invoices[0]["customer"]


@dg.graph_asset(group_name="books", tags={"domain": "sales", "pii": "true"})
def best_customer(invoices: Rows) -> str:
    """Who placed the dearest order: an asset made by a graph of ops."""
    return name_of_first(sort_by_amount(invoices))


@dg.asset_check(asset=invoices, blocking=True)
def nothing_is_free(invoices: Rows) -> dg.AssetCheckResult:
    """Every invoice asks for money."""
    free = [row["order_id"] for row in invoices if float(row["amount"]) <= 0]
    return dg.AssetCheckResult(passed=not free, metadata={"free": len(free)})


@dg.asset_check(asset="turnover")
def every_day_has_a_large_order(turnover: dict[str, float]) -> dg.AssetCheckResult:
    """Warns when a day brought less than thirty."""
    return dg.AssetCheckResult(passed=min(turnover.values()) >= 30, severity=dg.AssetCheckSeverity.WARN)
