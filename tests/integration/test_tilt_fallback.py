"""TILT_FALLBACK=layout: whom it covers and whom it does not, as docs/api.md has it."""

import pytest

from lib.settings import Misbehavior
from tests.integration.test_tilt import REFUSED, extract, with_mock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("misbehavior", REFUSED)
async def test_fallback_covers_a_server_that_is_down_and_not_one_that_is_wrong(misbehavior: Misbehavior) -> None:
    """A server that is down is stood in for; one that answers nonsense is a fault that somebody must mend."""
    async with with_mock(misbehavior, {"TILT_FALLBACK": "layout", "TILT_TIMEOUT_S": "0.5"}) as client:
        answer = await extract(client)

    if REFUSED[misbehavior].status == 503:
        assert (answer.status_code, answer.json()["meta"]["degraded"]) == (200, True)
    else:
        assert (answer.status_code, answer.json()["code"]) == (502, "tilt_protocol_error")
