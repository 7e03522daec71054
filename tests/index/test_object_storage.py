"""An index in object storage: built, read, locked and refused, on an S3-compatible server of this machine."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ARTICLES
from tests.index.test_building import counting, encoded
from tests.s3_server import SECRET, S3Server
from workbench.core.errors import IndexFault, StorageFault
from workbench.core.settings import IndexPlace, Pair, StoredAt
from workbench.encoders import encoders_for
from workbench.index import Index, build
from workbench.index.lock_objects import LockObject
from workbench.index.locking import only_builder


def test_what_a_build_writes_is_read_searched_and_verified(
    place: StoredAt, pair: Pair, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    report = build(place, ARTICLES, pair, counting(pair, log))
    index = Index(place).check_fits(pair, encoders_for(pair, tmp_path))
    assert (report.replaced, encoded(log), len(index.doc_ids)) == (True, 14, 7)
    assert index.verify(ARTICLES) == []
    vector = index.vectors_at("base_16", [3])[0]
    assert index.search("base", 16, vector, 1)[0].doc_id == index.doc_ids[3]
    assert not build(place, ARTICLES, pair, counting(pair, log)).replaced
    assert encoded(log) == 14


def test_an_index_moves_between_a_folder_and_a_bucket(
    place: StoredAt, pair: Pair, home: Path, tmp_path: Path
) -> None:
    log, folder = tmp_path / "log", pair.index_uri(home)
    up = replace(pair, index=IndexPlace(reuse=folder))
    down = replace(pair, index=IndexPlace(reuse=str(place), storage_options=dict(place.options)))
    build(place, ARTICLES, up, counting(up, log))
    build(str(tmp_path / "index"), ARTICLES, down, counting(down, log))
    assert encoded(log) == 0
    near, far, back = (
        Index(uri).vectors_at("base_16", range(7)) for uri in (folder, place, str(tmp_path / "index"))
    )
    assert np.array_equal(near, far)
    assert np.array_equal(far, back)


def test_two_builds_at_once_exclude_each_other(place: StoredAt, pair: Pair, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with only_builder(place), pytest.raises(IndexFault) as caught:
        build(place, ARTICLES, pair, counting(pair, log))
    assert f"process {os.getpid()}, since 20" in caught.value.found
    assert "wait until that build is done; if it was killed" in caught.value.remedy
    assert encoded(log) == 0
    assert build(place, ARTICLES, pair, counting(pair, log)).replaced


HOLDS = """
import sys, time
from workbench.core.settings import StoredAt
from workbench.index.lock_objects import LockObject
with LockObject(StoredAt(sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))), beat=0.2):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_build_locks_until_its_signs_of_life_are_old(place: StoredAt) -> None:
    options = [each for item in place.options.items() for each in item]
    command = [sys.executable, "-c", HOLDS, str(place), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        time.sleep(4)  # longer than what counts as dead: it gives signs of life
        with pytest.raises(IndexFault, match=f"process {holder.pid}"):
            LockObject(place, dead_after=3).__enter__()
        holder.send_signal(signal.SIGKILL)
    time.sleep(4)
    with LockObject(place, dead_after=3) as lock:
        lock.check()


def test_a_build_that_was_away_for_too_long_does_not_go_on(place: StoredAt) -> None:
    with LockObject(place, beat=60, dead_after=1) as away:
        time.sleep(2.1)
        with LockObject(place, dead_after=1) as other:
            other.check()
            with pytest.raises(IndexFault, match="another build has begun"):
                away.check()
        with pytest.raises(IndexFault, match="another build has begun"):
            away.check()


REFUSED = {
    "bucket": ("the bucket is not there", "make it"),
    "endpoint": ("cannot be reached", "see to the network"),
    "http": ("has to be allowed", "allow_http"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("way", ["read", "build"])
def test_each_way_to_fail_has_its_own_advice_and_is_told_soon(
    case: str, way: str, place: StoredAt, pair: Pair, tmp_path: Path
) -> None:
    changed = {
        "bucket": StoredAt("s3://nowhere/index", place.options),
        "endpoint": StoredAt(place, {**place.options, "endpoint": "http://127.0.0.1:9"}),
        "http": StoredAt(place, {key: value for key, value in place.options.items() if key != "allow_http"}),
    }[case]
    began, log = time.monotonic(), tmp_path / "log"
    with pytest.raises(StorageFault) as caught:
        Index(changed) if way == "read" else build(changed, ARTICLES, pair, counting(pair, log))
    found, remedy = REFUSED[case]
    assert (found in caught.value.found, remedy in caught.value.remedy) == (True, True), str(caught.value)
    assert SECRET not in str(caught.value)
    assert time.monotonic() - began < 30
    assert encoded(log) == 0


@pytest.mark.parametrize("way", ["read", "build"])
def test_keys_that_the_storage_refuses(
    way: str, s3: S3Server, place: StoredAt, pair: Pair, tmp_path: Path
) -> None:
    encoders = counting(pair, tmp_path / "log")
    with s3.wanting_keys(), pytest.raises(StorageFault) as caught:
        Index(place) if way == "read" else build(place, ARTICLES, pair, encoders)
    assert caught.value.found == "the storage refuses these keys"
    assert caught.value.remedy.startswith("mend the keys in the environment")
    assert encoded(tmp_path / "log") == 0


@pytest.mark.parametrize("uri", ["memory://x", "db://x", "nosuch://bucket/x"])
def test_a_place_that_keeps_nothing_is_refused_before_anything_is_encoded(
    uri: str, pair: Pair, tmp_path: Path
) -> None:
    with pytest.raises(IndexFault, match="is no place that keeps an index"):
        build(uri, ARTICLES, pair, counting(pair, tmp_path / "log"))
    assert encoded(tmp_path / "log") == 0


def test_a_missing_environment_variable_is_named() -> None:
    with pytest.raises(StorageFault, match=r"needs the environment variable \$NOT_SET_ANYWHERE"):
        Index(StoredAt("s3://laws/x", {"aws_secret_access_key": "$NOT_SET_ANYWHERE"}))
