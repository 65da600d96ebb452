"""Callbacks: telling a server of the client's that a job ended.

In: jobs that ended, from the store. Out: one signed POST each, repeated until it is taken. It says that the job ended,
not what is in it: results are fetched with the key that made the job.

The client chooses where we connect to, so: only to listed hosts, only to public addresses unless allowed, to the very
address that was checked (a name may resolve to another one the next moment), to no port but 443 that is not listed,
without following redirects, without proxies of the environment. Callbacks are sent side by side, a few to each host, so
that a receiver which does not answer delays nobody else's.
"""

import functools
import hashlib
import hmac
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import anyio
import httpx
from anyio import to_thread
from anyio.lowlevel import checkpoint
from loguru import logger
from redis.exceptions import RedisError

from lib.errors import CallbackRefused, JobNotFound
from lib.jobs.callback_queue import CallbackQueue
from lib.jobs.records import JobView
from lib.jobs.store import JobStore
from lib.settings import JobsSettings
from lib.telemetry import class_and_place

FIRST_WAIT_S = 10.0
"""Before the second attempt; doubles with each."""

LOOK_S = 0.5
"""Between two looks for callbacks where none was due."""

AT_ONCE = 100
"""Callbacks under way from one parent; each is a task and, for a moment, a thread."""

HTTPS_PORT = 443

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
        host, port = parts.hostname or "", _port(parts)
    except ValueError as exc:
        raise CallbackRefused("callback_url is not a URL.") from exc
    schemes = {"https", "http"} if settings.callback_allow_private else {"https"}
    if parts.scheme not in schemes or len(url) > MOST_URL_CHARACTERS or not url.isascii() or not url.isprintable():
        raise CallbackRefused(f"callback_url must be a URL with {' or '.join(sorted(schemes))}, in plain characters.")
    if parts.username is not None or parts.password is not None:
        raise CallbackRefused("callback_url must not carry a user or a password.")
    if not any(_is_listed(host, port, listed=listed) for listed in settings.callback_hosts):
        raise CallbackRefused(
            "The host of callback_url is not among CALLBACK_HOSTS"
            + ("." if port == HTTPS_PORT else f" with its port {port}, which is listed as host:{port}.")
        )
    return parts


def _port(parts: SplitResult) -> int:
    return (HTTPS_PORT if parts.scheme == "https" else 80) if parts.port is None else parts.port


