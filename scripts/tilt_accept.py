"""What the first person with a GPU runs: `make tilt-accept URL=http://host:8001/v1 EVAL_DATA=folder`.

Holds the TILT server at URL to the contract suite, then scores the API in front of it on labelled documents, with both
protocols, beside the embedded reader alone. Writes reports/tilt-accept.md. Exit codes: 0 the contract holds and no
document failed, 1 it does not or some did, 2 not run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from scripts.local_service import NotStarted, local_service

REPORT = Path("reports/tilt-accept.md")
READERS = {"TILT, protocol tilt": "tilt", "TILT, protocol chat": "chat", "embedded reader": ""}
"""What is compared, and the TILT_PROTOCOL of each; none: no TILT server."""
COLUMNS = (
    "documents",
    "failed",
    "micro_recall",
    "macro_recall",
    "precision",
    "perfect_documents",
    "seconds_per_document_median",
)


@dataclass(frozen=True)
class Contract:
    """How the contract suite ended: counts, and the names of the tests that failed."""

    passed: int
    failed: tuple[str, ...]


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the TILT server, http://host:port/v1")
    parser.add_argument("folder", help="labelled documents, see docs/accuracy.md")
    parser.add_argument("--key", default="", help="its VLLM_API_KEY")
    parser.add_argument("--limit", type=int, help="only the first so many documents")
    args = parser.parse_args()
    _say(f"Holding {args.url} to the contract ...")
    contract = check_contract(args.url, args.key)
    try:
        scores = {name: score(args, protocol) for name, protocol in READERS.items()}
    except (NotStarted, subprocess.CalledProcessError) as exc:
        _say(f"Not scored: {exc}")
        return 2
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(args.url, contract, scores), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))
    return 1 if contract.failed or any(figures["failed"] for figures in scores.values()) else 0


def check_contract(url: str, key: str) -> Contract:
    """Run tests/contract against a server."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        suite = ["-m", "pytest", "-q", "--tb=line", "-p", "no:xdist", "tests/contract", f"--junitxml={results}"]
        subprocess.run([sys.executable, *suite, "--tilt-url", url, "--tilt-key", key], stdout=sys.stderr, check=False)
        cases = list(ET.parse(results).iter("testcase"))  # noqa: S314 - written by our own pytest
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return Contract(len(cases) - len(failed), tuple(case.get("name", "?") for case in failed))


def score(args: argparse.Namespace, protocol: str) -> dict[str, float]:
    """Score the API with a reader; the figures of scripts.evaluate."""
    tilt = {"VLLM_BASE_URL": args.url, "VLLM_API_KEY": args.key, "TILT_PROTOCOL": protocol, "TILT_FALLBACK": "off"}
    with tempfile.TemporaryDirectory() as folder, local_service(tilt if protocol else {"VLLM_BASE_URL": ""}) as api:
        figures = Path(folder, "figures.json")
        command = [sys.executable, "-m", "scripts.evaluate", args.folder, "--url", api, "--json", str(figures)]
        command += ["--name", f"tilt-accept-{protocol or 'layout'}", "--only", "file"]
        command += ["--limit", str(args.limit)] if args.limit else []
        ended = subprocess.run(command, stdout=sys.stderr, check=False)
        if not figures.exists():
            raise subprocess.CalledProcessError(ended.returncode, command)
        read: dict[str, float] = json.loads(figures.read_text(encoding="utf-8"))
    return read


def report(url: str, contract: Contract, scores: dict[str, dict[str, float]]) -> str:
    """The report as Markdown."""
    lines = [f"# Acceptance of the TILT server at {url}", "", f"Contract: {contract.passed} tests passed,"]
    lines[-1] += f" {len(contract.failed)} failed{': ' + ', '.join(contract.failed) if contract.failed else ''}."
    lines += ["", f"| reader | {' | '.join(COLUMNS)} |", f"|---|{'---|' * len(COLUMNS)}"]
    lines += [f"| {name} | {' | '.join(str(figures[key]) for key in COLUMNS)} |" for name, figures in scores.items()]
    return "\n".join(lines) + "\n"


def _say(message: str) -> None:
    print(message, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
