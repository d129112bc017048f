"""Nothing but loopback, and what an installation lacks. Python imports a module of this name at its start.

`tests/conftest.py` puts this folder on PYTHONPATH, so that every Python process of a test run obeys: the
test's own and the bots that it starts. Whoever looks further away gets an OSError and a line in the file
that MATINEE_TEST_OUTSIDE names, since a program may take the OSError for a network that is down.

The packages that MATINEE_TEST_WITHOUT names, with spaces between, cannot be imported.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from typing import Any


def _is_near(host: str | bytes | None) -> bool:
    """Whether a host is this machine; the wildcards are, since one listens there."""
    name = host.decode() if isinstance(host, bytes) else host or ""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in ("", "localhost")
    return address.is_loopback or address.is_unspecified


def _refuse(what: str) -> OSError:
    path = os.environ.get("MATINEE_TEST_OUTSIDE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{what} by {' '.join(sys.argv) or sys.executable}\n")
    return OSError(f"tests may not go further than loopback: {what}")


def _to_address(plain: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A method of sockets whose last argument is an address."""

    def guarded(self: socket.socket, *args: Any) -> Any:
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and args and isinstance(args[-1], tuple) and not _is_near(args[-1][0]):
            raise _refuse(f"{name} {args[-1]}")
        return plain(self, *args)

    return guarded


def _of_host(plain: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function that looks up its first argument."""

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_near(host):
            raise _refuse(f"{name} {host!r}")
        return plain(host, *args, **kwargs)

    return guarded


for _name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _name, _to_address(getattr(socket.socket, _name), _name))
for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, _name, _of_host(getattr(socket, _name), _name))
if "MATINEE_TEST_FAIL_WRITE" in os.environ:
    import failing_writes  # type: ignore[import-not-found]  # beside this file

    failing_writes.arm()
sys.modules.update(dict.fromkeys(os.environ.get("MATINEE_TEST_WITHOUT", "").split()))  # type: ignore[arg-type]
