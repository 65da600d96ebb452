"""Fetch PaddleOCR's official models for scans in other scripts: `python -m scripts.fetch_models ru uk`.

Without languages: those of OCR_LANG and OCR_LANGS. The models go where the service looks for them
(PADDLE_PDX_CACHE_HOME, by default .paddlex in the home folder) and are used from its next start on. What is there is
left alone, so that an interrupted run goes on with what is missing. Exit codes: 0 all are there, 64 a setting or a
language is wrong, 69 no model hub answers or none has a model, 74 the folder cannot be written.
"""

import argparse
import sys
from collections.abc import Sequence

from lib.errors import StartupError
from lib.pipelines.ocr.fetching import NotFetched, fetch, models_for
from lib.settings import load_settings

EXIT_WRONG_SETTING, EXIT_UNREACHABLE, EXIT_NOT_WRITABLE = 64, 69, 74


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("langs", nargs="*", metavar="LANG", help="PaddleOCR's code of a language")
    parser.add_argument("--orientation", action="store_true", help="also the model that says which way a page is up")
    args = parser.parse_args(argv)
    try:
        settings = load_settings().ocr
        folders = models_for(args.langs or settings.languages, settings=settings, orientation=args.orientation)
        new = fetch(folders)
    except StartupError as exc:
        return _say(str(exc), EXIT_WRONG_SETTING)
    except NotFetched as exc:
        return _say(str(exc), EXIT_UNREACHABLE)
    except OSError as exc:
        return _say(f"The models cannot be kept: {exc}", EXIT_NOT_WRITABLE)
    for folder in folders:
        print(f"{folder}  {'fetched' if folder in new else 'was there'}")
    return 0 if folders else _say("The bundled weights read these languages; nothing is needed.", 0)


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
