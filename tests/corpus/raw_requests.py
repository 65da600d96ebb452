"""Requests as no HTTP client would send them: broken forms, odd file names, wrong lengths, endless headers.

In: nothing. Out: `RawCase`, the bytes of a whole request and the status that it gets.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.corpus.case import sample
from tests.pdf_writer import text_pdf

MEGABYTE = 2**20
DOCUMENT = text_pdf([f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)])
DISPOSITION = b'Content-Disposition: form-data; name="file"; filename="a.pdf"'
FORM = b"multipart/form-data; boundary=b"


@dataclass(frozen=True, slots=True)
class RawCase:
    """One bad request.

    Attributes:
        name: Says what is wrong with it.
        make: Makes its bytes.
        statuses: What it may get; 0 where the connection may be closed without an answer.
        closes: Whether the client sends nothing more, and says so.
    """

    name: str
    make: Callable[[], bytes]
    statuses: tuple[int, ...]
    closes: bool = False


def cases() -> Iterator[RawCase]:
    """All of them."""
    yield from _names()
    yield from _parts()
    yield from _boundaries()
    yield from _lengths()
    yield from _headers()
    yield from _targets()


def _names() -> Iterator[RawCase]:
    for name, raw in (
        ("../../../etc/passwd", b"../../../etc/passwd"),
        ("C:\\Windows\\system32", b"C:\\Windows\\system32\\a.pdf"),
        ("/dev/null", b"/dev/null"),
        ("with a zero", b"a\0b.pdf"),
        ("with control characters", b"a\x01\x1b[31m\x07\x7f.pdf"),
        ("that reads backwards", "invoice\u202efdp.exe".encode()),
        ("of broken UTF-8", b"\xff\xfe\xc3(.pdf"),
        ("of half a surrogate pair", b"\xed\xa0\x80.pdf"),
        ("of nothing", b""),
        ("of 2,000 letters", b"x" * 2_000),
        ("with quotes", b'a\\"b".pdf'),
        ("with format codes", b"%s%n{0}${jndi:x}.pdf"),
        ("that is a text file's", b"notes.txt"),
    ):
        yield RawCase(f"file name {name}", partial(_named, raw), (200,))
    yield RawCase("file name of 10 kB", lambda: _named(b"x" * 10_240), (422,))


def _parts() -> Iterator[RawCase]:
    yield RawCase("part without headers", lambda: _post(b"--b\r\n\r\nx\r\n--b--\r\n"), (422,))
    yield RawCase("part without a name", lambda: _form(b"Content-Disposition: form-data"), (422,))
    yield RawCase("part that is no form data", lambda: _form(b"Content-Disposition: attachment; filename=a"), (422,))
    yield RawCase("part without disposition", lambda: _form(b"Content-Type: application/pdf"), (422,))
    yield RawCase("part with half a header", lambda: _form(b": nonsense"), (422,))
    yield RawCase("part with a header of 1 MB", lambda: _form(DISPOSITION + b"\r\nX: " + b"x" * MEGABYTE), (422,))
    yield RawCase("part with 50,000 headers", lambda: _form(DISPOSITION + b"\r\nX: x" * 50_000), (422,))
    yield RawCase("field that is no file", lambda: _form(b'Content-Disposition: form-data; name="file"'), (422,))
    yield RawCase("9 files", lambda: _post(_part(DISPOSITION, b"x") * 9 + b"--b--\r\n"), (422,))
    yield RawCase("2 files", lambda: _post(_part(DISPOSITION, DOCUMENT) * 2 + b"--b--\r\n"), (422,))
    yield RawCase("100,000 fields", lambda: _post(_part(_field(b"q"), b"x") * 100_000), (422,))
    yield RawCase("field of 2 MB", lambda: _post(_part(_field(b"q"), b"x" * 2 * MEGABYTE) + b"--b--\r\n"), (422,))
    yield RawCase("fields beside the file", lambda: _post(_part(_field(b"q"), b"x") * 9 + _whole(DOCUMENT)), (200,))
    yield RawCase("form within the form", _nested, (200, 400, 415, 422))
    yield RawCase(
        "part of base64", lambda: _form(DISPOSITION + b"\r\nContent-Transfer-Encoding: base64", DOCUMENT), (200,)
    )
    yield RawCase("19 MB of line ends", lambda: _post(_whole(b"\r\n" * (19 * MEGABYTE // 2))), (415,))
    yield RawCase("19 MB of half a boundary", lambda: _post(_whole(b"\r\n--" * (19 * MEGABYTE // 4))), (415,))


def _boundaries() -> Iterator[RawCase]:
    good = _whole(DOCUMENT)
    for name, content_type, body in (
        ("no content type", None, good),
        ("no boundary", b"multipart/form-data", good),
        ("an empty boundary", b"multipart/form-data; boundary=", good),
        ("another boundary", b"multipart/form-data; boundary=c", good),
        (
            "a boundary of 10 kB",
            b"multipart/form-data; boundary=" + b"b" * 10_240,
            good.replace(b"--b", b"--" + b"b" * 10_240),
        ),
        ("JSON", b"application/json", b'{"file": "x"}'),
        ("a plain form", b"application/x-www-form-urlencoded", b"a&" * MEGABYTE),
        ("no last boundary", FORM, good[:-7]),
        ("no end", FORM, good[: len(good) // 2]),
        ("bare line feeds", FORM, good.replace(b"\r\n", b"\n")),
        ("nothing", FORM, b""),
        ("zeros", FORM, bytes(MEGABYTE)),
        ("nothing but a boundary", FORM, b"--b--\r\n"),
    ):
        yield RawCase(f"form with {name}", partial(_post, body, content_type=content_type), (422,))
    for charset in (b"undefined", b"unicode_escape", b"idna", b"zlib", b"utf-16"):
        content_type = FORM + b"; charset=" + charset
        yield RawCase(f"form in {charset.decode()}", partial(_post, good, content_type=content_type), (200,))


def _lengths() -> Iterator[RawCase]:
    body = _whole(DOCUMENT)
    chunked = b"Transfer-Encoding: chunked\r\n"
    yield RawCase("length too large", lambda: _post(body, length=b"%d" % (len(body) + 10)), (0,), closes=True)
    yield RawCase("length too small", lambda: _post(body, length=b"%d" % (len(body) - 100)), (422,))
    yield RawCase("length of zero", lambda: _post(body, length=b"0"), (422,))
    yield RawCase("negative length", lambda: _post(body, length=b"-5"), (400,))
    yield RawCase("length of 10^20", lambda: _post(body, length=b"1" + b"0" * 20), (400, 413))
    yield RawCase("length of 30 MB", lambda: _post(body, length=b"30000000"), (413,))
    yield RawCase("length that is a word", lambda: _post(body, length=b"long"), (400,))
    yield RawCase("two lengths", lambda: _post(body, extra=b"Content-Length: 5\r\n"), (400,))
    yield RawCase("length and chunks", lambda: _post(b"0\r\n\r\n", extra=chunked), (400, 422))
    yield RawCase(
        "chunks", lambda: _post(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), length=None, extra=chunked), (200,)
    )
    yield RawCase("chunks of nonsense", lambda: _post(b"zz\r\nabc", length=None, extra=chunked), (0, 400))
    yield RawCase("endless chunks", lambda: _post(_endless(), length=None, extra=chunked), (413,))
    yield RawCase("no length", lambda: _post(body, length=None), (400, 422), closes=True)
    yield RawCase("body of gzip by name", lambda: _post(body, extra=b"Content-Encoding: gzip\r\n"), (200,))


def _headers() -> Iterator[RawCase]:
    for name, header in (
        ("of 1 MB", b"X-Long: " + b"x" * MEGABYTE),
        ("200,000 times", b"X-Many: x\r\n" * 200_000 + b"X-Many: x"),
        ("without a name", b": x"),
        ("with a zero", b"X-Zero: a\0b"),
        ("over two lines", b"X-Two: a\r\n b\r\nnonsense"),
    ):
        yield RawCase(f"header {name}", partial(_health, header), (0, 400, 431))
    for name, header in (
        ("id of line ends", b"X-Request-ID: a%0d%0ab"),
        ("id of 5 kB", b"X-Request-ID: " + b"x" * 5_000),
        ("key of high bytes", b"Authorization: Bearer \xff\xfe"),
        ("two ids", b"X-Request-ID: a\r\nX-Request-ID: b"),
        ("an upgrade", b"Upgrade: h2c\r\nConnection: Upgrade"),
        ("ranges", b"Range: bytes=0-1,9-1,-5"),
    ):
        yield RawCase(f"header with {name}", partial(_health, header), (200,))


def _targets() -> Iterator[RawCase]:
    for name, line, statuses in (
        ("unknown method", b"FROB /v1/extract", (400, 405)),
        ("connect", b"CONNECT x:1", (400, 404)),
        ("trace", b"TRACE /v1/extract", (405,)),
        ("path of 1 MB", b"GET /" + b"x" * MEGABYTE, (0, 400, 431)),
        ("path out of the tree", b"GET /v1/../../etc/passwd", (404,)),
        ("path out of the tree, escaped", b"GET /v1/%2e%2e/%2e%2e/etc/passwd", (404,)),
        ("path of half a code", b"GET /v1/%zz%f", (400, 404)),
        ("path of high bytes", b"GET /\xff\xfe", (400, 404)),
        ("path of zeros", b"GET /%00", (404,)),
        ("query of zeros", b"POST /v1/extract?include=%00", (422,)),
        ("query of broken UTF-8", b"POST /v1/extract?include=%ff", (422,)),
        ("query of 10 kB", b"POST /v1/extract?include=" + b"a," * 5_000, (422,)),
    ):
        yield RawCase(f"target: {name}", partial(_without_body, line), statuses)
    yield RawCase("TLS in the clear", lambda: b"\x16\x03\x01\x02\0\x01\0" + bytes(50), (0, 400))
    yield RawCase("HTTP/2 in the clear", lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (0, 400, 404))
    yield RawCase("nothing but line ends", lambda: b"\r\n" * 1_000, (0, 400), closes=True)


def _post(
    body: bytes,
    *,
    content_type: bytes | None = FORM,
    length: bytes | None = b"",
    extra: bytes = b"",
) -> bytes:
    """A POST of a body; `length` is that of the body unless it says otherwise, None for none."""
    head = b"POST /v1/extract HTTP/1.1\r\nHost: x\r\n" + extra
    if content_type is not None:
        head += b"Content-Type: " + content_type + b"\r\n"
    if length is not None:
        head += b"Content-Length: " + (length or b"%d" % len(body)) + b"\r\n"
    return head + b"\r\n" + body


def _part(headers: bytes, content: bytes) -> bytes:
    return b"--b\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


def _whole(content: bytes) -> bytes:
    return _part(DISPOSITION, content) + b"--b--\r\n"


def _form(headers: bytes, content: bytes = b"x") -> bytes:
    return _post(_part(headers, content) + b"--b--\r\n")


def _field(name: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="%s"' % name


def _named(name: bytes) -> bytes:
    return _form(_field(b"file") + b'; filename="' + name + b'"', DOCUMENT)


def _nested() -> bytes:
    inner = b'--i\r\nContent-Disposition: file; filename="a"\r\n\r\n' + sample("invoice-eur-de.pdf") + b"\r\n--i--\r\n"
    return _form(DISPOSITION + b"\r\nContent-Type: multipart/mixed; boundary=i", inner)


def _endless() -> bytes:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    begin = b"--b\r\n" + DISPOSITION + b"\r\n\r\n"
    return b"%x\r\n%s\r\n" % (len(begin), begin) + chunk * 400


def _health(header: bytes) -> bytes:
    return b"GET /v1/health HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n"


def _without_body(line: bytes) -> bytes:
    return line + b" HTTP/1.1\r\nHost: x\r\n\r\n"
