"""What a tree of processes costs: CPU seconds and memory.

Reads /proc, where what processes share is shared out among them (PSS); elsewhere memory is the resident set.
"""

from pathlib import Path

import psutil

MB = 2**20


def _tree(pid: int | None) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_s_of_tree(pid: int | None = None) -> float:
    """CPU seconds of a process (None: this one) and its living children, threads included."""
    total = 0.0
    for process in _tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def pss_mb_of_tree(pid: int | None = None) -> float:
    """Megabytes of a process and its children."""
    total = 0.0
    for process in _tree(pid):
        try:
            total += _pss_mb(process)
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            continue
    return total


def _pss_mb(process: psutil.Process) -> float:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if not Path("/proc/self/smaps_rollup").exists():
        return float(process.memory_info().rss) / MB
    line = next((line for line in rollup.read_text("ascii").splitlines() if line.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) / 1024
