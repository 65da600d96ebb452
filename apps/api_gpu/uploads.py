"""From a multipart request to the bytes of one file, with the limit enforced while they arrive.

In: the request. Out: bytes. A name that a client gives its file is never used.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from lib.errors import UploadTooLarge
from lib.settings import ApiSettings, UploadSettings

FORM_OVERHEAD_BYTES = 64 * 1024
"""What boundaries, part headers and small fields may add to the file itself."""


async def read_one_file(request: Request, *, settings: UploadSettings) -> bytes:
    """The bytes of the form's only file, `file`.

    Raises:
        UploadTooLarge: More bytes than allowed, announced or arrived.
        RequestValidationError: The form has no file of that name, more than one, or further files.
    """
    refusal = _too_large(settings.max_bytes)
    limited = Request(request.scope, _Limited(request, settings.max_bytes + FORM_OVERHEAD_BYTES, refusal).receive)
    async with limited.form(max_files=8, max_fields=32) as form:
        files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(files) != 1 or files[0][0] != "file":
            raise RequestValidationError([_expected_one(len(files))])
        content = await files[0][1].read()
    if len(content) > settings.max_bytes:
        raise refusal
    return content


@asynccontextmanager
async def read_files(request: Request, *, settings: ApiSettings) -> AsyncIterator[list[UploadFile]]:
    """The files of the form's field `files`, spooled to disk; they are gone after the block.

    Raises:
        UploadTooLarge: More bytes in all than BATCH_MAX_MB.
        RequestValidationError: The form has none, too many, or other files.
    """
    most, limit = settings.batch_max_files, int(settings.batch_max_mb * 2**20)
    refusal = _batch_too_large(limit)
    limited = Request(request.scope, _Limited(request, limit + most * FORM_OVERHEAD_BYTES, refusal).receive)
    async with limited.form(max_files=most, max_fields=32) as form:
        files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files or any(name != "files" for name, _ in files):
            message = f"expected 1 to {most} files in the form field `files`, found {len(files)} files"
            raise RequestValidationError([{"type": "files", "loc": ("body", "files"), "msg": message, "input": None}])
        if sum(file.size or 0 for _, file in files) > limit:
            raise refusal
        yield [file for _, file in files]


def _expected_one(count: int) -> dict[str, object]:
    message = f"expected one file in the form field `file`, found {count} files"
    return {"type": "one_file", "loc": ("body", "file"), "msg": message, "input": None}


def _too_large(limit: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The file has more than {limit / 2**20:g} MB; send a smaller one, or raise MAX_UPLOAD_MB on the server."
    )


def _batch_too_large(limit: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The batch has more than {limit / 2**20:g} MB; send fewer files, or raise BATCH_MAX_MB on the server."
    )


class _Limited:
    """A request's body that ends with an error once it is over the limit."""

    def __init__(self, request: Request, limit: int, refusal: UploadTooLarge) -> None:
        """Refuse at once where the client announces too much."""
        self._request = request
        self._limit = limit
        self._refusal = refusal
        self._seen = 0
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise refusal

    async def receive(self) -> Message:
        """The next part of the body."""
        message = await self._request.receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise self._refusal
        return message
