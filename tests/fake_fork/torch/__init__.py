"""A stand-in for torch: the GPU that FAKE_GPU describes, as `<major>.<minor>` or `none`."""

from . import cuda

__all__ = ["cuda"]
