"""What runs here: versions of the program, of Python, of the system, and of the packages we stand on."""

from __future__ import annotations

import json
import platform
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires, version
from pathlib import Path

_CONTAINER = ("/.dockerenv", "/run/.containerenv")
_ENVIRONMENTS = {"pipx": "by pipx", "uv": "by uv"}  # a folder of this name above the environment


def system() -> str:
    """The operating system with its version, and the processor. No name of the machine."""
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        mac = platform.mac_ver()[0]
        name = f"macOS {mac}" if mac else f"{platform.system()} {platform.release()}"
    libc = " ".join(platform.libc_ver())
    return ", ".join(part for part in (name, platform.machine(), libc.strip()) if part)


def python() -> str:
    """Which Python."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def installed() -> str:
    """How Matinee came here, as far as it can be told."""
    parts = [_origin(distribution("matinee"))]
    folders = {part.lower() for part in Path(sys.prefix).parts}
    parts += [told for folder, told in _ENVIRONMENTS.items() if folder in folders]
    if any(Path(mark).exists() for mark in _CONTAINER):
        parts.append("in a container")
    parts.append("in a virtual environment" if sys.prefix != sys.base_prefix else "in no virtual environment")
    return ", ".join(parts)


def _origin(ours: Distribution) -> str:
    """By the record that installers keep of what did not come from an index (PEP 610)."""
    try:
        record = json.loads(ours.read_text("direct_url.json") or "null")
    except (ValueError, RecursionError):
        record = None
    match record:
        case {"dir_info": {"editable": True}}:
            return "a clone (editable)"
        case {"dir_info": _}:
            return "a folder"
        case {"vcs_info": _}:
            return "a repository"
        case {"archive_info": _}:
            return "a file"
    return "a package index"


def packages() -> dict[str, str]:
    """The versions of what Matinee needs, and of the `train` extra; what is not there is left out."""
    found = {}
    for requirement in requires("matinee") or []:
        name = re.match(r"[\w.-]+", requirement)
        if name is None or 'extra == "dev"' in requirement.replace("'", '"'):
            continue
        try:
            found[name[0]] = version(name[0])
        except PackageNotFoundError:
            continue
    return found
