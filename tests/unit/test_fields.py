"""Every table that has one row for each field: where to go when a field is added or renamed.

A test that fails names the file, the table, and the keys that it lacks or has too many. Beside these, each field has
its question in configs/questions.yaml and its row in docs/api.md, which other tests hold.
"""

from collections.abc import Iterable
from dataclasses import fields

import pytest

from apps.api_gpu.schemas import Data
from lib.document import EXTRA_KEYS, FIELD_KEYS
from lib.evaluation import cards
from lib.layout_reader import reader
from lib.layout_reader.identifiers import extra_fields as extra_finders
from lib.pipelines.einvoice import extras as einvoice_extras
from lib.pipelines.einvoice import invoice
from lib.pipelines.tilt.chat_protocol import SYSTEM_PROMPT, ChatContent
from lib.post import extras, grounding, rules
from scripts import mock_misbehavior, mock_vllm

_OF_AN_INVOICE = {"raw", "extras", "details"}
"""Members of an e-invoice and its syntax that are no field."""


def names(record: type) -> set[str]:
    """The members of a dataclass."""
    return {field.name for field in fields(record)}


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(Data.model_fields, id="apps/api_gpu/schemas.py Data"),
        pytest.param(rules._READ, id="lib/post/rules.py _READ"),
        pytest.param(grounding._FINDERS, id="lib/post/grounding.py _FINDERS"),
        pytest.param({*reader.NAMES, "currency"}, id="lib/layout_reader/reader.py NAMES, but currency"),
        pytest.param(names(invoice.EInvoice) - _OF_AN_INVOICE, id="lib/pipelines/einvoice/invoice.py EInvoice"),
        pytest.param(names(invoice._Syntax) - _OF_AN_INVOICE, id="lib/pipelines/einvoice/invoice.py _Syntax"),
        pytest.param(ChatContent.model_fields, id="lib/pipelines/tilt/chat_protocol.py ChatContent"),
        pytest.param(
            [key for key in FIELD_KEYS if key in SYSTEM_PROMPT], id="lib/pipelines/tilt/chat_protocol.py SYSTEM_PROMPT"
        ),
        pytest.param(cards.FIELD_COLORS, id="lib/evaluation/cards.py FIELD_COLORS"),
        pytest.param(cards.LABELS, id="lib/evaluation/cards.py LABELS"),
        pytest.param(mock_vllm.CANNED, id="scripts/mock_vllm.py CANNED"),
        pytest.param(mock_misbehavior.UNGROUNDED, id="scripts/mock_misbehavior.py UNGROUNDED"),
    ],
)
def test_table_has_each_of_the_six_fields(keys: Iterable[str]) -> None:
    """And no other."""
    assert set(keys) == set(FIELD_KEYS)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(extra_finders._FINDERS, id="lib/layout_reader/identifiers/extra_fields.py _FINDERS"),
        pytest.param(extras._READ, id="lib/post/extras.py _READ"),
        pytest.param(names(einvoice_extras.ExtraSyntax), id="lib/pipelines/einvoice/extras.py ExtraSyntax"),
        pytest.param(einvoice_extras._READ, id="lib/pipelines/einvoice/extras.py _READ"),
    ],
)
def test_table_has_each_of_the_fields_beyond_the_six(keys: Iterable[str]) -> None:
    """And no other."""
    assert set(keys) == set(EXTRA_KEYS)


@pytest.mark.parametrize("keys", [{key for key, _ in mock_vllm.MEANT}], ids=["scripts/mock_vllm.py MEANT"])
def test_mock_understands_questions_about_each_field(keys: set[str]) -> None:
    """By their words."""
    assert keys >= set(FIELD_KEYS) | set(EXTRA_KEYS)
