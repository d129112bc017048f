"""What stands in `.github/` and beside it, read: nothing of it runs where these tests run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dockerfile import read_stages

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
MAY_WRITE = {"id-token", "attestations", "packages"}  # and contents never


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", ())


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_is_one_for_changes_and_one_for_releases() -> None:
    assert [path.name for path in WORKFLOWS] == ["check.yml", "release.yml"]
    # YAML takes the key `on` for a truth.
    assert {"push", "pull_request", "workflow_call"} <= read(WORKFLOWS[0])[True].keys()
    assert read(WORKFLOWS[1])[True] == {"push": {"tags": ["v*"]}}


def test_every_action_is_a_tag_and_every_called_workflow_is_there(workflow: Path) -> None:
    called = [job["uses"] for job in jobs(workflow).values() if "uses" in job]
    assert all((ROOT / path).is_file() for path in called)
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step), step
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+(\.\d+\.\d+)?", step["uses"]), step


def test_nothing_may_do_more_than_it_must(workflow: Path) -> None:
    assert read(workflow)["permissions"] in ({}, {"contents": "read"})
    for name, job in jobs(workflow).items():
        granted = job.get("permissions", {})
        assert {what for what, how in granted.items() if how == "write"} <= MAY_WRITE, name
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


def test_a_shell_never_runs_what_a_stranger_wrote(workflow: Path) -> None:
    for step in steps(workflow):
        for expression in re.findall(r"\$\{\{\s*(.+?)\s*\}\}", step.get("run", "")):
            assert expression.startswith(("steps.", "matrix.")), step


def test_every_job_ends(workflow: Path) -> None:
    assert read(workflow)["concurrency"]["group"].endswith("${{ github.ref }}")
    for name, job in jobs(workflow).items():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 90, name


@pytest.mark.parametrize(("file", "job"), [("check.yml", "check"), ("release.yml", "test")])
def test_linux_and_macos_and_every_python_that_we_name(file: str, job: str) -> None:
    matrix = jobs(GITHUB / "workflows" / file)[job]["strategy"]["matrix"]
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos"}
    said = [
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each) for each in PROJECT["classifiers"]
    ]
    assert matrix["python"] == [found[1] for found in said if found]


def test_what_is_called_is_there(workflow: Path) -> None:
    """Targets of make, files, environments for pip."""
    targets = set(re.findall(r"^([\w.$()/-]+):", MAKEFILE, re.MULTILINE))
    targets |= {target.replace("$(TEST_DATA)", ".testdata") for target in targets}
    for step in steps(workflow):
        run = step.get("run", "")
        for words in re.findall(r"^make (.+)$", run, re.MULTILINE):
            assert {word for word in words.split() if "=" not in word} <= targets, run
        for path in re.findall(r"\b(?:tests|requirements)/[\w/]+\.\w+", run):
            assert (ROOT / path).is_file(), run


def test_a_release_is_checked_built_tested_and_then_published() -> None:
    release = jobs(GITHUB / "workflows" / "release.yml")
    needs = {name: job.get("needs") for name, job in release.items()}
    assert needs == {"check": None, "build": "check", "test": "build", "publish": "test", "images": "test"}
    assert release["publish"]["permissions"] == {
        "id-token": "write"
    }  # trusted publishing, without a password
    assert "pypa/gh-action-pypi-publish" in release["publish"]["steps"][-1]["uses"]
    assert "MATINEE_TEST_DIST" in release["test"]["env"]


def test_images_are_those_of_the_dockerfile() -> None:
    stages = read_stages()
    images = jobs(GITHUB / "workflows" / "release.yml")["images"]
    made = images["strategy"]["matrix"]["include"]
    assert {each["target"] for each in made} == {"serve", "train"} <= stages.keys()
    assert {each["torch"] for each in made} == {"cpu", "cuda"}
    for each in made:
        assert each["torch"] == "cuda" or each["platforms"] == "linux/amd64,linux/arm64"
    (push,) = [step for step in images["steps"] if step.get("with", {}).get("push")]
    assert (push["with"]["provenance"], push["with"]["sbom"]) == ("mode=max", True)
    # What the step that looks the digest up takes for the image.
    (pinned,) = [step["run"] for step in images["steps"] if "imagetools" in step.get("run", "")]
    assert r"s/^FROM \([^ ]*:[^ ]*\) .*/\1/p" in pinned
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM ([^ ]*:[^ ]*) ", text, re.MULTILINE) == [stages["python"].origin]


def test_no_owner_and_no_digest_is_made_up() -> None:
    """Whose repository this is, GitHub knows."""
    beside = [ROOT / name for name in ("SECURITY.md", "CITATION.cff", ".pre-commit-config.yaml")]
    for path in [*GITHUB.rglob("*.*"), *beside]:
        text = path.read_text(encoding="utf-8")
        owners = re.findall(r"ghcr\.io/(.+)", text)
        assert all(
            owner.startswith(("${{ github.repository }}", "${GITHUB_REPOSITORY")) for owner in owners
        ), path
        assert "github.com/" not in text, path
        assert not re.search(r"[0-9a-f]{40}", text), path
        assert not re.search(r"\w@\w+\.[a-z]", text), path  # no address of anybody


def test_dependabot_looks_after_all_that_is_pinned() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    looked_after = {each["package-ecosystem"] for each in updates}
    assert looked_after == {"pip", "docker", "docker-compose", "github-actions"}
    for each in updates:
        for folder in each.get("directories", [each.get("directory")]):
            assert (ROOT / folder.strip("/")).is_dir()


def test_the_forms_ask_for_the_report() -> None:
    forms = {path.stem: read(path) for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml")}
    assert forms.keys() == {"bug", "idea", "config"}
    for name in ("bug", "idea"):
        assert {"name", "description", "body"} <= forms[name].keys()
        fields = [field for field in forms[name]["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields)
        assert all(field["attributes"]["label"] for field in fields)
    (report,) = [field for field in forms["bug"]["body"] if field.get("id") == "report"]
    assert "matinee doctor --report" in report["attributes"]["description"]


def test_the_citation_is_of_this_version() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert [author["name"] for author in citation["authors"]] == [each["name"] for each in PROJECT["authors"]]


def test_hooks_run_what_make_lint_runs() -> None:
    (local,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"  # nothing is fetched
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    linted = [line.strip().removeprefix("$(BIN)/").removesuffix(" .") for line in recipe[1].splitlines()]
    hooks = [hook["entry"].removeprefix(".venv/bin/") for hook in local["hooks"]]
    assert [hook.replace(" --force-exclude", "") for hook in hooks] == linted
