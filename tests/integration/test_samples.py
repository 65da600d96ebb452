"""Our own documents through the whole service give their truth."""

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from lib.evaluation.scoring import is_same
from scripts.samples.bill import Bill
from scripts.samples.catalog import samples
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"
MANIFEST = [json.loads(line) for line in (SAMPLES / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]

BILLS = {sample.name: sample.bill for sample in samples()}
UNANNOUNCED = frozenset({"receipt-idr", "receipt-sgd-taxi"})
"""Samples whose number stands behind "No." or "Trip" alone, which announce anything."""


def goods_of(bill: Bill) -> list[float]:
    """The amounts of a bill's items; a negative one is a discount on the item above."""
    return [float(bill.amount(item)) for item in bill.items if item.price > 0]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in MANIFEST])
async def test_sample_gives_its_truth(client: httpx.AsyncClient, row: dict[str, Any]) -> None:
    """Every field that the document states is read, and no field that it does not state."""
    content = await anyio.Path(SAMPLES / row["path"]).read_bytes()

    file = {"file": (Path(row["path"]).name, content)}
    body = (await client.post("/v1/extract?include=fields,details", files=file)).json()
    data, fields, bill = body["data"], body["fields"], BILLS[row["id"]]

    truth = json.loads(await anyio.Path(SAMPLES / row["path"]).with_suffix(".json").read_text(encoding="utf-8"))
    stated = {key: value for key, value in truth.items() if value is not None}
    assert {key: data[key] for key, value in stated.items() if not is_same(key, data[key], value)} == {}
    assert [key for key in data if data[key] is not None and key not in stated] == []
    assert "low_ocr_confidence" not in body["meta"]["warnings"]
    assert fields["invoice_number"]["value"] == (None if row["id"] in UNANNOUNCED else bill.number)
    assert fields["due_date"]["value"] == (bill.due.isoformat() if bill.due else None)
    # The samples' accounts have no valid check digits, lest they be somebody's.
    assert fields["iban"]["value"] is None or fields["iban"]["problem"] == "check_digits"
    assert [item["amount"]["value"] for item in body["details"]["items"]] == goods_of(bill)
