"""torch.cuda's three functions that the server calls."""

import os


def is_available() -> bool:
    """Whether there is a GPU."""
    return os.environ.get("FAKE_GPU", "8.9") != "none"


def get_device_capability() -> tuple[int, int]:
    """Of the GPU."""
    major, minor = os.environ.get("FAKE_GPU", "8.9").split(".")
    return int(major), int(minor)


def get_device_name() -> str:
    """Of the GPU."""
    return "Fake T4"
