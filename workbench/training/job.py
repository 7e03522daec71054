"""One training run from its data to a finished folder; killed at any moment, it goes on from where it was."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

from sentence_transformers import SentenceTransformer

from workbench.core.errors import TrainingError
from workbench.training.dev import DevSet
from workbench.training.recipes import Recipe, recipe_values
from workbench.training.rows import Row, data_hash, dataset, with_negatives
from workbench.training.trainer import Run, check_fits, precision_of, read_log, train

UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Job:
    """What makes a model: the same of all this makes the same weights on a processor.

    `base`: model and fingerprint of its weights, as the index records them; `measured`: name -> query set that is
    measured before and after; `dev`: the one of these that chooses the best epoch, or none.
    """

    base: Mapping[str, str]
    recipe: Recipe
    dims: tuple[int, ...]
    query_prompt: str
    rows: Sequence[Row]
    measured: Mapping[str, DevSet] = field(default_factory=dict)
    dev: str | None = None

    @cached_property
    def expanded(self) -> list[Row]:
        """The rows as the recipe takes them: a question with many negatives gives several."""
        return with_negatives(self.rows, self.recipe.negatives)

    @cached_property
    def record(self) -> dict[str, Any]:
        """What the run is told from another by, and reproduced from."""
        return {
            "base": dict(self.base),
            "recipe": recipe_values(self.recipe),
            "dims": list(self.dims),
            "query_prompt": self.query_prompt,
            "data": {"rows": len(self.expanded), "sha256": data_hash(self.rows)},
            "dev": self.dev or "",
        }


@dataclass(frozen=True)
class Outcome:
    """A trained model that is still to be put in its place; `measured`: name -> MRR@10 before and after."""

    folder: Path
    record: Mapping[str, Any]
    measured: Mapping[str, tuple[float, float]]
    log: Sequence[Mapping[str, Any]]
    seconds: float


def work_folder(out: Path) -> Path:
    """Where a run that makes the folder `out` keeps what it has so far."""
    return out.parent / f"{out.name}{UNFINISHED}"


def check_place(out: Path, beside: Path, *, resume: bool) -> None:
    """A TrainingError where `out` or the file `beside` it is there already, or an unfinished run that nobody resumes."""
    for path in (out, beside):
        if path.exists() and not (resume and path is beside and work_folder(out).is_dir()):
            raise TrainingError(str(path), "exists already", remedy="give another --out, or move it away")
    if _begun(work_folder(out)) and not resume:
        raise TrainingError(
            str(work_folder(out)),
            "holds a run that was stopped",
            remedy="add --resume to go on with it, or remove that folder to begin anew",
        )


def run(
    job: Job,
    load: Callable[[], SentenceTransformer],
    out: Path,
    *,
    say: Callable[[str], None],
    progress: Callable[[int, int, float], None],
) -> Outcome:
    """Trains the model that `load` gives; whatever is needed to go on stays in the work folder of `out` meanwhile."""
    folder = work_folder(out)
    data = dataset(job.expanded)
    job.recipe.weights_of(job.dims)
    model = load()
    _check_dims(job.dims, model)
    check_fits(model, job.recipe)
    _claim(folder, job)  # last: what cannot be trained leaves nothing behind
    began = perf_counter()
    before = _before(folder, job, model)
    precision = precision_of(job.recipe, model.device)
    say(
        f"Training on {len(job.expanded):,} rows, epochs: {job.recipe.epochs}, batches of {job.recipe.batch_size}"
        f" × {job.recipe.accumulation}, {precision} on {model.device.type}"
    )
    measure = job.measured[job.dev].measure if job.dev else None
    train(model, data, job.recipe, job.dims, Run(folder, measure, progress))
    after = {name: each.measure(model) for name, each in job.measured.items()}
    finished = folder / "model"
    shutil.rmtree(finished, ignore_errors=True)
    model.prompts = model.prompts | {"query": job.query_prompt}
    model.save(str(finished), create_model_card=False)
    log = read_log(folder / "log.jsonl")
    seconds = max((line["seconds"] for line in log), default=perf_counter() - began)
    record = job.record | {"precision": precision, "device": model.device.type}
    return Outcome(finished, record, {name: (before[name], after[name]) for name in after}, log, seconds)


def _check_dims(dims: tuple[int, ...], model: SentenceTransformer) -> None:
    if len(set(dims)) < len(dims):
        raise TrainingError("dims", f"are {', '.join(map(str, dims))}", remedy="name each once")
    width = model.get_embedding_dimension()
    if width and max(dims) > width:
        raise TrainingError(
            "dims",
            f"has {max(dims)}, and the model gives vectors of {width}",
            wanted=f"{width} at most",
            remedy="give smaller dims in the recipe",
        )


def _claim(folder: Path, job: Job) -> None:
    """Makes the work folder this job's, or finds that it is."""
    record, file = job.record, folder / "run.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        found = f"cannot be made ({fault.strerror})"
        raise TrainingError(str(folder), found, remedy="give another --out") from fault
    if not _begun(folder):
        (folder / "before.json").unlink(missing_ok=True)
        _write(file, record)
        return
    earlier = json.loads(file.read_text(encoding="utf-8"))
    if differing := [key for key in record if record[key] != earlier.get(key)]:
        raise TrainingError(
            str(folder),
            f"was begun with another {', '.join(differing)}",
            remedy="resume it with the same options and files, or remove that folder to begin anew",
        )


def _begun(folder: Path) -> bool:
    """Whether a run left anything to go on from: without that, it may as well begin anew with other options."""
    return Run(folder).last_checkpoint is not None


def _before(folder: Path, job: Job, model: SentenceTransformer) -> dict[str, float]:
    """What the untrained model measures, from an earlier start of the same run where there was one."""
    file = folder / "before.json"
    if not file.is_file():
        _write(file, {name: each.measure(model) for name, each in job.measured.items()})
    measured: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return measured


def _write(file: Path, content: Any) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(file)
