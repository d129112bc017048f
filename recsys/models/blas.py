"""How many threads numpy's products use: numpy itself cannot be asked, the OpenBLAS that it brings can."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

# (of numpy's wheels, of a system's library): the name that gets the number, the name that sets it.
_NAMES = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread inside, as many as before afterwards; with another BLAS than OpenBLAS nothing changes.

    As in recsys.models.threads: on a busy machine, threads that wait for each other take far longer.
    """
    found = _openblas()
    if found is None:
        yield
        return
    library, get, set_to = found
    before = getattr(library, get)()
    getattr(library, set_to)(1)
    try:
        yield
    finally:
        getattr(library, set_to)(before)


@cache
def _openblas() -> tuple[ctypes.CDLL, str, str] | None:
    """The library, by that of numpy which is linked to it, and the names that it has."""
    try:
        library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    except (ImportError, OSError):
        return None
    return next(
        ((library, *names) for names in _NAMES if all(hasattr(library, name) for name in names)), None
    )
