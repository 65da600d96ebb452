"""What only our service is asked: loads, cores, PDFs with a text layer, long documents.

In: running services and files. Out: the figures of one round each, so that rounds can take turns.
"""

import io
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import anyio
import psutil
from PIL import Image

from lib.evaluation.page_images import SCAN_DPI, SCAN_QUALITY, as_scan
from lib.settings import UploadSettings
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.benchmarking.results import PagesCost, TextLayers
from scripts.benchmarking.served import Body, Load, Served, latencies_in_turns, our_service

LADDER = (1, 4, 16, 64)
PAGES = (1, 5, 20)
REQUESTS_A_CLIENT = 2
LEAST_REQUESTS = 12
FEW = 24
"""PDFs with a text layer, and as many e-invoices."""

REPEATS = 5
"""Of each in a round."""

BY_AUTO = {"OCR_ENGINE": "auto"}

Say = Callable[[str], None]


def loads(
    service: Served, samples: Sequence[Sample], *, ladder: Sequence[int], rounds: int, say: Say
) -> Mapping[int, Sequence[Load]]:
    """The service under each number of clients, `rounds` times in turns."""
    found: dict[int, list[Load]] = {clients: [] for clients in ladder}
    for number in range(rounds):
        for clients in ladder if number % 2 else ladder[::-1]:
            requests = max(LEAST_REQUESTS, clients if clients > LEAST_REQUESTS else REQUESTS_A_CLIENT * clients)
            found[clients].append(service.load(samples, clients=clients, requests=requests))
            say(f"load, round {number + 1}/{rounds}: {clients} clients, {found[clients][-1].documents_per_s:.2f}/s")
    return found


def text_layer_rounds(
    service: Served, base: Served | None, pdfs: Sequence[Sample], *, settings: UploadSettings, rounds: int, say: Say
) -> TextLayers:
    """PDFs with a text layer and the scans of them, e-invoices apart, for one client.

    Both services are asked the same file one after the other: such answers take some 25 ms, and minutes of a shared
    machine differ by more than revisions do.

    Args:
        service: Ours.
        base: Another revision's; None: there is none.
        pdfs: Which of them are answered by their XML, `service` says.
        settings: How PDFs are rendered.
        rounds: One at least.
        say: Told what goes on.
    """
    by_xml = [_answered_by_xml(body) for body in service.load(pdfs, clients=1).bodies] if pdfs else []
    layers = [pdf for pdf, is_xml in zip(pdfs, by_xml, strict=True) if not is_xml][:FEW]
    invoices = [pdf for pdf, is_xml in zip(pdfs, by_xml, strict=True) if is_xml][:FEW]
    scans = [Sample(pdf.name, anyio.run(_scan, pdf, settings), "application/pdf") for pdf in layers]
    if base is not None and pdfs:
        base.load([*layers, *invoices], clients=1)
    services = [service] if base is None else [service, base]
    found = TextLayers()
    asked = [(layers, (found.layer_ms, found.base_layer_ms)), (invoices, (found.xml_ms, found.base_xml_ms))]
    for number in range(rounds):
        for files, kept in asked:
            for by_round, median_ms in zip(kept, _medians_ms(services, files * REPEATS), strict=False):
                by_round.append(median_ms)
        found.scan_ms.extend(_medians_ms([service], scans))
        say(f"text layer, round {number + 1}/{rounds}")
    return found


def _answered_by_xml(body: Body | None) -> bool:
    return body is not None and body["meta"]["source"] == "xml"


def _medians_ms(services: Sequence[Served], files: Sequence[Sample]) -> list[float]:
    """Each service's median latency; nothing where there are no files."""
    return [statistics.median(seconds) * 1000 for seconds in latencies_in_turns(services, files)] if files else []


async def _scan(pdf: Sample, settings: UploadSettings) -> bytes:
    return await as_scan(pdf.content, settings=settings)


def page_costs(service: Served, sample: Sample, *, pages: Sequence[int], rounds: int, say: Say) -> list[PagesCost]:
    """What a page costs in scanned PDFs that have the same page so many times."""
    documents = {count: _repeated(sample, count) for count in pages}
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in pages}
    service.load(list(documents.values())[:1], clients=1)
    for number in range(rounds):
        for count, document in documents.items():
            times = max(1, LEAST_REQUESTS // count)
            before = cpu_s_of_tree(service.pid)
            load = service.load([document], clients=1, requests=times)
            cpu_s = cpu_s_of_tree(service.pid) - before
            found[count].append((cpu_s / (times * count), load.seconds / (times * count)))
            say(f"pages, round {number + 1}/{rounds}: {count} pages, {found[count][-1][0]:.3f} CPU s a page")
    return [
        PagesCost(count, tuple(cpu_s for cpu_s, _ in each), tuple(seconds for _, seconds in each))
        for count, each in found.items()
    ]


def _repeated(sample: Sample, count: int) -> Sample:
    """A scanned PDF of `count` pages, each of them this image."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(sample.content)) as image:
        page = image.convert("RGB")
    others = [page] * (count - 1)
    page.save(out, "PDF", save_all=True, append_images=others, resolution=SCAN_DPI, quality=SCAN_QUALITY)
    return Sample(f"{count}-pages.pdf", out.getvalue(), "application/pdf")


def by_cores(samples: Sequence[Sample], *, rounds: int, say: Say) -> Mapping[int, Sequence[float]]:
    """Pages a second of a service that may use so many cores, with as many engines."""
    if not hasattr(os, "sched_setaffinity"):
        return {}
    available = sorted(os.sched_getaffinity(0))
    counts = sorted({1 << power for power in range(len(available).bit_length()) if 1 << power <= len(available)})
    found: dict[int, Sequence[float]] = {}
    for count in counts:
        with _on_cores(available[:count]), our_service(concurrency=count, environ=BY_AUTO) as service:
            service.read_all(samples)
            found[count] = [service.load(samples, clients=2 * count).documents_per_s for _ in range(rounds)]
        say(f"{count} cores: {statistics.median(found[count]):.2f} pages/s")
    return found


@contextmanager
def _on_cores(cores: Sequence[int]) -> Iterator[None]:
    """Start processes on these cores only; this one stays there meanwhile, so that its own work is paid by them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """What this runs on, a sentence."""
    model = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), "unknown CPU")
    memory = psutil.virtual_memory().total / 2**30
    return f"{model}, {len(psutil.Process().cpu_affinity())} cores, {memory:.0f} GB."


def _cpuinfo() -> list[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - no file one would keep a path of
            return lines.readlines()
    except OSError:
        return []
