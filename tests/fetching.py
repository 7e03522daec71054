"""Fetching from a hub on loopback, in a process of its own, and what there is to fetch."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, save_model

OLD, NEW = "0" * 40, "a" * 40

CLIENT = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
import huggingface_hub.file_download  # as when another library has brought it along
from workbench.core.hub import cached, commit_of, fetch
cases, room, at_once = json.loads(sys.argv[1])
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
def became(case):
    began, fault, folder = time.perf_counter(), "", ""
    try:
        folder = str(fetch(**case))
    except Exception as caught:
        fault = f"{type(caught).__name__}: {caught}"
    seconds = time.perf_counter() - began
    return {"folder": folder, "fault": fault, "seconds": seconds, "commit": commit_of(**case), "cached": str(cached(**case) or "")}
for found in ThreadPoolExecutor(at_once).map(became, cases):
    print(json.dumps(found))
"""


def in_a_process(
    cases: Sequence[dict[str, Any]], settings: Mapping[str, str], *, room: int = 0, at_once: int = 1
) -> tuple[list[dict[str, Any]], str]:
    """What became of each `fetch(**case)` in one new process, and what it wrote for people.

    `room`: bytes that a file may have; `at_once`: cases that are fetched at the same time.
    """
    ended = subprocess.run(
        [sys.executable, "-c", CLIENT, json.dumps([cases, room, at_once])],
        env=os.environ | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr


def commits_of_a_model(folder: Path) -> dict[str, Path]:
    """Commit -> folder: two of a real model, beside it what nobody needs."""
    commits = {}
    for seed, commit in enumerate((OLD, NEW)):
        commits[commit] = folder / commit
        save_model(commits[commit], seed)
        for unwanted in (
            "pytorch_model.bin",
            "onnx/model.onnx",
            "onnx/config.json",
            "checkpoint-9/model.safetensors",
            "README.md",
        ):
            (commits[commit] / unwanted).parent.mkdir(exist_ok=True)
            (commits[commit] / unwanted).write_bytes(b"unwanted")
        (commits[commit] / "1_Pooling").mkdir(exist_ok=True)
        (commits[commit] / "1_Pooling" / "config.json").write_text("{}")
    return commits
