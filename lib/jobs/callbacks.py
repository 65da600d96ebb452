"""Callbacks: telling a server of the client's that a job ended.

In: jobs that ended, from the store. Out: one signed POST each, repeated until it is taken. It says that the job ended,
not what is in it: results are fetched with the key that made the job.

The client chooses where we connect to, so: only to listed hosts, only to public addresses unless allowed, to the very
address that was checked (a name may resolve to another one the next moment), without following redirects, without
proxies of the environment.
"""

import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import anyio
import httpx
from loguru import logger

from lib.errors import CallbackRefused, JobNotFound
from lib.jobs.records import JobView
from lib.jobs.store import JobStore
from lib.settings import JobsSettings

FIRST_WAIT_S = 10.0
"""Before the second attempt; doubles with each."""

MOST_URL_CHARACTERS = 2000

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> its addresses."""


def check_url(url: str, *, settings: JobsSettings) -> SplitResult:
    """A callback's URL, taken apart.

    Raises:
        CallbackRefused: It is not one that this service calls; says why.
    """
    if not settings.callback_hosts or not settings.callback_secret.get_secret_value():
        raise CallbackRefused("Callbacks are off; the operator sets CALLBACK_HOSTS and CALLBACK_SECRET.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as exc:
        raise CallbackRefused("callback_url is not a URL.") from exc
    schemes = {"https", "http"} if settings.callback_allow_private else {"https"}
    if parts.scheme not in schemes or len(url) > MOST_URL_CHARACTERS or not url.isascii() or not url.isprintable():
        raise CallbackRefused(f"callback_url must be a URL with {' or '.join(sorted(schemes))}, in plain characters.")
    if parts.username is not None or parts.password is not None:
        raise CallbackRefused("callback_url must not carry a user or a password.")
    if not any(_is_listed(host, listed.lower()) for listed in settings.callback_hosts):
        raise CallbackRefused("The host of callback_url is not among CALLBACK_HOSTS.")
    return parts


def _is_listed(host: str, listed: str) -> bool:
    return host.endswith(listed[1:]) if listed.startswith("*.") else host == listed


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system knows them.

    Raises:
        OSError: It knows none.
    """
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also where it wraps another one.

    Source: the registries of special-purpose addresses (RFC 6890) as in `ipaddress`; NAT64 (RFC 6052), 6to4 (RFC 3056)
    and Teredo (RFC 4380) carry an IPv4 address inside.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if inner := ip.ipv4_mapped:
            return is_public(str(inner))
        if ip.sixtofour or ip.teredo or ip in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return ip.is_global and not ip.is_multicast


def signature(body: bytes, *, secret: str, timestamp: int) -> str:
    """What X-OCRlty-Signature says: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def message(job: JobView) -> bytes:
    """The body: which job ended, and how."""
    succeeded, failed, cancelled = (job.count(state) for state in ("finished", "failed", "cancelled"))
    files = {"total": len(job.files), "succeeded": succeeded, "failed": failed, "cancelled": cancelled}
    body = {
        "event": "job.ended",
        "job_id": job.job_id,
        "status": job.state,
        "files": files,
        "request_id": job.request_id,
        "results": f"/v1/jobs/{job.job_id}",
    }
    return json.dumps(body).encode()


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Sends what is due.

    Attributes:
        store: Knows what is.
        settings: Who may be called, and how patiently.
        resolve: Finds a host's addresses.
        first_wait_s: Seconds before the second attempt.
        verify: What certificates are checked by; True: the usual authorities.
    """

    store: JobStore
    settings: JobsSettings
    resolve: Resolve = resolve
    first_wait_s: float = FIRST_WAIT_S
    verify: ssl.SSLContext | bool = True

    def send_next(self) -> bool:
        """Try one callback; False where none is due.

        Raises:
            RedisError: Redis is away; the callback is tried again later.
        """
        due = self.store.next_callback(own_for_s=2 * self.settings.callback_timeout_s + self.first_wait_s)
        if due is None:
            return False
        job_id, attempt = due
        try:
            job = self.store.view(job_id, with_outcomes=False)
        except JobNotFound:
            self.store.callback_over(job_id, delivered=False)
            return True
        problem = self._attempt(job)
        if problem is None:
            self.store.callback_over(job_id, delivered=True)
        elif attempt >= self.settings.callback_attempts:
            logger.error("callback of job {} is given up after {} attempts: {}", job_id, attempt, problem)
            self.store.callback_over(job_id, delivered=False)
        else:
            logger.warning("callback of job {}, attempt {}: {}", job_id, attempt, problem)
            self.store.callback_later(job_id, wait_s=self.first_wait_s * 2 ** (attempt - 1))
        return True

    def _attempt(self, job: JobView) -> str | None:
        """Why it was not taken; None where it was."""
        try:
            parts = check_url(job.options.callback_url, settings=self.settings)
            status = self._post(parts, message(job), job.job_id)
        except (CallbackRefused, httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            return str(exc) if isinstance(exc, CallbackRefused) else type(exc).__name__
        return None if httpx.codes.is_success(status) else f"answered {status}"

    def _post(self, parts: SplitResult, body: bytes, job_id: str) -> int:
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(host, port)
        url = httpx.URL(parts.geturl()).copy_with(host=address)
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "OCRlty",
            "X-OCRlty-Job": job_id,
            "X-OCRlty-Signature": signature(
                body, secret=self.settings.callback_secret.get_secret_value(), timestamp=int(time.time())
            ),
        }
        return anyio.run(self._status_in_time, url, body, headers, host)

    async def _status_in_time(self, url: httpx.URL, body: bytes, headers: dict[str, str], host: str) -> int:
        limit_s = self.settings.callback_timeout_s
        with anyio.fail_after(limit_s):  # httpx's own clock begins anew with each piece that a slow receiver sends.
            async with (
                httpx.AsyncClient(timeout=limit_s, verify=self.verify, trust_env=False) as client,
                # The name is what the certificate must be for, though the connection goes to the address.
                client.stream("POST", url, content=body, headers=headers, extensions={"sni_hostname": host}) as answer,
            ):
                return answer.status_code  # The body of the answer is nobody's business, and is not read.

    def _address(self, host: str, port: int) -> str:
        """The address to connect to, checked.

        Raises:
            CallbackRefused: One of the host's addresses is private.
        """
        addresses = self.resolve(host, port)
        if not addresses or not (self.settings.callback_allow_private or all(map(is_public, addresses))):
            raise CallbackRefused("The host of callback_url has a private address (CALLBACK_ALLOW_PRIVATE).")
        return addresses[0]
