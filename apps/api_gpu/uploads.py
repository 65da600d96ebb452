"""From a multipart request to the bytes of one file, with limits enforced while they arrive.

In: the request. Out: bytes. A name that a client gives its file is never used, nor is a charset that it declares.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio
from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from apps.api_gpu.admission import ClientGone
from lib.errors import DeadlineExceeded, UploadTooLarge
from lib.settings import ApiSettings, JobsSettings, UploadSettings
from lib.telemetry import current_request

Result = TypeVar("Result")

FORM_OVERHEAD_BYTES = 64 * 1024
"""What boundaries, part headers and small fields may add to the file itself."""

MAX_FIELDS = 32
"""Fields beside the files; only a job's `callback_url` means anything here."""

MULTIPART = b"multipart/form-data"


async def read_one_file(request: Request, *, settings: UploadSettings) -> bytes:
    """The bytes of the form's only file, `file`.

    Raises:
        UploadTooLarge: More bytes than allowed, announced or arrived.
        RequestValidationError: The form has no file of that name, more than one, or further files.
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        DeadlineExceeded: The upload took longer than the request may.
    """
    refusal = _too_large(settings.max_bytes)
    limit = settings.max_bytes + FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit, refusal=refusal, max_files=8) as form:
        files = _files_in(form)
        if len(files) != 1 or files[0][0] != "file":
            raise _wrong("body", "file", f"expected one file in the form field `file`, found {len(files)} files")
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
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        DeadlineExceeded: The upload took longer than the request may.
    """
    most, limit = settings.batch_max_files, int(settings.batch_max_mb * 2**20)
    refusal = _batch_too_large(limit)
    overhead = most * FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit + overhead, refusal=refusal, max_files=most) as form:
        files = _files_in(form)
        if not files or any(name != "files" for name, _ in files):
            message = f"expected 1 to {most} files in the form field `files`, found {len(files)} files"
            raise _wrong("body", "files", message)
        if sum(file.size or 0 for _, file in files) > limit:
            raise refusal
        yield [file for _, file in files]


@dataclass(frozen=True, slots=True)
class JobForm:
    """The form of a job.

    Attributes:
        files: Spooled to disk.
        callback_url: Empty where none was sent.
    """

    files: list[UploadFile]
    callback_url: str


@asynccontextmanager
async def read_job_form(request: Request, *, settings: JobsSettings) -> AsyncIterator[JobForm]:
    """The files of the form's fields `files` or `file`, and its `callback_url`; the files are gone after the block.

    Raises:
        UploadTooLarge: More bytes in all than JOB_MAX_MB.
        RequestValidationError: The form has no file, too many, or a field that means nothing.
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        DeadlineExceeded: The upload took longer than the request may.
    """
    most, limit = settings.max_files, int(settings.max_mb * 2**20)
    refusal = UploadTooLarge(f"The job has more than {settings.max_mb:g} MB (JOB_MAX_MB); send it as several jobs.")
    overhead = most * FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit + overhead, refusal=refusal, max_files=most) as form:
        files = [file for name, file in _files_in(form) if name in {"file", "files"}]
        texts = [value for name, value in form.multi_items() if name == "callback_url" and isinstance(value, str)]
        if not files or len(texts) > 1 or len(files) + len(texts) < len(form.multi_items()):
            message = f"expected 1 to {most} files in the form field `files`, and at most a `callback_url` beside them"
            raise _wrong("body", "files", message)
        if sum(file.size or 0 for file in files) > limit:
            raise refusal
        yield JobForm(files, texts[0] if texts else "")


@asynccontextmanager
async def _form_of(request: Request, *, limit: int, refusal: UploadTooLarge, max_files: int) -> AsyncIterator[FormData]:
    """A form, its files spooled to disk as they arrive; they are gone after the block."""
    body = _Limited(request, limit, refusal)
    scope = {**request.scope, "headers": _with_plain_content_type(request)}
    form = await _arrived(Request(scope, body.receive).form(max_files=max_files, max_fields=MAX_FIELDS))
    try:
        yield form
    finally:
        await form.close()


def _files_in(form: FormData) -> list[tuple[str, UploadFile]]:
    """(field, file) of a form."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]


def _with_plain_content_type(request: Request) -> list[tuple[bytes, bytes]]:
    """The request's headers, with nothing but the boundary in the content type.

    A charset there means nothing (RFC 7578, 5.1.2), but the form's parser would decode names by it, and Python has
    codecs that fail, warn, or make text that no JSON can carry.

    Raises:
        RequestValidationError: It is no multipart form, or names no boundary.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    boundary = parameters.get(b"boundary")
    if kind != MULTIPART or not boundary:
        raise _wrong("header", "Content-Type", "expected multipart/form-data and its boundary")
    others = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    return [*others, (b"content-type", MULTIPART + b'; boundary="' + boundary + b'"')]


async def _arrived(upload: Awaitable[Result]) -> Result:
    """What is on its way, once it is here."""
    try:
        with anyio.fail_after(current_request().remaining_s):
            return await upload
    except TimeoutError as exc:
        raise DeadlineExceeded(
            "The upload took longer than a request may (REQUEST_TIMEOUT_S); send it over a faster connection."
        ) from exc
    except ClientDisconnect as exc:
        raise ClientGone from exc


def _wrong(part: str, name: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "form", "loc": (part, name), "msg": message, "input": None}])


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
