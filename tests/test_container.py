"""Dockerfile and compose.yaml, read: no container engine runs where these tests run."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.process.metrics import build_metrics
from bot.process.settings import Settings
from bot.web import Health, create_app

ROOT = Path(__file__).parents[1]
SETTINGS = {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
# An exact version and the system it stands on: what is built tomorrow is what was built today.
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")


@dataclass
class Stage:
    """One FROM and what follows it: (instruction, arguments), in order."""

    name: str
    origin: str
    steps: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    found: dict[str, Stage] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            origin, _, name = arguments.split()
            found[name] = Stage(name, origin)
        else:
            list(found.values())[-1].steps.append((instruction, arguments))
    return found


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def history(stages: dict[str, Stage], name: str) -> list[tuple[str, str]]:
    """All steps of a target, those of the stages it stands on first."""
    stage = stages[name]
    return (history(stages, stage.origin) if stage.origin in stages else []) + stage.steps


def test_there_are_two_targets_on_pinned_images(stages: dict[str, Stage]) -> None:
    assert {"serve", "train"} <= stages.keys()
    assert list(stages)[-1] == "serve"  # what a build without a target gives
    for stage in stages.values():
        assert stage.origin in stages or PINNED.fullmatch(stage.origin), stage


@pytest.mark.parametrize("target", ["serve", "train"])
def test_each_runs_as_somebody_and_can_be_asked(stages: dict[str, Stage], target: str) -> None:
    steps = history(stages, target)
    users = [arguments for instruction, arguments in steps if instruction == "USER"]
    assert users[-1:] == ["matinee"]
    created = " ".join(arguments for instruction, arguments in steps if instruction == "RUN")
    assert "useradd" in created
    (check,) = [arguments for instruction, arguments in steps if instruction == "HEALTHCHECK"]
    routes = {getattr(route, "path", "") for route in create_app(Health(), build_metrics()).routes}
    assert set(re.findall(r"'(/\w+)'", check)) <= routes
    assert "/healthz" in check
    compile(check.rpartition('"-c", "')[2].rpartition('"]')[0], "HEALTHCHECK", "exec")
    assert ("ENTRYPOINT", '["matinee"]') in steps
    assert ("CMD", '["run"]') in steps
    copied = [arguments for instruction, arguments in steps if instruction == "COPY"]
    assert copied == [f"--from=build-{target} /opt/matinee /opt/matinee"]


def test_torch_is_in_one_of_them_alone_and_of_our_versions(stages: dict[str, Stage]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (torch,) = [each for each in project["optional-dependencies"]["train"] if each.startswith("torch")]
    runs = {
        name: " ".join(arguments for instruction, arguments in history(stages, name) if instruction == "RUN")
        for name in ("build-serve", "build-train")
    }
    assert "torch" not in runs["build-serve"]
    assert f"'{torch}'" in runs["build-train"]
    assert "'.[train]'" in runs["build-train"]


def test_what_is_copied_is_there_is_sent_and_is_enough_to_build(stages: dict[str, Stage]) -> None:
    copied = [
        source
        for stage in stages.values()
        for instruction, arguments in stage.steps
        if instruction == "COPY" and not arguments.startswith("--from")
        for source in shlex.split(arguments)[:-1]
    ]
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"  # nothing is sent that is not named
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in rules
    assert {rule[1:] for rule in rules if rule[0] == "!"} == set(copied)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in config["tool"]["setuptools"]["packages"]["find"]["include"]}
    licences = {name.split("/")[0] for name in config["project"]["license-files"]}
    assert {config["project"]["readme"], *packages, *licences} <= set(copied)
    assert not any(fnmatch(".env", source) for source in copied)


def test_no_secret_is_built_in(stages: dict[str, Stage]) -> None:
    for stage in stages.values():
        for instruction, arguments in stage.steps:
            if instruction in ("ENV", "ARG"):
                assert not re.search("token|password|secret", arguments, re.IGNORECASE), arguments


def test_the_environment_of_the_image_is_settings_of_ours(stages: dict[str, Stage]) -> None:
    text = " ".join(arguments for instruction, arguments in history(stages, "serve") if instruction == "ENV")
    names = set(re.findall(r"\b(MATINEE_\w+)=", text))
    assert {"MATINEE_HOME", "MATINEE_HTTP_PORT"} <= names <= SETTINGS


def test_compose_has_a_profile_for_each_database(compose: dict[str, Any], stages: dict[str, Stage]) -> None:
    services = compose["services"]
    by_profile = {
        profile: {name for name, service in services.items() if profile in service["profiles"]}
        for profile in ("sqlite", "postgresql")
    }
    assert by_profile == {"sqlite": {"matinee"}, "postgresql": {"matinee-postgresql", "postgresql"}}
    for name, service in services.items():
        if "build" in service:
            assert service["build"]["target"] in stages
            assert "MATINEE_TELEGRAM_TOKEN" in service["environment"]
            assert {key for key in service["environment"] if key.startswith("MATINEE_")} <= SETTINGS
        else:
            assert PINNED.fullmatch(service["image"])
        assert {volume.split(":")[0] for volume in service["volumes"]} <= compose["volumes"].keys()
        assert set(service.get("depends_on", ())) <= by_profile["postgresql"], name
    assert "MATINEE_DATABASE_URL" not in services["matinee"]["environment"]
    assert services["matinee-postgresql"]["environment"]["MATINEE_DATABASE_URL"].startswith(
        "postgresql+asyncpg:"
    )


def test_compose_holds_no_secret(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("TOKEN|PASSWORD", name):
                assert re.fullmatch(r"\$\{\w+:[-?].*\}", value), name
