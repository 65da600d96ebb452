"""Callbacks, against a real Redis and a real server."""

import contextlib
import datetime
import hashlib
import hmac
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from redis import Redis

from lib.errors import CallbackRefused
from lib.jobs import callback_queue
from lib.jobs.callback_queue import CallbackQueue
from lib.jobs.callbacks import Callbacks, Resolve, check_url, is_public, signature
from lib.jobs.store import JobStore
from lib.settings import JobsSettings, load_settings
from tests.markdown import page
from tests.unit.jobs.jobs import taken


def settings(**environ: str) -> JobsSettings:
    """Callbacks to example.com and below example.org."""
    hosts = "example.com, *.example.org, 10.0.0.1, example.com:8443, *.example.org:8443, [::1]:8443"
    return load_settings({"CALLBACK_HOSTS": hosts, "CALLBACK_SECRET": "secret"} | environ).jobs


class Receiver:
    """A server that answers with the statuses it is given, the last one again and again."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.statuses = [204]
        self.received: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers), body))
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server of the client's."""
    running = Receiver()
    yield running
    running.close()


def ended_job(redis: Redis, url: str, *, owner: str = "one") -> str:
    """The id of a job that ended and has a callback."""
    (file,) = taken(JobStore(redis), 1, owner=owner, callback_url=url)
    JobStore(redis).cancel(file.job_id)
    return file.job_id


def callbacks(redis: Redis, *, resolve: Resolve = lambda *_: ["127.0.0.1"], **environ: str) -> Callbacks:
    """To any port of this machine, whatever the host is called, and without waiting."""
    ports = ",".join(f"example.com:{port}" for port in listed_ports(redis))
    chosen = settings(**{"CALLBACK_ALLOW_PRIVATE": "on", "CALLBACK_HOSTS": ports} | environ)
    return Callbacks(JobStore(redis), CallbackQueue(redis), chosen, resolve=resolve, first_wait_s=0)


def listed_ports(redis: Redis) -> set[int]:
    """Those that callbacks of the jobs in Redis go to."""
    urls = [redis.hget(key, "callback_url") or b"" for key in redis.keys("ocrlty:job:*") if redis.type(key) == b"hash"]
    return {urlsplit(url.decode()).port or 443 for url in urls if isinstance(url, bytes)}


def send_next(sender: Callbacks) -> bool:
    """Try one callback; False where none is due."""

    async def send() -> bool:
        due = await sender.next()
        if due:
            await sender.tell(*due)
        return due is not None

    return anyio.run(send)


