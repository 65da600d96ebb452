"""The acceptance of a TILT server."""

import socket

from scripts.tilt_accept import COLUMNS, Contract, check_contract, report


def test_report_names_failed_tests_and_compares_the_readers() -> None:
    """One look says whether the contract holds and what the model is worth."""
    figures = dict.fromkeys(COLUMNS, 0.5)

    text = report("http://gpu/v1", Contract(56, ("test_nan",)), {"TILT": figures, "embedded reader": figures})

    assert "56 tests passed, 1 failed: test_nan." in text
    assert "| TILT | 0.5 | " in text
    assert "| embedded reader | 0.5 | " in text


def test_check_contract_of_nobody_fails_every_test() -> None:
    """A server that is not there keeps no promise."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        contract = check_contract(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "")

    assert contract.passed == 0
    assert len(contract.failed) > 50