def _is_listed(host: str, port: int, *, listed: str) -> bool:
    """Whether an entry of CALLBACK_HOSTS, with the port 443 unless it names another, is this host and port."""
    name, _, number = listed.lower().rpartition(":") if re.search(r"[^:]:\d+$", listed) else (listed.lower(), "", "")
    fits = host.endswith(name[1:]) if name.startswith("*.") else host == name.strip("[]")
    return fits and port == int(number or HTTPS_PORT)


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
        store: Knows the jobs.
        queue: Knows which callback is due.
        settings: Who may be called, and how patiently.
        resolve: Finds a host's addresses.
        first_wait_s: Seconds before the second attempt.
        verify: What certificates are checked by; None: the usual authorities.
    """

    store: JobStore
    queue: CallbackQueue
    settings: JobsSettings
    resolve: Resolve = resolve
    first_wait_s: float = FIRST_WAIT_S
    verify: ssl.SSLContext | None = None

    async def send(self, until: Callable[[], bool]) -> None:
        """Send callbacks as they fall due, side by side; what is being sent at the end is sent.

        Args:
            until: Asked between two of them.
        """
        places = anyio.CapacityLimiter(AT_ONCE)

        async def send_one(due: tuple[str, int]) -> None:
            async with places:
                await self.tell(*due)

        async with anyio.create_task_group() as tasks:
            while not until():
                full = places.borrowed_tokens >= AT_ONCE
                if not full and (due := await self.next()):
                    tasks.start_soon(send_one, due)
                    await checkpoint()
                else:
                    await anyio.sleep(LOOK_S)

    async def next(self) -> tuple[str, int] | None:
        """A job whose end is to be told now, and which attempt that is; None where none is, or Redis does not say."""
        own_for_s = 2 * self.settings.callback_timeout_s + self.first_wait_s
        ask = functools.partial(self.queue.next, own_for_s=own_for_s, per_host=self.settings.callback_per_host)
        try:
            return await to_thread.run_sync(ask)
        except RedisError as exc:
            logger.warning("callbacks wait for Redis: {}", type(exc).__name__)
            return None

    async def tell(self, job_id: str, attempt: int) -> None:
        """Try one callback; where Redis does not learn how it ended, it is tried again later."""
        try:
            job = await to_thread.run_sync(functools.partial(self.store.view, job_id, with_outcomes=False))
            problem = await self._attempt(job)
            await to_thread.run_sync(self._note, job_id, attempt, problem)
        except JobNotFound:
            await to_thread.run_sync(functools.partial(self.queue.over, job_id, delivered=False))
        except RedisError as exc:
            logger.warning("callback of job {} is tried again: {}", job_id, type(exc).__name__)

    def _note(self, job_id: str, attempt: int, problem: str | None) -> None:
        if problem is None:
            self.queue.over(job_id, delivered=True)
        elif attempt >= self.settings.callback_attempts:
            logger.error("callback of job {} is given up after {} attempts: {}", job_id, attempt, problem)
            self.queue.over(job_id, delivered=False)
        else:
            logger.warning("callback of job {}, attempt {}: {}", job_id, attempt, problem)
            self.queue.later(job_id, wait_s=self.first_wait_s * 2 ** (attempt - 1))

    async def _attempt(self, job: JobView) -> str | None:
        """Why it was not taken; None where it was."""
        try:
            parts = check_url(job.options.callback_url, settings=self.settings)
            with anyio.fail_after(self.settings.callback_timeout_s):  # httpx' own clock begins anew with each piece.
                status = await self._post(parts, message(job), job.job_id)
        except CallbackRefused as exc:
            return str(exc)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            return type(exc).__name__
        except Exception as exc:  # noqa: BLE001 - whatever one receiver does, the others are called
            logger.error("callback of job {}: {}", job.job_id, class_and_place(exc))
            return type(exc).__name__
        return None if httpx.codes.is_success(status) else f"answered {status}"

    async def _post(self, parts: SplitResult, body: bytes, job_id: str) -> int:
        host = parts.hostname or ""
        url = httpx.URL(parts.geturl()).copy_with(host=await self._address(host, _port(parts)))
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "OCRlty",
            "X-OCRlty-Job": job_id,
            "X-OCRlty-Signature": signature(
                body, secret=self.settings.callback_secret.get_secret_value(), timestamp=int(time.time())
            ),
        }
        limit_s, verify = self.settings.callback_timeout_s, self.verify or _authorities()
        async with (
            httpx.AsyncClient(timeout=limit_s, verify=verify, trust_env=False) as client,
            # The name is what the certificate must be for, though the connection goes to the address.
            client.stream("POST", url, content=body, headers=headers, extensions={"sni_hostname": host}) as answer,
        ):
            return answer.status_code  # The body of the answer is nobody's business, and is not read.

    async def _address(self, host: str, port: int) -> str:
        """The address to connect to, checked.

        Raises:
            CallbackRefused: One of the host's addresses is private.
        """
        # A thread of its own: names may take long to be resolved, and the others are for Redis.
        own = anyio.CapacityLimiter(1)
        addresses = await to_thread.run_sync(self.resolve, host, port, abandon_on_cancel=True, limiter=own)
        if not addresses or not (self.settings.callback_allow_private or all(map(is_public, addresses))):
            raise CallbackRefused("The host of callback_url has a private address (CALLBACK_ALLOW_PRIVATE).")
        return addresses[0]


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Loaded once: it takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)
