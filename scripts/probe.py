"""Ask an address whether it answers with a success: `python -m scripts.probe [--key-from VARIABLE] URL`.

For health checks in images without curl, and for the entrypoint. Exit codes: 0 it does, 1 it does not. Uses nothing but
the standard library, so that it starts in a tenth of a second.
"""

import argparse
import os
import sys
import urllib.request

LIMIT_S = 4


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--key-from", metavar="VARIABLE", help="variable whose value is sent as a Bearer key, if it has one"
    )
    parser.add_argument("url")
    given = parser.parse_args()
    key = _secret(given.key_from) if given.key_from else ""
    request = urllib.request.Request(given.url, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S):  # noqa: S310 - the operator's own address
            return 0
    except OSError as exc:  # HTTPError and URLError are OSErrors.
        print(exc, file=sys.stderr)
        return 1


def _secret(variable: str) -> str:
    """The variable's value, or the content of the file that `<variable>_FILE` names; empty without either."""
    value, path = os.environ.get(variable, ""), os.environ.get(f"{variable}_FILE", "")
    if value or not path:
        return value
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would double the time to start
        return file.read().strip()


if __name__ == "__main__":
    sys.exit(main())
