"""A pair file (TOML) and the home folder, read into frozen records."""

import os
import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from workbench.errors import PairError

_STRICT = ConfigDict(extra="forbid")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
TEMPLATE_FIELDS = ("law", "article", "part", "chapter", "text")
DEMO_PREFIX = "demo:"
DEMO_MODELS = ("base", "tuned")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Source:
    """One source of articles: `kind` names its reader; `path` is absolute once a pair is read."""

    kind: str
    path: str = ""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class System:
    """One encoder with its prompts as configured; `reported`: measure -> value that its makers published."""

    label: str
    model: str
    revision: str = ""
    query_prompt: str = ""
    document_template: str = "title: {law} {article} | text: {text}"
    dtype: Literal["float32", "bfloat16"] = "float32"
    max_seq_length: Annotated[int, Field(gt=0)] | None = None
    reported: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _Corpus:
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _Index:
    uri: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Pair:
    """Systems to compare on one corpus; the first system is the baseline.

    `dims` are the vector lengths to index, widest first; `file` is where the pair was read from.
    """

    name: str
    dims: Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1)]
    corpus: _Corpus
    systems: Annotated[dict[str, System], Field(min_length=1)]
    index: _Index = Field(default_factory=_Index)
    queries: tuple[str, ...] = ()
    stand_in: bool = False
    file: str = ""

    @property
    def baseline(self) -> str:
        return next(iter(self.systems))

    @property
    def slug(self) -> str:
        return Path(self.file).stem

    def index_uri(self, home: Path) -> str:
        """Where the index lives: the pair's `[index] uri`, else a folder in the home folder."""
        return self.index.uri or str(home / "index" / self.slug)


def home_folder(given: str | None = None) -> Path:
    """Where artifacts live: `given`, else WORKBENCH_HOME, else `.workbench` in the current folder."""
    return Path(given or os.environ.get("WORKBENCH_HOME") or ".workbench").expanduser().resolve()


def packaged_pairs() -> list[str]:
    return sorted(entry.name.removesuffix(".toml") for entry in files("workbench").joinpath("pairs").iterdir() if entry.name.endswith(".toml"))


def read_pair(name: str) -> Pair:
    """The packaged pair of that name, or the pair in that TOML file."""
    packaged = packaged_pairs()
    path = Path(str(files("workbench").joinpath("pairs", f"{name}.toml"))) if name in packaged else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise PairError(name, f"cannot be read as a pair file ({fault})", remedy=f"give a TOML file or one of: {', '.join(packaged)}") from fault
    return parse_pair(text, path.resolve())


def parse_pair(text: str, path: Path) -> Pair:
    """The pair that `text` describes; relative paths in it are taken from the folder of `path`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise PairError(str(path), f"is no valid TOML: {fault}", remedy="mend that line") from fault
    try:
        pair = TypeAdapter(Pair).validate_python(given | {"file": str(path)})
    except ValidationError as fault:
        raise _explained(fault, text, path) from fault
    _check(pair, text, path)
    systems = {name: replace(system, model=_located(system.model, path.parent)) for name, system in pair.systems.items()}
    sources = tuple(replace(source, path=str(path.parent / source.path) if source.path else "") for source in pair.corpus.sources)
    queries = tuple(str(path.parent / query_set) for query_set in pair.queries)
    return replace(pair, systems=systems, corpus=_Corpus(sources=sources), queries=queries)


def _no_model(model: str, folder: Path) -> bool:
    """Whether `model` names neither a demo model, nor something that exists, nor what could be a hub id."""
    if model.startswith(DEMO_PREFIX):
        return model.removeprefix(DEMO_PREFIX) not in DEMO_MODELS
    organisation, slash, name = model.partition("/")
    hub_id = bool(organisation and slash and name) and "/" not in name and organisation not in (".", "..")
    return not (folder / model).exists() and (not hub_id or (folder / organisation).is_dir())


def _located(model: str, folder: Path) -> str:
    """A folder beside the pair file wins over a hub id of the same spelling."""
    return str((folder / model).resolve()) if (folder / model).exists() or model.startswith((".", "/")) else model


def _explained(fault: ValidationError, text: str, path: Path) -> PairError:
    first = min(fault.errors(), key=lambda error: error["type"] != "unexpected_keyword_argument")
    keys = [key for key in first["loc"] if isinstance(key, str) and not key.startswith("[")]
    where, key = ".".join(map(str, first["loc"])), keys[-1] if keys else ""
    at = _at(path, text, key)
    if first["type"] == "unexpected_keyword_argument":
        return PairError(at, f'unknown key "{where}"', remedy="remove it, or mend its spelling (the README lists every key)")
    if first["type"] in ("missing", "missing_argument"):
        return PairError(str(path), f'the key "{where}" is missing', remedy="add it (the README lists every key)")
    return PairError(at, f'"{where}" is {_short(first.get("input"))}', wanted=first["msg"], remedy="mend that value")


def _check(pair: Pair, text: str, path: Path) -> None:
    for name, system in pair.systems.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*", name):
            raise PairError(_at(path, text, name), f'"{name}" cannot name a system', remedy="use small letters and digits, e.g. tuned")
        unknown = set(_PLACEHOLDER.findall(system.document_template)) - set(TEMPLATE_FIELDS)
        if unknown or "{text}" not in system.document_template:
            found = f"has the unknown field {{{min(unknown)}}}" if unknown else "does not hold {text}"
            fields = ", ".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
            raise PairError(_at(path, text, "document_template"), f"the template {found}", wanted=fields, remedy="mend the template")
        if _no_model(system.model, path.parent):
            demo = ", ".join(DEMO_PREFIX + model for model in DEMO_MODELS)
            raise PairError(
                _at(path, text, system.model),
                f'"{system.model}" is no model: {path.parent / system.model} does not exist',
                wanted=f"a folder relative to this file, a hub id such as org/name, or one of {demo}",
                remedy="correct `model`",
            )
    if list(pair.dims) != sorted(set(pair.dims), reverse=True):
        raise PairError(_at(path, text, "dims"), f"dims are {list(pair.dims)}", remedy="list each once, widest first")


def _at(path: Path, text: str, key: str) -> str:
    """The file, with the first line that mentions `key`."""
    lines = (
        number for number, line in enumerate(text.splitlines(), 1) if key and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", line.partition("#")[0])
    )
    return ":".join([str(path), *(str(number) for number in list(lines)[:1])])


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
