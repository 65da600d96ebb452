"""How fast the health of a service is told while it works.

In: its address. Out: milliseconds, one for each time it was asked. Runs in a process of its own, so that what delays
the clients that make the load does not count; imports nothing that takes time.
"""

import http.client
import time

INTERVAL_S = 0.05
ANSWER_LIMIT_S = 30


def watch_health(host: str, port: int, seconds: float) -> list[float]:
    """Ask for /v1/health again and again.

    Args:
        host: Of the service.
        port: Of the service.
        seconds: For how long.

    Returns:
        Milliseconds from question to answer; infinite where it was not answered with 200.
    """
    end = time.monotonic() + seconds
    found = []
    while time.monotonic() < end:
        found.append(_ask(host, port))
        time.sleep(INTERVAL_S)
    return found


def _ask(host: str, port: int) -> float:
    """One question over a connection of its own, as probes do."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/v1/health")
        response = connection.getresponse()
        response.read()
    except OSError:
        return float("inf")
    finally:
        connection.close()
    return (time.perf_counter() - start) * 1000 if response.status == http.client.OK else float("inf")
