"""Who may use the service: the keys of API_KEYS, as `Authorization: Bearer <key>`.

In: the request's header. Out: whose the request is, or a 401. Health and metrics stay open: probes carry no keys.
"""

import hashlib
import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from lib.fair_queue import Owner
from lib.settings.sections import HASHED_KEY

EVERYBODY = "everybody"

_bearer = HTTPBearer(auto_error=False, description="A key of API_KEYS; without API_KEYS the service is open.")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


async def owner_of(request: Request, credentials: Credentials) -> str:
    """Whose a job is: a digest of the key that the request carries; everybody's where no keys are set.

    Raises:
        HTTPException: 401.
    """
    keys = [key.get_secret_value() for key in request.app.state.service.settings.api.keys]
    offered = credentials.credentials if credentials else ""
    # Every key is compared, each in constant time, so that the answer's time tells nothing about any of them.
    matches = [hmac.compare_digest(_digest(offered), _known_digest(key)) for key in keys]
    if keys and not any(matches):
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "This service needs a key: send Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return hashlib.sha256(b"ocrlty job owner\0" + offered.encode()).hexdigest() if keys else EVERYBODY


async def tenant_of(request: Request, owner: Annotated[str, Depends(owner_of)]) -> Owner:
    """With whom the others take turns: the key; where no keys are set, the client's address."""
    if owner != EVERYBODY:
        return Owner(owner, is_accountable=True)
    return Owner(f"at {request.client.host if request.client else 'no address'}")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _known_digest(key: str) -> bytes:
    """Of a key of API_KEYS, which may be the digest already."""
    return bytes.fromhex(key.removeprefix("sha256:")) if HASHED_KEY.fullmatch(key) else _digest(key)
