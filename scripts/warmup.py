"""Make a pod's first document a quick one: `python -m scripts.warmup [--no-download] [--no-request] [--url URL]`.

Downloads TILT_MODEL at TILT_REVISION into HF_HOME, signed in with HF_TOKEN where that is set; what was begun goes on
where it stopped. Then it asks the service at URL to read one drawn page, which goes through the OCR engine and the TILT
server. Exit codes: 0 done, 64 a setting is wrong or names no model, 69 no network or no service, 70 the service fails,
73 HF_HOME cannot be written, 74 the disk is full, 77 the token is refused.
"""

import argparse
import errno
import io
import shutil
import sys
import time
from pathlib import Path

import httpx
import httpx2
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from PIL import Image, ImageDraw, ImageFont

from lib.errors import StartupError
from lib.settings import Settings, load_settings

EXIT_WRONG_SETTING, EXIT_UNREACHABLE, EXIT_SERVICE_FAILS, EXIT_NOT_WRITABLE, EXIT_DISK_FULL, EXIT_REFUSED = (
    64,
    69,
    70,
    73,
    74,
    77,
)
SPARE_BYTES = 1 << 30
"""What must stay free beside the model: logs, temporary files."""
REQUEST_LIMIT_S = 180
PAGE = ("WARM & READY LTD", "Invoice 1001", "Date: 2025-03-14", "Subtotal EUR 10.00", "VAT 21% 2.10", "Total EUR 12.10")


class CannotWarmUp(Exception):
    """One sentence for the operator, and the exit code."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-download", action="store_true", help="the model is there already")
    parser.add_argument("--no-request", action="store_true", help="the service does not run yet")
    parser.add_argument("--url", help="of the service (default: API_PORT of this machine)")
    args = parser.parse_args()
    try:
        settings = load_settings()
        if not args.no_download:
            download(settings)
        if not args.no_request:
            request(args.url or f"http://127.0.0.1:{settings.api.port}", key=_first_key(settings))
    except StartupError as exc:
        return _say(str(exc), EXIT_WRONG_SETTING)
    except CannotWarmUp as exc:
        return _say(str(exc), exc.exit_code)
    return 0


def download(settings: Settings) -> None:
    """Fetch what is missing of the model.

    Raises:
        CannotWarmUp: It cannot be fetched or kept.
    """
    model, revision = settings.tilt.model, settings.tilt_server.revision
    try:
        files = HfApi().model_info(model, revision=revision, files_metadata=True).siblings or []
        _check_space(sum(file.size or 0 for file in files), model)
        path = snapshot_download(model, revision=revision)
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, httpx2.TransportError, OSError) as exc:
        raise _explained(exc, f"{model} at {revision}") from exc
    _say(f"{model} at {revision} is in {path}")


def _check_space(size: int, model: str) -> None:
    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    there = sum(
        file.stat().st_size for file in (cache / f"models--{model.replace('/', '--')}" / "blobs").glob("*")
    )  # Files of downloads that were interrupted included.
    needed, free = max(0, size - there) + SPARE_BYTES, shutil.disk_usage(cache).free
    if free < needed:
        raise CannotWarmUp(
            f"{cache} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed; make the volume larger or set "
            f"HF_HOME to a folder on a larger one.",
            exit_code=EXIT_DISK_FULL,
        )


def _explained(exc: Exception, what: str) -> CannotWarmUp:
    if isinstance(exc, RevisionNotFoundError):
        return CannotWarmUp(f"There is no {what} (TILT_REVISION).", exit_code=EXIT_WRONG_SETTING)
    status = exc.response.status_code if isinstance(exc, HfHubHTTPError) else None
    if isinstance(exc, GatedRepoError | RepositoryNotFoundError) or status in {401, 403}:
        return CannotWarmUp(
            f"The hub refuses {what}: HF_TOKEN is wrong or may not read it, or there is no such model (TILT_MODEL).",
            exit_code=EXIT_REFUSED,
        )
    code = exc.errno if isinstance(exc, OSError) else None
    if code == errno.ENOSPC:
        return CannotWarmUp(f"The disk is full: {constants.HF_HOME} (HF_HOME).", exit_code=EXIT_DISK_FULL)
    if code in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT}:
        return CannotWarmUp(f"{constants.HF_HOME} (HF_HOME) cannot be written: {exc}.", exit_code=EXIT_NOT_WRITABLE)
    return CannotWarmUp(
        f"The hub cannot be reached for {what} ({type(exc).__name__}); run this again, it goes on where it stopped.",
        exit_code=EXIT_UNREACHABLE,
    )


def _first_key(settings: Settings) -> str | None:
    return settings.api.keys[0].get_secret_value() if settings.api.keys else None


def request(url: str, *, key: str | None) -> None:
    """Have the service read one page.

    Raises:
        CannotWarmUp: It does not answer, or not with success.
    """
    begun = time.monotonic()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.post(
            f"{url}/v1/extract", files={"file": ("page.png", drawn_page())}, headers=headers, timeout=REQUEST_LIMIT_S
        )
    except httpx.TransportError as exc:
        raise CannotWarmUp(
            f"The service does not answer at {url} ({type(exc).__name__}).", exit_code=EXIT_UNREACHABLE
        ) from exc
    if not answer.is_success:
        raise CannotWarmUp(
            f"The service answers {answer.status_code}: {answer.text[:300]}", exit_code=EXIT_SERVICE_FAILS
        )
    reader = answer.json()["meta"]["reader"]
    _say(f"The service answered after {time.monotonic() - begun:.1f} s, reader {reader}.")


def drawn_page() -> bytes:
    """A short invoice as a PNG of 800 x 600 px."""
    image = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    for number, line in enumerate(PAGE):
        draw.text((60, 60 + 80 * number), line, fill="black", font=font)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _say(sentence: str, code: int = 0) -> int:
    print(f"warmup: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
