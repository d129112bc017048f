"""Memory that is free again goes back to the system: of glibc alone, elsewhere nothing happens.

By itself glibc keeps blocks of up to 32 MB, and a heap for each thread, for the next time. After a start that
was a tenth of what the process held (benchmarks/memory.py).
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

# <malloc.h>: see mallopt(3).
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE = 1 << 17  # bytes from which a block is one of its own, returned as soon as it is free


def return_early() -> None:
    """From now on, return large blocks as soon as they are free. Called before there are any."""
    if (library := _glibc()) is not None:
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)


def return_now() -> None:
    """Return what is free by now. Called when much was read."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
