"""Every way an extraction can fail, as one tree.

ExtractionError                    code                     who can mend it
├── UploadError                                             the client, with another file
│   ├── EmptyUpload                empty_upload
│   ├── UnreadableDocument         unreadable_document
│   ├── EncryptedDocument          encrypted_document
│   ├── UnsupportedMediaType       unsupported_media_type
│   ├── UploadTooLarge             upload_too_large
│   ├── TooManyPages               too_many_pages
│   ├── TooManyWords               too_many_words
│   ├── TooManyPixels              too_many_pixels
│   └── OcrTooLong                 ocr_too_long
├── QuestionsUnsupported           questions_unsupported    the operator; the client by asking none
├── OcrError                       ocr_failed               the operator
├── TiltError                                               the operator; the client by trying again
│   ├── TiltUnavailable            tilt_unavailable
│   ├── TiltTimeout                tilt_timeout
│   ├── TiltProtocolError          tilt_protocol_error
│   └── DocumentRefused            document_refused         the client, with fewer pages
├── Overloaded                     overloaded               the client, by trying again later
│   └── Draining                   draining
├── TooManyRequests                too_many_requests        the client, by having less under way
├── StorageFull                    storage_full             the operator; the client by trying again
├── DeadlineExceeded               deadline_exceeded        the client, with a smaller document
└── JobError
    ├── JobsDisabled               jobs_disabled            the operator
    ├── QueueUnavailable           queue_unavailable        the operator; the client by trying again
    ├── JobNotFound                job_not_found            the client, with the right id and key
    ├── IdempotencyConflict        idempotency_conflict     the client, with another Idempotency-Key
    ├── CallbackRefused            callback_refused         the client, with another URL; the operator
    └── WorkerLost                 worker_lost              the operator

StartupError stands apart: the service cannot start, and its message says what to install or set.

In: nothing. Out: exception classes. Each one's HTTP status is in apps/api_gpu/errors.py, its remedy in docs/errors.md.
A message says what happened, the limit, and what to do; it never quotes what a document says.
"""

from typing import ClassVar


class ExtractionError(Exception):
    """One document could not be extracted.

    Attributes:
        code: Stable, machine-readable; part of the API.
        retryable: Whether the same request may succeed later.
        retry_after_s: Seconds until it may, where that is known.
    """

    code: ClassVar[str] = "extraction_failed"
    retryable: ClassVar[bool] = False
    retry_after_s: float | None = None


class UploadError(ExtractionError):
    """The upload itself cannot be read; sending it again changes nothing."""

    code = "upload_rejected"


class EmptyUpload(UploadError):
    """The file has no bytes."""

    code = "empty_upload"


class UnreadableDocument(UploadError):
    """The file is truncated, corrupt, or has no pages."""

    code = "unreadable_document"


class EncryptedDocument(UploadError):
    """The PDF opens only with a password."""

    code = "encrypted_document"


class UnsupportedMediaType(UploadError):
    """The content is of no accepted type, whatever its name or header say."""

    code = "unsupported_media_type"


class UploadTooLarge(UploadError):
    """More bytes than MAX_UPLOAD_MB allows."""

    code = "upload_too_large"


class TooManyPages(UploadError):
    """More pages than MAX_PAGES."""

    code = "too_many_pages"


class TooManyWords(UploadError):
    """It has more words than MAX_DOCUMENT_WORDS."""

    code = "too_many_words"


class TooManyPixels(UploadError):
    """A page has more pixels than MAX_PIXELS."""

    code = "too_many_pixels"


class OcrTooLong(UploadError):
    """A page has more text than an OCR engine reads in OCR_PAGE_TIMEOUT_S."""

    code = "ocr_too_long"


class QuestionsUnsupported(ExtractionError):
    """The client asks questions of its own, and no reader of this service takes any."""

    code = "questions_unsupported"


class OcrError(ExtractionError):
    """The OCR engine failed on a page."""

    code = "ocr_failed"


class TiltError(ExtractionError):
    """The TILT server gave no usable answer.

    Attributes:
        status: HTTP's, where the server refused.
        body: What it said then, which may repeat what a document says: to be read, never to be shown.
    """

    code = "tilt_failed"
    status: int | None = None
    body: bytes = b""


class TiltUnavailable(TiltError):
    """The TILT server cannot be reached, refuses work, or its breaker is open."""

    code = "tilt_unavailable"
    retryable = True


class TiltTimeout(TiltError):
    """The TILT server did not answer in time."""

    code = "tilt_timeout"
    retryable = True


class TiltProtocolError(TiltError):
    """The TILT server answered something that is not its protocol, or refused our request."""

    code = "tilt_protocol_error"


class DocumentRefused(TiltError):
    """The TILT server is well, but cannot take this document; sending it again changes nothing."""

    code = "document_refused"


class Overloaded(ExtractionError):
    """The queue is full."""

    code = "overloaded"
    retryable = True


class Draining(Overloaded):
    """The service is shutting down and takes no new work."""

    code = "draining"


class TooManyRequests(ExtractionError):
    """The request's key has its share of the service already."""

    code = "too_many_requests"
    retryable = True


class StorageFull(ExtractionError):
    """There is no room for the upload in the temporary folder."""

    code = "storage_full"
    retryable = True


class DeadlineExceeded(ExtractionError):
    """The request's deadline passed."""

    code = "deadline_exceeded"
    retryable = True


class JobError(ExtractionError):
    """A job cannot be taken, found or finished."""

    code = "job_failed"


class JobsDisabled(JobError):
    """REDIS_URL is not set."""

    code = "jobs_disabled"


class QueueUnavailable(JobError):
    """Redis cannot be reached, or refuses."""

    code = "queue_unavailable"
    retryable = True


class JobNotFound(JobError):
    """There is no such job, not any more, or it is another key's."""

    code = "job_not_found"


class IdempotencyConflict(JobError):
    """The Idempotency-Key was used before, with another body."""

    code = "idempotency_conflict"


class CallbackRefused(JobError):
    """The callback's URL is not one that this service calls."""

    code = "callback_refused"


class WorkerLost(JobError):
    """The workers that read the file died, time and again."""

    code = "worker_lost"


class StartupError(Exception):
    """The service cannot start; the message says what to install or set."""
