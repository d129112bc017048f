"""Dockerfile and compose.yaml, read: no container engine runs where these tests run.

tests/package/ runs what can be run of both without one.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from bot.process.metrics import build_metrics
from bot.process.settings import Settings
from bot.web import Health, create_app
from tests.dockerfile import ROOT, Stage, copied, read_stages, whole

SETTINGS = {f"MATINEE_{name.upper()}" for name in Settings.model_fields}
# An exact version and the system it stands on: what is built tomorrow is what was built today.
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")
UNIT = {"m": 2**20, "g": 2**30}
HOME = "/var/lib/matinee"


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    return read_stages()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def environment(stages: dict[str, Stage]) -> dict[str, str]:
    """What ENV says in the images."""
    return dict(re.findall(r"(\w+)=(\S+)", " ".join(whole(stages, "serve").all("ENV"))))


def test_there_are_two_targets_on_pinned_images(stages: dict[str, Stage]) -> None:
    assert {"serve", "train"} <= stages.keys()
    assert list(stages)[-1] == "serve"  # what a build without a target gives
    images = [stage.origin for stage in stages.values() if stage.origin not in stages]
    assert len(images) == 1  # one place for Dependabot and for a release's digest
    assert PINNED.fullmatch(images[0])


@pytest.mark.parametrize("target", ["serve", "train"])
def test_each_runs_as_somebody_and_can_be_asked(stages: dict[str, Stage], target: str) -> None:
    stage = whole(stages, target)
    assert stage.all("USER") == ["10001:10001"]
    made = " ".join(stage.all("RUN"))
    assert "useradd --system --uid 10001 --gid 10001" in made
    assert f"install -d -m 0700 -o matinee -g matinee {HOME}" in made
    (check,) = stage.all("HEALTHCHECK")
    routes = {getattr(route, "path", "") for route in create_app(Health(), build_metrics()).routes}
    assert set(re.findall(r"'(/\w+)'", check)) <= routes
    assert "/healthz" in check
    compile(check.rpartition('"-c", "')[2].rpartition('"]')[0], "HEALTHCHECK", "exec")
    assert stage.all("ENTRYPOINT") == ['["matinee"]']
    assert stage.all("CMD") == ['["run"]']


@pytest.mark.parametrize("target", ["serve", "train"])
def test_an_image_holds_one_environment_and_nothing_that_built_it(
    stages: dict[str, Stage], target: str
) -> None:
    stage = whole(stages, target)
    assert stage.all("COPY") == [f"--from=build-{target} /opt/matinee /opt/matinee"]
    assert "pip" not in " ".join(stage.all("RUN"))
    (made,) = [run for run in whole(stages, f"build-{target}").all("RUN") if "-m venv" in run]
    assert "--without-pip /opt/matinee" in made


def test_the_root_file_system_can_be_read_only(stages: dict[str, Stage]) -> None:
    """What the images write to is the volume or /tmp."""
    assert whole(stages, "serve").all("VOLUME") == [HOME]
    there = environment(stages)
    assert there["MATINEE_HOME"] == HOME
    assert (there["HOME"], there["TZ"]) == ("/tmp", "UTC")  # Matplotlib and PyTorch keep things in HOME
    assert "PYTHONDONTWRITEBYTECODE" in there


def test_all_but_torch_is_installed_by_its_hash(stages: dict[str, Stage]) -> None:
    for stage in stages.values():
        for run in stage.all("RUN"):
            for command in re.split(r"&& ", run):
                if re.match(r"pip .*\binstall\b", command) and "torch" not in command:
                    hashed = "--require-hashes" in command and "--only-binary=:all:" in command
                    assert hashed or "--no-deps --no-index /dist/" in command, command
    layers = {
        name: set(re.findall(r"requirements/(\w+)\.txt", " ".join(whole(stages, name).all("RUN"))))
        for name in ("wheel", "build-serve", "build-train")
    }
    assert layers == {"wheel": {"build"}, "build-serve": {"serve"}, "build-train": {"serve", "train"}}


def test_torch_is_in_one_of_them_alone_and_of_our_versions(stages: dict[str, Stage]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (torch,) = [each for each in project["optional-dependencies"]["train"] if each.startswith("torch")]
    assert "torch" not in " ".join(whole(stages, "build-serve").all("RUN"))
    train = whole(stages, "build-train")
    assert f"'{torch}'" in " ".join(train.all("RUN"))
    assert train.all("ARG") == ["TORCH=cpu"]
    (choice,) = [run for run in train.all("RUN") if "case" in run]
    assert re.findall(r"(\S+)\) ", choice) == ["cpu", "cuda", "*"]


def test_what_is_copied_is_there_is_sent_and_is_enough_to_build(stages: dict[str, Stage]) -> None:
    sources = [source for stage in stages.values() for source in copied(stage)]
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"  # nothing is sent that is not named
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in rules
    assert {rule[1:] for rule in rules if rule[0] == "!"} == set(sources)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in config["tool"]["setuptools"]["packages"]["find"]["include"]}
    licences = {name.split("/")[0] for name in config["project"]["license-files"]}
    assert {config["project"]["readme"], *packages, *licences} <= set(sources)
    assert not any(fnmatch(".env", source) for source in sources)


def test_no_secret_is_built_in(stages: dict[str, Stage]) -> None:
    for stage in stages.values():
        for arguments in [*stage.all("ENV"), *stage.all("ARG")]:
            assert not re.search("token|password|secret", arguments, re.IGNORECASE), arguments


def test_the_environment_of_the_image_is_settings_of_ours(stages: dict[str, Stage]) -> None:
    names = {name for name in environment(stages) if name.startswith("MATINEE_")}
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
        for volume in service["volumes"]:
            source, _, where = volume.partition(":")
            assert (ROOT / source).is_file() if source[0] == "." else source in compose["volumes"], volume
            assert source[0] != "." or where.endswith(":ro")
        assert set(service.get("depends_on", ())) <= by_profile["postgresql"], name
    assert "MATINEE_DATABASE_URL" not in services["matinee"]["environment"]
    assert services["matinee-postgresql"]["environment"]["MATINEE_DATABASE_URL"].startswith(
        "postgresql+asyncpg:"
    )


def test_no_service_of_compose_can_do_more_than_it_needs(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert any(where.startswith("/tmp:size=") for where in service["tmpfs"]), name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["environment"]["TZ"] == "${TZ:-UTC}", name
        assert "ports" not in service, name
        assert service["pids_limit"] > 0
        amount, unit = service["mem_limit"][:-1], service["mem_limit"][-1]
        # Measured: serving holds 248 MB at most. PostgreSQL alone has 128 MB of buffers.
        assert int(amount) * UNIT[unit] >= 2 * 248 * 10**6, name


def test_the_bot_is_no_superuser_of_its_database(compose: dict[str, Any]) -> None:
    """The superuser is the image's own `postgres`; tests/package/test_database_role.py makes the other."""
    server = compose["services"]["postgresql"]
    assert {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_HOST_AUTH_METHOD"}.isdisjoint(server["environment"])
    assert server["user"] == "postgres"
    (script,) = [volume.split(":") for volume in server["volumes"] if volume.startswith("./")]
    assert script[1].startswith("/docker-entrypoint-initdb.d/")
    mode = os.stat(ROOT / script[0]).st_mode
    assert mode & stat.S_IXOTH
    assert mode & stat.S_IROTH
    url = compose["services"]["matinee-postgresql"]["environment"]["MATINEE_DATABASE_URL"]
    assert re.fullmatch(r"postgresql\+asyncpg://(\w+):\$\{POSTGRES_PASSWORD:-\}@postgresql/\1", url)


def test_compose_holds_no_secret(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("TOKEN|PASSWORD", name):
                assert re.fullmatch(r"\$\{\w+:[-?].*\}", value), name
