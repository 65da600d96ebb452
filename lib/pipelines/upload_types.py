"""What an upload is, whatever it was called, and whether it may be read.

In: the bytes of one file and what the settings allow. Out: its content type, or a refusal. Pure.
"""

import codecs
import re
from collections.abc import Mapping

from lib.errors import EmptyUpload, StartupError, UnsupportedMediaType, UploadTooLarge
from lib.pipelines.images.formats import FORMATS
from lib.pipelines.pdf.headless import is_headless_pdf
from lib.settings import UploadSettings

PDF = "application/pdf"
XML = "application/xml"

SIGNATURES: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/tiff": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "image/bmp": re.compile(rb"BM.{4}\0{4}", re.DOTALL),
    # Containers of either kind may call themselves mif1 or msf1; then the list behind that says which it is.
    "image/avif": re.compile(rb".{4}ftyp(avi[fs]|m[is]f1.{4}(.{4}){0,12}?avi[fs])", re.DOTALL),
    "image/heic": re.compile(rb".{4}ftyp(hei[cmsx]|hev[cx]|mif1|msf1)", re.DOTALL),
    PDF: re.compile(rb".{0,1024}%PDF-", re.DOTALL),
    "application/zip": re.compile(rb"PK\x03\x04"),
    "application/vnd.ms-office": re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "application/postscript": re.compile(rb"%!PS"),
    "text/html": re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)\b", re.IGNORECASE),
    XML: re.compile(
        rb"(\xef\xbb\xbf)?\s*<(\?xml\s|!--|[a-z_][\w.:-]*\s[^<>]{0,2000}xmlns)"
        rb"|\xff\xfe<\0|\xfe\xff\0<|<\0\?\0|\0<\0\?",
        re.IGNORECASE,
    ),
}
"""How files of a type begin. PDF stands behind the images and tolerates 1024 bytes before its header, as viewers do.
Source: the formats' own specifications; ISO 32000-1, annex H, implementation note 13."""

READABLE = frozenset({PDF, XML, *FORMATS})

ALIASES: Mapping[str, str] = {"text/xml": XML, "image/heif": "image/heic"}
"""Other names that ALLOWED_CONTENT_TYPES may use. Sources: RFC 7303, section 9.2; ISO/IEC 23008-12, annex C."""

CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


def require_readable(settings: UploadSettings) -> None:
    """Make sure that what is to be accepted can be read: `image/jpg` would be a promise that no file keeps.

    Raises:
        StartupError: A type cannot.
    """
    unknown = [name for name in settings.allowed_content_types if ALIASES.get(name, name) not in READABLE]
    if unknown:
        raise StartupError(
            f"ALLOWED_CONTENT_TYPES has {', '.join(unknown)}, which cannot be read; {', '.join(sorted(READABLE))} can."
        )


def accepted_type(content: bytes, *, settings: UploadSettings) -> str:
    """The content type of an upload that is neither empty nor too large.

    Raises:
        EmptyUpload: It has no bytes.
        UploadTooLarge: More than MAX_UPLOAD_MB.
        UnsupportedMediaType: It is none of ALLOWED_CONTENT_TYPES.
    """
    if not content:
        raise EmptyUpload("The file is empty. Send one with content.")
    if len(content) > settings.max_bytes:
        size_mb = len(content) / 2**20
        raise UploadTooLarge(f"The file has {size_mb:.1f} MB; at most {settings.max_mb:g} are read (MAX_UPLOAD_MB).")
    seen = content_type_of(content)
    allowed = [ALIASES.get(name, name) for name in settings.allowed_content_types]
    if seen not in allowed:
        remedy = f"Add {seen} to it on the server." if seen in READABLE else "Its name and declared type do not matter."
        raise UnsupportedMediaType(
            f"The file's content looks like {seen}; accepted are {', '.join(allowed)} (ALLOWED_CONTENT_TYPES). {remedy}"
        )
    return seen


def content_type_of(content: bytes) -> str:
    """What the first bytes say; for what nobody knows, text/plain or application/octet-stream."""
    for content_type, signature in SIGNATURES.items():
        if signature.match(content):
            return content_type
    if is_headless_pdf(content):
        return PDF
    head = content[:1024]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if CONTROL.search(head) else "text/plain"
