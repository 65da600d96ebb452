"""The rules of right and wrong, and the figures made of them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import FieldKey
from lib.evaluation.prediction import JsonScalar
from lib.evaluation.scoring import as_json, folded, is_same, judge, summarize
from tests.unit.evaluation.examples import answer, label, without


@pytest.mark.parametrize(
    ("key", "answered", "truth", "same"),
    [
        pytest.param("total", 12.1, "12.10", True, id="amount in its shortest form"),
        pytest.param("total", 12, "12.00", True, id="whole amount"),
        pytest.param("total", -12.1, "12.10", True, id="sign of a credit note"),
        pytest.param("total", 12.1, "-12.10", True, id="sign of the label"),
        pytest.param("total", 12.104, "12.10", True, id="less than half a cent off"),
        pytest.param("total", 12.105, "12.10", False, id="half a cent off"),
        pytest.param("total", 12.11, "12.10", False, id="a cent off"),
        pytest.param("total", 0, "0.00", True, id="zero"),
        pytest.param("total", "12.10", "12.10", False, id="amount as text"),
        pytest.param("total", True, "1.00", False, id="a boolean is no amount"),
        pytest.param("tax_amount", None, "0.00", False, id="no tax where the label states zero"),
        pytest.param("date", "2018-12-25", "2018-12-25", True, id="date"),
        pytest.param("date", "25/12/2018", "2018-12-25", False, id="date that is not ISO"),
        pytest.param("date", None, "2018-12-25", False, id="no date"),
        pytest.param("currency", "EUR", "EUR", True, id="currency"),
        pytest.param("currency", "eur", "EUR", False, id="currency in lower case"),
        pytest.param("merchant", "CAFÉ  Zürich, Ltd.", "cafe zurich LTD", True, id="case, accents, punctuation"),
        pytest.param("merchant", "Straße", "STRASSE", True, id="sharp s"),
        pytest.param("merchant", "Acme", "Acme Hardware", True, id="begins the label, four characters"),
        pytest.param("merchant", "Acm", "Acme Hardware Store", False, id="begins the label, three characters"),
        pytest.param("merchant", "Acme Hardware Store", "Acme", True, id="the label begins it"),
        pytest.param("merchant", "Hardware", "Acme Hardware", True, id="inside, at least half as long"),
        pytest.param("merchant", "Hardware", "Acme Brothers Hardware", False, id="inside, less than half as long"),
        pytest.param("merchant", "Acme", "Acme Hardware and Sons", False, id="less than a third of the name"),
        pytest.param(
            "merchant", "Acme Hardware, 12 Long Street, Springfield", "Acme Hardware", True, id="a town behind it"
        ),
        pytest.param(
            "merchant", "Acme Hardware, 12 Long Street, 12345 Springfield, US", "Acme Hardware", False, id="its address"
        ),
        pytest.param("merchant", "Acme Hardwqre", "Acme Hardware", True, id="one letter misread"),
        pytest.param("merchant", "Acme Hotel", "Zenith Hotel", False, id="another name"),
        pytest.param("merchant", "!?", "Acme", False, id="nothing but punctuation"),
        pytest.param("merchant", "Acme", "---", False, id="nothing but punctuation in the label"),
        pytest.param("merchant", "全家便利商店", "全家 便利商店", True, id="no Latin letters"),
    ],
)
def test_is_same_of_answer_and_label_follows_the_rules(
    key: FieldKey, answered: JsonScalar, truth: str, same: bool
) -> None:
    """Each rule of the scorer holds on both sides of its limit."""
    assert is_same(key, answered, truth) is same


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_is_same_of_any_amount_and_itself_is_true(amount: Decimal) -> None:
    """An amount that went through JSON is still the amount."""
    assert is_same("total", float(amount), str(amount))


@given(st.text(), st.text())
def test_is_same_of_two_names_does_not_depend_on_their_order_where_folding_makes_them_one(a: str, b: str) -> None:
    """Names that fold to one text are the same, whichever is the label."""
    if folded(a) and folded(a) == folded(b):
        assert is_same("merchant", a, b)
        assert is_same("merchant", b, a)


def test_summarize_counts_recall_of_labelled_and_precision_of_answered() -> None:
    """One right, one wrong, one missing and one unlabelled field give the shares that a person works out."""
    documents = [label("a", total="1.00", date="2024-01-02"), label("b", total="2.00")]
    predictions = {"a": answer("a", total=1, date=None, currency="EUR"), "b": answer("b", total=3)}

    summary = summarize(judge(documents, predictions))

    assert (summary.fields["total"].labelled, summary.fields["total"].answered, summary.fields["total"].right) == (
        2,
        2,
        1,
    )
    assert summary.fields["date"].precision is None
    assert summary.fields["currency"].recall is None
    assert summary.all_fields.recall == pytest.approx(1 / 3)
    assert summary.all_fields.precision == pytest.approx(1 / 2)


def test_summarize_macro_recall_weighs_strata_alike() -> None:
    """A stratum of one document weighs as much as one of three; one without labels does not count."""
    documents = [label(each, stratum="large", total="1.00") for each in "abc"]
    documents += [label("d", stratum="small", total="1.00"), label("e", stratum="bare")]
    predictions = {each: answer(each, total=1) for each in "abc"}

    summary = summarize(judge(documents, predictions))

    assert summary.macro_recall == pytest.approx(0.5)
    assert summary.all_fields.recall == pytest.approx(0.75)


def test_summarize_perfect_documents_leaves_out_those_without_labels() -> None:
    """Perfect is a share of the documents that have anything to be right about."""
    documents = [label("a", total="1.00"), label("b", total="1.00", currency="EUR"), label("c")]
    predictions = {"a": answer("a", total=1), "b": answer("b", total=1, currency="USD"), "c": answer("c", total=9)}

    summary = summarize(judge(documents, predictions))

    assert summary.perfect_documents == pytest.approx(0.5)
    assert summary.documents == 3


def test_summarize_failed_counts_errors_and_not_documents_without_prediction() -> None:
    """A document nobody predicted is unanswered; one whose request failed is failed."""
    documents = [label("a", total="1.00"), label("b", total="1.00")]

    summary = summarize(judge(documents, {"a": answer("a", error="500 internal_error")}))

    assert summary.failed == 1
    assert summary.all_fields.answered == 0


def test_summarize_of_nothing_has_no_shares() -> None:
    """Without documents there is no share, not a share of zero."""
    summary = summarize([])

    assert as_json(summary) == {
        "documents": 0,
        "failed": 0,
        "macro_recall": None,
        "micro_recall": None,
        "precision": None,
        "field_recall": dict.fromkeys(summary.fields),
        "field_precision": dict.fromkeys(summary.fields),
        "strata": {},
        "perfect_documents": None,
        "absent": 0,
        "invented": 0,
        "seconds_per_document_median": None,
    }


def test_as_json_rounds_shares_to_four_decimals() -> None:
    """The figures are as short as they are meaningful."""
    documents = [label(each, total="1.00") for each in "abc"]

    figures = as_json(summarize(judge(documents, {"a": answer("a", total=1, seconds=0.12345)})))

    assert figures["micro_recall"] == 0.3333
    assert figures["strata"] == {"receipt": 0.3333}
    assert figures["seconds_per_document_median"] == 0.0


@pytest.mark.parametrize(
    ("answered", "verdict", "invented"),
    [pytest.param(None, "right", 0, id="no answer"), pytest.param(5, "wrong", 1, id="an answer")],
)
def test_judge_of_a_field_that_is_not_stated_wants_no_answer(answered: JsonScalar, verdict: str, invented: int) -> None:
    """A label of null is right without an answer; an answer is invented."""
    (judged,) = judge([without(label("a"), "tax_amount")], {"a": answer("a", tax_amount=answered)})

    assert judged.outcomes[0].verdict == verdict
    assert summarize([judged]).all_fields.invented == invented


def test_precision_counts_answers_alone() -> None:
    """A field that is rightly left empty is recalled, and no right answer."""
    summary = summarize(judge([without(label("a", total="1.00"), "tax_amount")], {"a": answer("a", total=2)}))

    assert summary.all_fields.recall == 1 / 2
    assert summary.all_fields.precision == 0


def test_a_refusal_that_the_label_wants_is_no_failure() -> None:
    """A file that must be refused is answered rightly by an error."""
    refused = replace(label("a"), status=415)

    assert summarize(judge([refused], {"a": answer("a", error="415 unsupported")})).failed == 0
    assert summarize(judge([label("a")], {"a": answer("a", error="415 unsupported")})).failed == 1
