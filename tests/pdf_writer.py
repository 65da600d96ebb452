"""A PDF writer for tests: just enough of ISO 32000-1 to write the good, odd and broken documents that tests read.

In: content streams and boxes. Out: bytes. Knows nothing of ours. Lengths in points, origin at the bottom left.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

A4 = (0.0, 0.0, 595.0, 842.0)

HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"

PASSWORD_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""Pads a password to 32 bytes. Source: ISO 32000-1, 7.6.3.3, algorithm 2."""


def show(
    text: str, x: float, y: float, *, size: float = 12, font: str = "F1", mode: int = 0, turned: str = ""
) -> bytes:
    """Content that shows `text` with its baseline starting at (x, y).

    Args:
        text: In WinAnsi characters.
        x: Points.
        y: Points.
        size: Of the font, points.
        font: A name in the page's resources; F1 is Helvetica.
        mode: Of rendering; 3 is invisible.
        turned: The first four numbers of the text matrix, for text that does not run to the right.
    """
    raw = text.encode("cp1252")
    escaped = raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    matrix = f"{turned or '1 0 0 1'} {x} {y} Tm"
    return f"BT /{font} {size} Tf {mode} Tr {matrix} (".encode() + escaped + b") Tj ET\n"


def show_lines(lines: Sequence[str], *, x: float = 60, top: float = 780, step: float = 18, mode: int = 0) -> bytes:
    """Content that shows one line below the other."""
    return b"".join(show(line, x, top - step * row, mode=mode) for row, line in enumerate(lines))


def place_image(name: str, x: float, y: float, width: float, height: float) -> bytes:
    """Content that draws an image of the page's resources into a rectangle."""
    return f"q {width} 0 0 {height} {x} {y} cm /{name} Do Q\n".encode()


@dataclass(slots=True)
class PdfWriter:
    """Collects objects; object 1 is the catalog, 2 the page tree, 3 Helvetica.

    Attributes:
        objects: Bodies; streams as (dictionary, data).
        page_numbers: Object numbers of the pages.
        catalog: More entries of the catalog.
    """

    objects: list[bytes | tuple[bytes, bytes]] = field(default_factory=lambda: [b"", b"", HELVETICA])
    page_numbers: list[int] = field(default_factory=list)
    catalog: bytes = b""

    def add(self, body: bytes) -> int:
        """Add an object; its number."""
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Add a compressed stream; its object number."""
        packed = zlib.compress(data)
        self.objects.append((b"<< /Filter /FlateDecode /Length %d %s >>" % (len(packed), entries), packed))
        return len(self.objects)

    def image(self, width: int, height: int, rgb: bytes) -> int:
        """Add an image; its object number."""
        entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d" % (width, height)
        return self.stream(rgb, entries + b" /ColorSpace /DeviceRGB /BitsPerComponent 8")

    def form(self, content: bytes, *, bbox: Sequence[float], entries: bytes = b"", resources: bytes = b"") -> int:
        """Add a form XObject, also the appearance of an annotation; its object number."""
        fonts = b"/Resources << /Font << /F1 3 0 R >> %s >>" % resources
        return self.stream(content, b"/Type /XObject /Subtype /Form /BBox %s %s %s" % (_array(bbox), fonts, entries))

    def page(
        self,
        content: bytes,
        *,
        media_box: Sequence[float] = A4,
        crop_box: Sequence[float] | None = None,
        rotate: int = 0,
        fonts: dict[str, int] | None = None,
        xobjects: dict[str, int] | None = None,
        annotations: Sequence[int] = (),
    ) -> int:
        """Add a page; its object number.

        Args:
            content: The content stream.
            media_box: Points.
            crop_box: Points; None: the media box.
            rotate: Degrees clockwise, a multiple of 90.
            fonts: Object numbers by name, besides F1.
            xobjects: Object numbers by name.
            annotations: Object numbers.
        """
        entries = [
            b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Rotate %d" % (_array(media_box), rotate),
            b"/Contents %d 0 R" % self.stream(content),
            b"/Resources << /Font %s /XObject %s >>"
            % (_references({"F1": 3} | (fonts or {})), _references(xobjects or {})),
            b"/Annots [%s]" % b" ".join(b"%d 0 R" % number for number in annotations),
        ]
        if crop_box:
            entries.append(b"/CropBox " + _array(crop_box))
        self.page_numbers.append(self.add(b" ".join(entries) + b" >>"))
        return self.page_numbers[-1]

    def save(self, *, user_password: bytes | None = None) -> bytes:
        """The file.

        Args:
            user_password: Encrypts the file (RC4, 40 bits); empty: it opens without, and has an owner password only.
        """
        kids = b" ".join(b"%d 0 R" % number for number in self.page_numbers)
        self.objects[0] = b"<< /Type /Catalog /Pages 2 0 R %s >>" % self.catalog
        self.objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(self.page_numbers))
        file_id = hashlib.md5(b"test", usedforsecurity=False).digest()
        lock = None if user_password is None else _Lock.of(user_password, file_id)
        out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, _serialize(body, number, lock))
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>]" % (
            len(offsets) + 1,
            file_id.hex().encode(),
            file_id.hex().encode(),
        )
        out += (lock.dictionary if lock else b"") + b" >>\nstartxref\n%d\n%%%%EOF\n" % start
        return bytes(out)


def text_pdf(*pages: Sequence[str]) -> bytes:
    """A PDF with one page for each sequence of lines."""
    writer = PdfWriter()
    for lines in pages:
        writer.page(show_lines(lines))
    return writer.save()


@dataclass(frozen=True, slots=True)
class _Lock:
    """The standard security handler, revision 2. Source: ISO 32000-1, 7.6.3."""

    key: bytes
    dictionary: bytes

    @classmethod
    def of(cls, user_password: bytes, file_id: bytes) -> "_Lock":
        user, owner = ((word + PASSWORD_PADDING)[:32] for word in (user_password, b"owner"))
        owner_entry = _rc4(_md5(owner)[:5], user)
        key = _md5(user + owner_entry + (-4 & 0xFFFFFFFF).to_bytes(4, "little") + file_id)[:5]
        entries = (owner_entry.hex().encode(), _rc4(key, PASSWORD_PADDING).hex().encode())
        return cls(key, b" /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % entries)

    def seal(self, data: bytes, number: int) -> bytes:
        return _rc4(_md5(self.key + number.to_bytes(3, "little") + b"\0\0")[:10], data)


def _serialize(body: bytes | tuple[bytes, bytes], number: int, lock: _Lock | None) -> bytes:
    if isinstance(body, bytes):
        return body
    dictionary, data = body
    return dictionary + b"\nstream\n" + (lock.seal(data, number) if lock else data) + b"\nendstream"


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _array(numbers: Sequence[float]) -> bytes:
    return b"[%s]" % b" ".join(f"{number:g}".encode() for number in numbers)


def _references(numbers: dict[str, int]) -> bytes:
    return b"<< %s >>" % b" ".join(f"/{name} {number} 0 R".encode() for name, number in numbers.items())
