"""Who may use the service: the keys of API_KEYS, as `Authorization: Bearer <key>`.

In: the request's header. Out: nothing, or a 401. Health and metrics stay open: probes carry no keys.
"""

import hashlib
import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

_bearer = HTTPBearer(auto_error=False, description="A key of API_KEYS; without API_KEYS the service is open.")


def require_key(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> None:
    """Let the request pass where no keys are set, or where it has one of them.

    Raises:
        HTTPException: 401.
    """
    keys = [key.get_secret_value() for key in request.app.state.service.settings.api.keys]
    offered = credentials.credentials if credentials else ""
    # Every key is compared, each in constant time, so that the answer's time tells nothing about any of them.
    matches = [hmac.compare_digest(offered.encode(), key.encode()) for key in keys]
    if keys and not any(matches):
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "This service needs a key: send Authorization: Bearer <key>.",
            headers={"WWW-Authenticate": "Bearer"},
        )


def owner_of(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> str:
    """Whose a job is: a digest of the key that the request carries; everybody's where no keys are set.

    Raises:
        HTTPException: 401.
    """
    require_key(request, credentials)
    if not request.app.state.service.settings.api.keys or credentials is None:
        return "everybody"
    return hashlib.sha256(b"ocrlty job owner\0" + credentials.credentials.encode()).hexdigest()
