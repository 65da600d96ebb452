"""From a multipart request to the bytes of its files, with limits enforced while they arrive.

In: the request. Out: bytes, and what the form says beside them. A name that a client gives its file is never used, nor
is a charset that it declares.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
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
from apps.api_gpu.places import Arriving
from apps.api_gpu.questions import read_questions
from lib.disk import full_disk_is_told
from lib.document import Question
from lib.errors import DeadlineExceeded, UploadTooLarge
from lib.settings import ApiSettings, JobsSettings, UploadSettings
from lib.telemetry import current_request

Result = TypeVar("Result")

FORM_OVERHEAD_BYTES = 64 * 1024
"""What boundaries, part headers and small fields may add to the file itself."""

MAX_FIELDS = 32
"""Fields beside the files; `questions`, and a job's `callback_url`, mean anything here."""

MULTIPART = b"multipart/form-data"


@dataclass(frozen=True, slots=True)
class FileForm:
    """The form of one document.

    Attributes:
        content: The file's bytes.
        questions: The client's own.
    """

    content: bytes
    questions: tuple[Question, ...]


async def read_one_file(request: Request, *, settings: UploadSettings, arriving: Arriving) -> FileForm:
    """The form's only file, `file`, and its `questions`.

    Raises:
        UploadTooLarge: More bytes than allowed, announced or arrived.
        RequestValidationError: The form has no file of that name, more than one, further files, or wrong questions.
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        Overloaded: Too much is on its way already.
        StorageFull: The temporary folder has no room for it.
        DeadlineExceeded: The upload took longer than the request may.
    """
    refusal = _too_large(settings.max_bytes)
    limit = settings.max_bytes + FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit, refusal=refusal, max_files=8, arriving=arriving) as form:
        files = _files_in(form)
        if len(files) != 1 or files[0][0] != "file":
            raise _wrong("body", "file", f"expected one file in the form field `file`, found {_found(files, 'file')}")
        questions = _questions_in(form)
        content = await files[0][1].read()
    if len(content) > settings.max_bytes:
        raise refusal
    return FileForm(content, questions)


@dataclass(frozen=True, slots=True)
class FilesForm:
    """The form of several documents.

    Attributes:
        files: Spooled to disk.
        questions: The client's own, about each of them.
    """

    files: list[UploadFile]
    questions: tuple[Question, ...]


@asynccontextmanager
async def read_files(request: Request, *, settings: ApiSettings, arriving: Arriving) -> AsyncIterator[FilesForm]:
    """The files of the form's field `files`, and its `questions`; the files are gone after the block.

    Raises:
        UploadTooLarge: More bytes in all than BATCH_MAX_MB.
        RequestValidationError: The form has none, too many, or other files, or wrong questions.
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        Overloaded: Too much is on its way already.
        StorageFull: The temporary folder has no room for it.
        DeadlineExceeded: The upload took longer than the request may.
    """
    most, limit = settings.batch_max_files, int(settings.batch_max_mb * 2**20)
    refusal = _batch_too_large(limit)
    overhead = most * FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit + overhead, refusal=refusal, max_files=most, arriving=arriving) as form:
        files = _files_in(form)
        if not files or any(name != "files" for name, _ in files):
            message = f"expected 1 to {most} files in the form field `files`, found {_found(files, 'files')}"
            raise _wrong("body", "files", message)
        if sum(file.size or 0 for _, file in files) > limit:
            raise refusal
        yield FilesForm([file for _, file in files], _questions_in(form))


@dataclass(frozen=True, slots=True)
class JobForm:
    """The form of a job.

    Attributes:
        files: Spooled to disk.
        callback_url: Empty where none was sent.
        questions: The client's own, about each file.
    """

    files: list[UploadFile]
    callback_url: str
    questions: tuple[Question, ...]


@asynccontextmanager
async def read_job_form(request: Request, *, settings: JobsSettings, arriving: Arriving) -> AsyncIterator[JobForm]:
    """The files of the form's fields `files` or `file`, and what stands beside; the files are gone after the block.

    Raises:
        UploadTooLarge: More bytes in all than JOB_MAX_MB.
        RequestValidationError: The form has no file, too many, or a field that means nothing.
        HTTPException: It is no form at all, or a broken one.
        ClientGone: The client left before the upload was complete.
        Overloaded: Too much is on its way already.
        StorageFull: The temporary folder has no room for it.
        DeadlineExceeded: The upload took longer than the request may.
    """
    most, limit = settings.max_files, int(settings.max_mb * 2**20)
    refusal = UploadTooLarge(f"The job has more than {settings.max_mb:g} MB (JOB_MAX_MB); send it as several jobs.")
    overhead = most * FORM_OVERHEAD_BYTES
    async with _form_of(request, limit=limit + overhead, refusal=refusal, max_files=most, arriving=arriving) as form:
        files = [file for name, file in _files_in(form) if name in {"file", "files"}]
        urls, asked = _texts_in(form, "callback_url"), _texts_in(form, "questions")
        if not files or len(urls) > 1 or len(files) + len(urls) + len(asked) < len(form.multi_items()):
            message = f"expected 1 to {most} files in the form field `files`, `questions` and a `callback_url` at most"
            raise _wrong("body", "files", message)
        if sum(file.size or 0 for file in files) > limit:
            raise refusal
        yield JobForm(files, urls[0] if urls else "", read_questions(asked))


@asynccontextmanager
async def _form_of(
    request: Request, *, limit: int, refusal: UploadTooLarge, max_files: int, arriving: Arriving
) -> AsyncIterator[FormData]:
    """A form, its files spooled to disk as they arrive; they are gone after the block."""
    with arriving.upload() as count:
        body = _Limited(request, limit, refusal, count)
        scope = {**request.scope, "headers": _with_plain_content_type(request)}
        form = await _arrived(Request(scope, body.receive).form(max_files=max_files, max_fields=MAX_FIELDS))
    try:
        yield form
    finally:
        await form.close()


def _files_in(form: FormData) -> list[tuple[str, UploadFile]]:
    """(field, file) of a form."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]


def _texts_in(form: FormData, name: str) -> list[str]:
    return [value for key, value in form.multi_items() if key == name and isinstance(value, str)]


def _questions_in(form: FormData) -> tuple[Question, ...]:
    return read_questions(_texts_in(form, "questions"))


def _found(files: list[tuple[str, UploadFile]], field: str) -> str:
    """How many files there are in a field and in others, in words."""
    there = sum(name == field for name, _ in files)
    elsewhere = len(files) - there
    return f"{there} there" + (f" and {elsewhere} in other fields" if elsewhere else "")


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
        with full_disk_is_told(), anyio.fail_after(current_request().remaining_s):
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

    def __init__(self, request: Request, limit: int, refusal: UploadTooLarge, count: Callable[[int], None]) -> None:
        """Refuse at once where the client announces too much."""
        self._request = request
        self._limit = limit
        self._refusal = refusal
        self._count = count
        self._seen = 0
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise refusal

    async def receive(self) -> Message:
        """The next part of the body."""
        message = await self._request.receive()
        size = len(message.get("body", b""))
        self._seen += size
        if self._seen > self._limit:
            raise self._refusal
        self._count(size)
        return message
