"""What comes out of a run: a model folder that says how it was made, and a pair file beside it."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from importlib.metadata import version
from itertools import chain, count
from pathlib import Path
from typing import Any

import tomli_w

from workbench.core.domain import Query
from workbench.core.selection import ALL_VARIANTS
from workbench.core.settings import IndexPlace, Pair
from workbench.query_sets.formats import QuerySettings, query_line
from workbench.training.job import Outcome, work_folder

QUERIES, RECORD, LOG = "training_queries.jsonl", "training.json", "training_log.jsonl"
LIBRARIES = ("torch", "transformers", "sentence-transformers", "accelerate", "datasets", "tokenizers")
_LOG_ROWS = 12  # of the loss, in the model card


def pair_file(out: Path) -> Path:
    """The pair file beside a model folder."""
    return out.parent / f"{out.name}.toml"


def put_in_place(
    outcome: Outcome, out: Path, pair: Pair, system: str, queries: Sequence[Query], uri: str
) -> Path:
    """Writes what goes along with the model, then moves it to `out`; the pair file. It appears complete or not at all.

    `system`: that was trained; `queries`: that it was trained on; `uri`: of the index that the pair has.
    """
    folder = outcome.folder
    record = dict(outcome.record) | {
        "measured": {name: {"before": a, "after": b} for name, (a, b) in outcome.measured.items()},
        "seconds": round(outcome.seconds, 1),
        "versions": {library: version(library) for library in LIBRARIES},
    }
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (folder / LOG).write_text("".join(json.dumps(line) + "\n" for line in outcome.log), encoding="utf-8")
    (folder / QUERIES).write_text("".join(query_line(query) + "\n" for query in queries), encoding="utf-8")
    (folder / "README.md").write_text(model_card(out.name, record, outcome.log), encoding="utf-8")
    file = pair_file(out)
    text = tomli_w.dumps(pair_table(with_trained(pair, system, out, record["query_prompt"], uri), out.parent))
    file.write_text(f"# A trained model behind the one that it comes from.\n{text}", encoding="utf-8")
    folder.rename(out)
    shutil.rmtree(work_folder(out))
    return file


def with_trained(pair: Pair, system: str, out: Path, query_prompt: str, uri: str) -> Pair:
    """`pair` with the model in `out` as a system behind the one that it was trained from, the first two of the pair.

    The others stay behind them. Its index is one of its own, which takes over what the one at `uri` has.
    """
    base = pair.dense[system]
    if pair.variant == ALL_VARIANTS:  # they are systems already
        pair = replace(pair, variants={})
    name = _free_name(out.name, pair)
    trained = replace(
        base, label=out.name, model=str(out), revision="", query_prompt=query_prompt, reported={}
    )
    others = {each: other for each, other in pair.systems.items() if each != system}
    return replace(
        pair,
        name=f"{pair.name}: {out.name}",
        systems={system: base, name: trained, **others},
        index=IndexPlace(reuse=str(uri)),
        training=(*pair.training, QuerySettings(kind="queries", path=str(out / QUERIES))),
    )


def pair_table(pair: Pair, folder: Path) -> dict[str, Any]:
    """What a pair says, as the table of a pair file in `folder`; what is as by default is left out."""
    table = _table(replace(pair, file="", typed="", variant=""))
    return {key: _relative(value, folder) for key, value in table.items()}


def model_card(name: str, record: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> str:
    """The README.md of a trained model: its data, recipe, losses, and measures before and after."""
    recipe = "\n".join(f"| {key} | {_cell(str(value))} |" for key, value in record["recipe"].items())
    measured = "\n".join(
        f"| {_cell(key)} | {row['before']:.3f} | {row['after']:.3f} |"
        for key, row in record["measured"].items()
    )
    losses = [line for line in log if "loss" in line]
    shown = [*losses[: -1 : max(1, len(losses) // _LOG_ROWS)], *losses[-1:]]
    loss = "\n".join(f"| {line['epoch']:.2f} | {line['step']} | {line['loss']:.4f} |" for line in shown)
    dev = "\n".join(f"| {line['epoch']} | {line['dev']:.3f} |" for line in log if "dev" in line)
    versions = ", ".join(f"{library} {number}" for library, number in record["versions"].items())
    prompt = _code(record["query_prompt"]) if record["query_prompt"] else "nothing"
    parts = [
        "---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\n"
        "tags: [sentence-transformers, feature-extraction, sentence-similarity]\n---",
        f"# {_cell(name)}",
        f"Trained from {_code(record['base']['model'])} ({record['base']['weights']}) on {record['data']['rows']:,} rows of"
        f" questions with their articles, sha256 `{record['data']['sha256']}`, in {record['seconds']:,.0f} seconds:"
        f" {record['precision']} on {record['device']}. Before a question stands {prompt}.",
        "Loss: MatryoshkaLoss over MultipleNegativesRankingLoss at " + ", ".join(map(str, record["dims"])) + ".",
        f"## Recipe\n\n| key | value |\n|---|---|\n{recipe}",
        f"## Measured\n\nMRR@10 at full width, among the articles that the recipe's `dev_pool` leaves:\n\n"
        f"| query set | before | after |\n|---|---|---|\n{measured}" if measured else "",
        f"## Dev measure by epoch\n\n| epoch | MRR@10 |\n|---|---|\n{dev}" if dev else "",
        f"## Loss\n\n| epoch | step | loss |\n|---|---|---|\n{loss}",
        f"All steps stand in `{LOG}`, what reproduces the run in `{RECORD}`. Made with {versions}.",
    ]  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def _free_name(name: str, pair: Pair) -> str:
    """`name` as a system may be called, and none is yet, nor will be by a variant."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower()) or "trained"
    plain = plain if plain[0].isalpha() else f"m{plain}"

    def is_free(each: str) -> bool:
        names = {*pair.systems, each}
        made = {f"{system}{variant}" for system in names for variant in pair.variants}
        return each not in pair.systems and not made & names

    return next(filter(is_free, chain([plain], (f"{plain}{number}" for number in count(2)))))


def _table(record: Any) -> Any:
    """A record as plain data, without what is as by default or None."""
    if is_dataclass(record):
        found = {}
        for each in fields(record):
            value = getattr(record, each.name)
            default = each.default_factory() if each.default_factory is not MISSING else each.default
            if value is not None and (value != default or each.name == "kind"):
                found[each.name] = _table(value)
        return found
    if isinstance(record, Mapping):
        return {key: _table(value) for key, value in record.items()}
    return [_table(value) for value in record] if isinstance(record, tuple | list) else record


def _relative(value: Any, folder: Path) -> Any:
    """Absolute paths below `folder` as relative ones, so that folder and file move together."""
    if isinstance(value, dict):
        return {key: _relative(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_relative(each, folder) for each in value]
    if isinstance(value, str) and os.path.isabs(value) and Path(value).is_relative_to(folder):
        return f"./{Path(value).relative_to(folder).as_posix()}"
    return value


def _code(text: str) -> str:
    """`text` as it is, in Markdown: between more backticks than it holds in a row."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if longest else ""
    return f"{fence}{room}{' '.join(text.splitlines())}{room}{fence}"


def _cell(text: str) -> str:
    """`text` as one cell of a Markdown table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
