"""What can be seen before the model loads: a wrong setting, a port that is taken. `python -m scripts.preflight`.

Exit codes: 0 all is well, 2 one sentence on stderr says what is not.
"""

import errno
import socket
import sys

from lib.errors import StartupError
from lib.settings import load_settings


def main() -> int:
    """Run the script."""
    try:
        settings = load_settings()
        check_port(settings.api.port)
    except StartupError as exc:
        print(f"OCRlty cannot start: {exc}", file=sys.stderr)
        return 2
    return 0


def check_port(port: int) -> None:
    """Make sure that the API can listen.

    Raises:
        StartupError: It cannot; names the setting.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As uvicorn does: not what TIME_WAIT holds.
        try:
            listener.bind(("0.0.0.0", port))  # noqa: S104 - what the entrypoint has the API listen on
        except OSError as exc:
            why = "is taken by another process" if exc.errno == errno.EADDRINUSE else f"cannot be listened on ({exc})"
            raise StartupError(f"port {port} (API_PORT) {why}.") from exc


if __name__ == "__main__":
    sys.exit(main())
