"""Prometheus can read what is measured, and docs/ and the dashboard say of it what is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import httpx
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from bot.process.metrics import JobEnding, Metrics, UpdateKind, UpdateOutcome, build_metrics
from bot.telegram.limits import _OUTCOMES
from bot.web import Health, create_app

DOCS = Path(__file__).parents[3] / "docs"
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
YAML = [yaml.safe_load(body) for body in re.findall(r"```yaml\n(.*?)```", OPERATING, re.DOTALL)]


def filled() -> Metrics:
    """Every instrument used, so that each has samples and labels."""
    metrics = build_metrics()
    metrics.update("tap", "done", 0.1, datetime.now(UTC))
    metrics.calls.labels("getMe", "ok").inc()
    metrics.call_time.labels("getMe").observe(0.1)
    metrics.flood_waits.observe(1)
    metrics.fold_in.observe(0.25)
    metrics.ranking.labels("similar").observe(0.1)
    metrics.serving("0001", datetime.now(UTC))
    return metrics


async def test_it_is_read_as_text_and_as_openmetrics() -> None:
    transport = httpx.ASGITransport(create_app(Health(), filled()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        plain = await http.get("/metrics", headers={"accept": "*/*"})
        asked = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
        opened = await http.get("/metrics", headers=asked)
    assert (plain.status_code, opened.status_code) == (200, 200)
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert opened.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    for read, answer in ((read_text, plain), (read_openmetrics, opened)):
        samples = {each.name: each.value for family in read(answer.text) for each in family.samples}
        assert samples["matinee_fold_in_seconds_count"] == 1
        assert samples["matinee_fold_in_seconds_sum"] == 0.25


def samples() -> dict[str, set[str]]:
    """The names that a query can use, and their labels."""
    found: dict[str, set[str]] = {}
    for family in filled().registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def names() -> set[str]:
    """Our metrics as the docs call them: histograms without `_bucket`."""
    families = filled().registry.collect()
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
        if family.name.startswith("matinee_")
    }


def queries() -> Iterator[tuple[str, str]]:
    """Each query of the dashboard and of the alerts: what it is for, and the query."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
            yield panel["title"], " ".join(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    for variable in DASHBOARD["templating"]["list"]:
        yield variable["name"], variable.get("definition", "")
    for document in YAML:
        for group in document.get("groups", ()):
            for rule in group["rules"]:
                yield rule["alert"], rule["expr"]


def test_every_metric_is_in_one_table_with_its_labels() -> None:
    known = samples()
    rows = re.findall(r"^\| `(matinee_\w+)` \|([^|]*)\|", OPERATING, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(names())
    for name, labels in rows:
        used = known.get(name) or known.get(f"{name}_bucket") or set()
        assert set(re.findall(r"`(\w+)`", labels)) == used - {"le"}, name


def test_no_metric_is_named_that_is_none() -> None:
    assert (
        set(re.findall(r"\bmatinee_\w+", re.sub(r"```\w*\n.*?```", "", OPERATING, flags=re.DOTALL)))
        <= names()
    )


@pytest.mark.parametrize(
    "words",
    [
        get_args(UpdateKind),
        get_args(UpdateOutcome),
        get_args(JobEnding),
        ["ok", *(word for _, word in _OUTCOMES)],
    ],
)
def test_every_value_of_a_label_is_explained(words: Sequence[str]) -> None:
    section = OPERATING.partition("\n## Metrics\n")[2].partition("\n## ")[0]
    assert [word for word in words if f"`{word}`" not in section] == []


def test_queries_use_metrics_and_labels_that_there_are() -> None:
    known = samples()
    used = set()
    for title, query in queries():
        found = set(re.findall(r"\b(?:matinee|process|python)_\w+", query))
        assert found <= known.keys(), title
        used |= found
        labels = {"job", "instance"}.union(*(known[name] for name in found or known))
        grouped = ", ".join(re.findall(r"by \(([^)]*)\)", query))
        matched = re.findall(r"(\w+)(?:=~|!=|!~|=)\"", query)
        assert {*re.findall(r"\w+", grouped), *matched} <= labels, title
    seen = {re.sub(r"_(bucket|count|sum)$", "", name) for name in used}
    assert names() <= seen, "the dashboard leaves something out"


def test_the_dashboard_can_be_imported_anywhere() -> None:
    variables = {variable["name"]: variable["type"] for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"] == "datasource"
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD.get("id") is None  # an id is of one Grafana
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in DASHBOARD["panels"]:
        for source in (panel, *panel.get("targets", ())):
            assert panel["type"] == "row" or source["datasource"]["uid"] == "${datasource}"


def test_the_configuration_of_prometheus_is_yaml_and_finds_the_port() -> None:
    (scrape,) = [each for document in YAML for each in document.get("scrape_configs", ())]
    assert scrape["job_name"] == "matinee"
    assert scrape["static_configs"] == [{"targets": ["127.0.0.1:8080"]}]
    assert scrape.get("metrics_path", "/metrics") == "/metrics"
    assert any("groups" in document for document in YAML)
