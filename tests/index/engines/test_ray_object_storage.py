"""Workers on Ray whose index is in object storage, which the environment has the keys of."""

import json
from pathlib import Path

import pytest

from tests.index.engines.lighthouses import MEAN, assert_same, lighthouse_desk
from tests.index.engines.processes import driver_of
from tests.s3_server import S3Server
from workbench.core.settings import StoredAt
from workbench.index.building import units


def test_workers_build_and_rank_in_object_storage(
    s3: S3Server, place: StoredAt, pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MEAN", MEAN)
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    here, there = (
        lighthouse_desk(tmp_path / each, base={"model": str(pair_folder / "base")}) for each in "ab"
    )
    there.index = str(place)
    here.build()
    assert driver_of(there, "--engine", "ray", "--workers", "2").wait(300) == 0
    there.run("index", "verify")
    assert_same(here.opened, there.opened)
    queries = ("evaluate", "--queries", str(here.folder / "queries.jsonl"), "--json", "-")
    by_process = json.loads(here.run(*queries))
    by_workers = json.loads(there.run(*queries, "--engine", "ray", "--workers", "2"))
    assert by_workers["systems"] == by_process["systems"]
    assert by_workers["queries"]["judged"] == 12