def test_callback_is_signed_and_says_no_more_than_that_the_job_ended(redis: Redis, receiver: Receiver) -> None:
    """The receiver can tell that it is us, when it was, and where the results are."""
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook?x=1")
    sent = send_next(callbacks(redis))

    ((headers, body),) = receiver.received
    timestamp, digest = (part.partition("=")[2] for part in headers["X-OCRlty-Signature"].split(","))
    assert sent
    assert hmac.compare_digest(digest, hmac.new(b"secret", f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest())
    assert headers["Host"] == f"example.com:{receiver.port}"
    assert json.loads(body) == {
        "event": "job.ended",
        "job_id": job_id,
        "status": "cancelled",
        "files": {"total": 1, "succeeded": 0, "failed": 0, "cancelled": 1},
        "request_id": "request",
        "results": f"/v1/jobs/{job_id}",
    }
    assert JobStore(redis).view(job_id).callback == "delivered"
    assert not send_next(callbacks(redis))


@pytest.mark.parametrize("status", [500, 404, 302], ids=["failing", "not there", "redirecting"])
def test_callback_that_is_not_taken_is_tried_again_then_given_up(redis: Redis, receiver: Receiver, status: int) -> None:
    """As often as CALLBACK_ATTEMPTS says; a redirect is not followed."""
    receiver.statuses = [status]
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = callbacks(redis, CALLBACK_ATTEMPTS="3")
    attempts = [send_next(sender) for _ in range(4)]

    assert attempts == [True, True, True, False]
    assert len(receiver.received) == 3
    assert JobStore(redis).view(job_id).callback == "failed"


def test_callback_that_is_taken_at_the_second_attempt_is_delivered(redis: Redis, receiver: Receiver) -> None:
    """A server that was down for a moment misses nothing."""
    receiver.statuses = [503, 200]
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = callbacks(redis)
    send_next(sender)
    between = JobStore(redis).view(job_id).callback
    send_next(sender)

    assert (between, JobStore(redis).view(job_id).callback) == ("pending", "delivered")


def test_callback_to_a_server_that_answers_drop_by_drop_ends_in_time(redis: Redis) -> None:
    """One receiver does not keep the parent from calling all others; CALLBACK_TIMEOUT_S is for the whole attempt."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=drip, args=(listener,), daemon=True).start()
        job_id = ended_job(redis, f"http://example.com:{listener.getsockname()[1]}/hook")
        send_next(callbacks(redis, CALLBACK_TIMEOUT_S="0.5"))

    assert JobStore(redis).view(job_id).callback == "pending"


class Silent:
    """A server that takes connections and never answers; it counts those that it has."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self._listener.accept()[0])

    def close(self) -> None:
        """End it."""
        self._listener.close()
        for connection in self.connections:
            connection.close()


@contextlib.contextmanager
def sending(sender: Callbacks) -> Iterator[None]:
    """Callbacks are sent while the block runs."""
    ended = Event()
    thread = Thread(target=anyio.run, args=(sender.send, ended.is_set))
    thread.start()
    yield
    ended.set()
    thread.join()


def test_silent_receiver_delays_nobody_elses_callback(redis: Redis, receiver: Receiver) -> None:
    """Twenty of its jobs ended first; it gets no more than its share of calls at the same time."""
    silent = Silent()
    for _ in range(20):
        ended_job(redis, f"http://silent.example.com:{silent.port}/hook")
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    hosts = f"*.example.com:{silent.port},example.com:{receiver.port}"
    sender = callbacks(redis, CALLBACK_HOSTS=hosts, CALLBACK_TIMEOUT_S="3", CALLBACK_PER_HOST="3")
    start = time.monotonic()
    with sending(sender):
        while JobStore(redis).view(job_id).callback != "delivered" and time.monotonic() - start < 10:
            time.sleep(0.02)
        took_s = time.monotonic() - start
        at_once = len(silent.connections)
    silent.close()

    assert took_s < 2
    assert at_once <= 2


def test_long_line_for_one_host_stands_in_nobodys_way(
    redis: Redis, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, they are looked at in one go."""
    monkeypatch.setattr(callback_queue, "LOOKS", 3)
    for _ in range(20):
        ended_job(redis, "http://silent.example.com/hook")
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    queue = CallbackQueue(redis)

    assert queue.next(own_for_s=60, per_host=1)
    assert queue.next(own_for_s=60, per_host=1) == (job_id, 1)
    assert queue.next(own_for_s=60, per_host=1) is None


def test_one_key_has_no_more_than_half_of_the_calls_to_a_host(redis: Redis) -> None:
    """Two clients may have receivers behind the same name; that of one does not answer."""
    silent = [ended_job(redis, "https://example.com/silent", owner="one") for _ in range(6)]
    other = ended_job(redis, "https://example.com/other", owner="two")
    queue = CallbackQueue(redis)
    due = [queue.next(own_for_s=60, per_host=4) for _ in range(4)]

    assert due[3] is None
    assert other in due_ids(due)
    assert len(set(due_ids(due)) & set(silent)) == 2
    queue.over(other, delivered=True)
    assert queue.next(own_for_s=60, per_host=4) is None


def due_ids(due: list[tuple[str, int] | None]) -> list[str]:
    """Of the jobs that are due."""
    return [job_id for job_id, _ in filter(None, due)]


def test_host_is_called_again_when_its_calls_have_ended(redis: Redis, receiver: Receiver) -> None:
    """What it had no place for is not forgotten."""
    jobs = [ended_job(redis, f"http://example.com:{receiver.port}/hook") for _ in range(6)]
    with sending(callbacks(redis, CALLBACK_PER_HOST="1")):
        end = time.monotonic() + 20
        while len(receiver.received) < 6 and time.monotonic() < end:
            time.sleep(0.02)

    assert {JobStore(redis).view(job_id).callback for job_id in jobs} == {"delivered"}
    assert len(receiver.received) == 6


def test_receiver_that_breaks_everything_costs_its_own_callback(redis: Redis, receiver: Receiver) -> None:
    """An exception that nobody expected is one attempt that failed."""

    def broken(host: str, port: int) -> list[str]:
        raise ValueError((host, port))

    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")

    assert send_next(callbacks(redis, resolve=broken, CALLBACK_ATTEMPTS="1"))
    assert JobStore(redis).view(job_id).callback == "failed"


def drip(listener: socket.socket) -> None:
    """Answer one request with header after header for some seconds, until its client is gone."""
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 204 No Content\r\n")
        for _ in range(50):
            connection.sendall(b"X-Drop: 1\r\n")
            time.sleep(0.1)
        connection.sendall(b"\r\n")


def test_next_attempt_waits_longer_each_time(redis: Redis, receiver: Receiver) -> None:
    """Not at once: the other side may be overloaded."""
    receiver.statuses = [503]
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = replace(callbacks(redis), first_wait_s=100)

    assert send_next(sender)
    assert not send_next(sender)
    assert 95 < float(redis.zscore("ocrlty:callbacks", job_id) or 0) - time.time() < 105


def certificate(folder: Path, host: str) -> Path:
    """A self-signed one for a host, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today).not_valid_after(today + datetime.timedelta(days=1))
    made = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / host
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(encoding))
    return path


