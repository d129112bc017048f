"""Headless Chromium for the chat page, with Debian's packages chromium and chromium-driver."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

__all__ = ["console", "missing", "open_browser"]

_FLAGS = (
    "--headless",
    "--no-sandbox",  # CI runs as root, where Chromium refuses its own sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # nothing but loopback
    "--lang=en-GB",
)


def missing() -> list[str]:
    """The programs that are not installed."""
    return [program for program in ("chromium", "chromedriver") if shutil.which(program) is None]


@contextlib.contextmanager
def open_browser(profile: Path, *, width: int, height: int) -> Iterator[Chrome]:
    """A browser with a fresh profile, a window of this size in pixels, and its console kept."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        yield driver
    finally:
        driver.quit()


def console(browser: Chrome) -> list[dict[str, Any]]:
    """What the console has said since the last look: entries with "level" and "message"."""
    entries: list[dict[str, Any]] = browser.execute("getLog", {"type": "browser"})["value"]
    return entries
