"""The guard of conftest.py: a test that looks further than loopback fails, in this process and in others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = "192.0.2.1"  # RFC 5737: nobody's, ever


def taken_note() -> str:
    """What the guard noted, taken away so that this test does not fail for it."""
    path = Path(os.environ["MATINEE_TEST_OUTSIDE"])
    noted = path.read_text(encoding="utf-8")
    path.write_text("", encoding="utf-8")
    return noted


def test_a_connection_outside_is_refused_and_noted() -> None:
    with socket.socket() as plain, pytest.raises(OSError, match="loopback"):
        plain.connect((OUTSIDE, 80))
    with pytest.raises(OSError, match="loopback"):
        socket.create_connection(("example.org", 80))
    assert f"connect ('{OUTSIDE}', 80)" in (noted := taken_note())
    assert "getaddrinfo 'example.org'" in noted


@pytest.mark.process
def test_so_it_is_in_other_processes() -> None:
    code = f"import socket; socket.create_connection(('{OUTSIDE}', 80), timeout=5)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "further than loopback" in process.stderr
    assert OUTSIDE in taken_note()


def test_this_machine_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    assert not taken_note()