@pytest.mark.parametrize(("host", "expected"), [("example.com", "delivered"), ("example.net", "failed")])
def test_certificate_must_be_the_hosts_though_its_address_is_called(
    redis: Redis, tmp_path: Path, host: str, expected: str
) -> None:
    """Whoever sits at the address must prove to be the host."""
    pem = certificate(tmp_path, host)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    receiver = Receiver(tls)
    job_id = ended_job(redis, f"https://example.com:{receiver.port}/hook")
    sender = replace(callbacks(redis, CALLBACK_ATTEMPTS="1"), verify=ssl.create_default_context(cafile=pem))

    assert send_next(sender)
    assert JobStore(redis).view(job_id).callback == expected
    receiver.close()


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], []],
    ids=["local", "one of two", "IPv6", "none"],
)
def test_host_with_a_private_address_is_not_called(redis: Redis, receiver: Receiver, addresses: list[str]) -> None:
    """A name in the list may point into the operator's network."""
    job_id = ended_job(redis, f"https://example.com:{receiver.port}/hook")
    sender = callbacks(redis, resolve=lambda *_: addresses, CALLBACK_ATTEMPTS="1", CALLBACK_ALLOW_PRIVATE="off")

    assert send_next(sender)
    assert receiver.received == []
    assert JobStore(redis).view(job_id).callback == "failed"


def test_address_that_was_checked_is_the_one_connected_to(redis: Redis, receiver: Receiver) -> None:
    """A name that resolves to another address the next moment is asked for once only."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = callbacks(redis, resolve=lambda *_: next(answers))

    assert send_next(sender)
    assert len(receiver.received) == 1
    assert next(answers) == ["192.0.2.1"]


def test_callback_of_a_job_that_is_gone_is_dropped(redis: Redis) -> None:
    """It expired while its callback was being tried."""
    job_id = ended_job(redis, "http://example.com/hook")
    redis.delete(f"ocrlty:job:{job_id}")
    sender = callbacks(redis)

    assert [send_next(sender), send_next(sender)] == [True, False]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("10.1.2.3", id="private"),
        pytest.param("169.254.169.254", id="metadata of a cloud"),
        pytest.param("100.64.0.1", id="carrier"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("0.0.0.0", id="this host"),  # noqa: S104
        pytest.param("::1", id="IPv6 loopback"),
        pytest.param("fe80::1%eth0", id="link-local with its zone"),
        pytest.param("fd00::1", id="unique local"),
        pytest.param("::ffff:10.0.0.1", id="mapped"),
        pytest.param("64:ff9b::a00:1", id="NAT64"),
        pytest.param("2002:0a00:0001::", id="6to4"),
    ],
)
def test_address_that_is_not_of_the_internet_is_not_public(address: str) -> None:
    """However it is written."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_address_of_the_internet_is_public(address: str) -> None:
    """Those are called."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a?b=c",
        "https://example.com:443/",
        "https://EXAMPLE.com:8443/",
        "https://a.b.example.org/",
        "https://a.example.org:8443/",
        "https://[::1]:8443/",
    ],
)
def test_listed_host_may_be_called(url: str) -> None:
    """By name, in any case, and below a name with a star."""
    assert check_url(url, settings=settings()).geturl().lower() == url.lower()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("http://example.com/", "https", id="not encrypted"),
        pytest.param("ftp://example.com/", "https", id="other scheme"),
        pytest.param("https://example.net/", "CALLBACK_HOSTS", id="other host"),
        pytest.param("https://example.com.evil.net/", "CALLBACK_HOSTS", id="host that begins alike"),
        pytest.param("https://evilexample.org/", "CALLBACK_HOSTS", id="host that ends alike"),
        pytest.param("https://example.org/", "CALLBACK_HOSTS", id="not below the star"),
        pytest.param("https://user:pass@example.com/", "user", id="credentials"),
        pytest.param("https://evil.net\\@example.com/", "user|CALLBACK_HOSTS|URL", id="backslash"),
        pytest.param("https://example.com/\r\nX: y", "plain", id="line break"),
        pytest.param("https://exämple.com/", "plain", id="not ASCII"),
        pytest.param("https://[::1/", "not a URL", id="broken"),
        pytest.param("https://example.com:99999/", "not a URL", id="port"),
        pytest.param("https://example.com:22/", "port 22, which is listed as host:22", id="port that is not listed"),
        pytest.param("https://example.com:0/", "port 0", id="port 0"),
        pytest.param("https://10.0.0.1:8443/", "port 8443", id="port of another host"),
        pytest.param("/hook", "https", id="no host"),
    ],
)
def test_other_urls_are_refused_when_the_job_is_sent(url: str, reason: str) -> None:
    """The client learns it at once, not after the job."""
    with pytest.raises(CallbackRefused, match=reason):
        check_url(url, settings=settings())


def test_callbacks_are_off_without_hosts_or_secret() -> None:
    """Nothing is sent that nobody configured, and nothing unsigned."""
    for name in ("callback_hosts", "callback_secret"):
        empty = settings().model_copy(update={name: () if name == "callback_hosts" else SecretStr("")})
        with pytest.raises(CallbackRefused, match="CALLBACK_HOSTS and CALLBACK_SECRET"):
            check_url("https://example.com/", settings=empty)


def test_signature_is_the_documented_one() -> None:
    """The example of docs/jobs.md."""
    documented = re.search(r"t=1795340000,v1=\w+", page("jobs.md"))

    assert documented
    assert signature(b'{"event": "job.ended"}', secret="secret", timestamp=1795340000) == documented[0]  # noqa: S106
