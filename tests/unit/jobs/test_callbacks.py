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
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from redis import Redis

from lib.errors import CallbackRefused
from lib.jobs.callbacks import Callbacks, check_url, is_public, signature
from lib.jobs.store import JobStore
from lib.settings import JobsSettings, load_settings
from tests.markdown import page
from tests.unit.jobs.jobs import taken


def settings(**environ: str) -> JobsSettings:
    """Callbacks to example.com and below example.org."""
    hosts = {"CALLBACK_HOSTS": "example.com, *.example.org, 10.0.0.1", "CALLBACK_SECRET": "secret"}
    return load_settings(hosts | environ).jobs


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


def ended_job(redis: Redis, url: str) -> str:
    """The id of a job that ended and has a callback."""
    (file,) = taken(JobStore(redis), 1, callback_url=url)
    JobStore(redis).cancel(file.job_id)
    return file.job_id


def callbacks(redis: Redis, **environ: str) -> Callbacks:
    """To this machine, whatever the host is called, and without waiting."""
    chosen = settings(CALLBACK_ALLOW_PRIVATE="on", **environ)
    return Callbacks(JobStore(redis), chosen, resolve=lambda *_: ["127.0.0.1"], first_wait_s=0)


def test_callback_is_signed_and_says_no_more_than_that_the_job_ended(redis: Redis, receiver: Receiver) -> None:
    """The receiver can tell that it is us, when it was, and where the results are."""
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook?x=1")
    sent = callbacks(redis).send_next()

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
    assert not callbacks(redis).send_next()


@pytest.mark.parametrize("status", [500, 404, 302], ids=["failing", "not there", "redirecting"])
def test_callback_that_is_not_taken_is_tried_again_then_given_up(redis: Redis, receiver: Receiver, status: int) -> None:
    """As often as CALLBACK_ATTEMPTS says; a redirect is not followed."""
    receiver.statuses = [status]
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = callbacks(redis, CALLBACK_ATTEMPTS="3")
    attempts = [sender.send_next() for _ in range(4)]

    assert attempts == [True, True, True, False]
    assert len(receiver.received) == 3
    assert JobStore(redis).view(job_id).callback == "failed"


def test_callback_that_is_taken_at_the_second_attempt_is_delivered(redis: Redis, receiver: Receiver) -> None:
    """A server that was down for a moment misses nothing."""
    receiver.statuses = [503, 200]
    job_id = ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = callbacks(redis)
    sender.send_next()
    between = JobStore(redis).view(job_id).callback
    sender.send_next()

    assert (between, JobStore(redis).view(job_id).callback) == ("pending", "delivered")


def test_callback_to_a_server_that_answers_drop_by_drop_ends_in_time(redis: Redis) -> None:
    """One receiver does not keep the parent from calling all others; CALLBACK_TIMEOUT_S is for the whole attempt."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=drip, args=(listener,), daemon=True).start()
        job_id = ended_job(redis, f"http://example.com:{listener.getsockname()[1]}/hook")
        callbacks(redis, CALLBACK_TIMEOUT_S="0.5").send_next()

    assert JobStore(redis).view(job_id).callback == "pending"


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
    sender = Callbacks(
        JobStore(redis), settings(CALLBACK_ALLOW_PRIVATE="on"), resolve=lambda *_: ["127.0.0.1"], first_wait_s=100
    )

    assert sender.send_next()
    assert not sender.send_next()
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

    assert sender.send_next()
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
    sender = Callbacks(JobStore(redis), settings(CALLBACK_ATTEMPTS="1"), resolve=lambda *_: addresses, first_wait_s=0)

    assert sender.send_next()
    assert receiver.received == []
    assert JobStore(redis).view(job_id).callback == "failed"


def test_address_that_was_checked_is_the_one_connected_to(redis: Redis, receiver: Receiver) -> None:
    """A name that resolves to another address the next moment is asked for once only."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    ended_job(redis, f"http://example.com:{receiver.port}/hook")
    sender = Callbacks(JobStore(redis), settings(CALLBACK_ALLOW_PRIVATE="on"), resolve=lambda *_: next(answers))

    assert sender.send_next()
    assert len(receiver.received) == 1
    assert next(answers) == ["192.0.2.1"]


def test_callback_of_a_job_that_is_gone_is_dropped(redis: Redis) -> None:
    """It expired while its callback was being tried."""
    job_id = ended_job(redis, "http://example.com/hook")
    redis.delete(f"ocrlty:job:{job_id}")
    sender = callbacks(redis)

    assert [sender.send_next(), sender.send_next()] == [True, False]


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


@pytest.mark.parametrize("url", ["https://example.com/a?b=c", "https://EXAMPLE.com:8443/", "https://a.b.example.org/"])
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
