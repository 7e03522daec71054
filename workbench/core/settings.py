"""What a pair file says, as frozen records, and where files of the workbench live."""

import json
import os
from collections.abc import Mapping
from dataclasses import field, replace
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from workbench.core.ann import EXACT_UP_TO
from workbench.core.dimensions import ALL

T = TypeVar("T")
_STRICT = ConfigDict(extra="forbid")
TEMPLATE_FIELDS = ("law", "article", "part", "chapter", "text")
DEMO_PREFIX = "demo:"
HOME_PREFIX = "home:"  # of paths: in the home folder
SAMPLES_PREFIX = "samples:"  # of paths: among the sample query sets
DEMO_MODELS = ("base", "tuned")
STORES = ("s3", "gs", "az")  # object storage that LanceDB keeps tables in
WANTED_PLACE = f"a folder, or an address that begins with {', '.join(f'{store}://' for store in STORES)}"

PositiveInt = Annotated[int, Field(gt=0, strict=True)]
Depth = Annotated[int, Field(gt=0, le=1_000, strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1)]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def settings_record(cls: type[T]) -> type[T]:
    """A frozen record of settings whose fields are checked, and which takes no other key."""
    return cast(type[T], dataclass(frozen=True, kw_only=True, config=_STRICT)(cls))


class UnfitSettings(ValueError):
    """The first key that does not fit a record of settings, what it has for a value, and what is wanted of it."""

    def __init__(self, key: str, value: object, wanted: str) -> None:
        super().__init__(key, value, wanted)
        self.key, self.value, self.wanted = key, value, wanted


def settings_of(cls: type[T], values: Mapping[str, object]) -> T:
    """The record of settings that `values` are; an UnfitSettings where they are none."""
    try:
        return TypeAdapter(cls).validate_python(dict(values))
    except ValidationError as fault:
        error = fault.errors()[0]
        raise UnfitSettings(str(error["loc"][0]), error["input"], error["msg"]) from fault


@settings_record
class Source:
    """One source of articles, or of training data: each kind has settings of its own, beside its reader.

    `path` is absolute once a pair is read, but for a hub's data set and what is in the home folder (`home:…`); `revision`:
    branch, tag or commit of a hub's data set.
    """

    may_be_hub_id: ClassVar[bool] = False  # whether `path` without a prefix can name a data set

    kind: str
    path: str = ""
    revision: str = ""

    @property
    def vectors_of(self) -> str:
        """The system whose vectors the source brings along; empty where it brings none."""
        return ""

    def at_home(self, home: Path) -> Self:
        """This source with a path in the home folder made absolute."""
        if not self.path.startswith(HOME_PREFIX):
            return self
        return replace(self, path=str(home / self.path.removeprefix(HOME_PREFIX)))


Scalar = str | int | float | bool


def _request_value(value: object) -> object:
    if all(_is_scalar(each) for each in (value if isinstance(value, list) else [value])):
        return value
    raise PydanticCustomError("request_value", "a string, a finite number, a boolean or a list of these")


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


# One validator for all, in the place of one fault for each type that a value might have had.
RequestFields = dict[str, Annotated[Scalar | list[Scalar], PlainValidator(_request_value)]]


def fields_text(fields: Mapping[str, object]) -> str:
    """Fields of a request as JSON in a fixed order, to tell them from others; empty where there are none."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True) if fields else ""


@settings_record
class System:
    """Anything that ranks the articles: each kind has settings of its own.

    `reported`: measure -> value that its makers published.
    """

    label: str
    kind: str
    reported: dict[str, Annotated[float, Field(ge=0, le=1)]] = field(default_factory=dict)


Dims = Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1)]


@settings_record
class DenseSystem(System):
    """One encoder with its prompts as configured; `dims`: its vectors' dimensions where they are not the pair's.

    `url`: base address of an OpenAI-compatible server that has the model under the name `model`; `key`: the environment
    variable with its key; `query_fields`, `document_fields`: what it gets beside model and texts with each request for
    questions or for documents; `batch_size`: texts of one request to it. `dtype` auto: bfloat16 where a graphics processor has it, else float32. `bidirectional`: whether
    the model must see later tokens from earlier ones; by default it must where it is a Gemma 3 text encoder.
    """

    kind: Literal["dense"] = "dense"
    model: str
    dims: Dims | None = None
    revision: str = ""
    url: str = ""
    key: str = ""
    query_prompt: str = ""
    document_template: str = "title: {law} {article} | text: {text}"
    dtype: Literal["auto", "float32", "bfloat16"] = "float32"
    device: str = "auto"
    max_seq_length: Annotated[int, Field(gt=0)] | None = None
    batch_size: PositiveInt | None = None
    query_fields: RequestFields = field(default_factory=dict)
    document_fields: RequestFields = field(default_factory=dict)
    bidirectional: bool | None = None

    @property
    def document_side(self) -> tuple[object, ...]:
        """What decides about document vectors, and nothing else."""
        return (
            self.model,
            self.revision,
            self.url,  # under the same name another server may have another model
            self.document_template,
            self.dtype,
            self.max_seq_length,
            fields_text(self.document_fields),
        )


@settings_record
class LexicalSystem(System):
    """BM25 (Robertson et al. 1994) by LanceDB full-text search on the articles' own table.

    `tokenizer`: as LanceDB names them; `ngram`: the shortest and the longest run of characters that `ngram` makes.
    """

    kind: Literal["lexical"] = "lexical"
    document_template: str = "{law} {article} {text}"
    tokenizer: Literal["ngram", "simple", "whitespace", "raw", "icu"] = "ngram"
    ngram: tuple[PositiveInt, PositiveInt] = (2, 2)

    def finds_nothing_in(self, text: str) -> bool:
        """Whether a question is shorter than whatever is searched."""
        return self.tokenizer == "ngram" and len(text) < self.ngram[0]


@settings_record
class FusionSystem(System):
    """Other systems of the pair in one ranking.

    `method` rrf: reciprocal rank fusion with its constant `k` (Cormack et al. 2009); `weighted`: the sum of the systems'
    scores, each scaled to [0, 1] over what the system finds for a question (min-max). `weights`: by system, 1 where it is not named.
    """

    kind: Literal["fusion"] = "fusion"
    of: Annotated[tuple[str, ...], Field(min_length=2)]
    method: Literal["rrf", "weighted"] = "rrf"
    k: PositiveInt = 60
    weights: dict[str, PositiveFloat] = field(default_factory=dict)


@settings_record
class RunSystem(System):
    """Rankings that another tool made, in a run file; `path` is absolute once a pair is read."""

    kind: Literal["run"] = "run"
    path: str


SYSTEM_KINDS: dict[str, type[System]] = {
    "dense": DenseSystem,
    "lexical": LexicalSystem,
    "fusion": FusionSystem,
    "run": RunSystem,
}


@settings_record
class Variant:
    """What a variant of a pair changes in one system; None leaves it as it is."""

    query_prompt: str | None = None
    document_template: str | None = None


@settings_record
class Corpus:
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class StoredAt(str):
    """The address of an index in object storage, with what reaches it: `options` by key, never shown."""

    __slots__ = ("options",)
    options: Mapping[str, str]

    def __new__(cls, uri: str, options: Mapping[str, str]) -> "StoredAt":
        """`options` as LanceDB names them; a value `$NAME` stands for an environment variable."""
        made = super().__new__(cls, uri)
        made.options = dict(options)
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)  # what is kept of it elsewhere holds no secrets


def is_remote(uri: str) -> bool:
    """Whether an index lies elsewhere than in a folder."""
    return "://" in uri


@settings_record
class IndexPlace:
    """Where the index lives, and another one, or none, whose vectors a build takes over where they are the same.

    `storage_options`: what reaches object storage, beside the environment; secrets may be among them. `exact_up_to`: with
    more articles it is searched approximately by default, and ranks beyond the lists are worked out when one asks for them.
    """

    uri: str = ""
    reuse: str = ""
    exact_up_to: Count = EXACT_UP_TO
    storage_options: dict[str, str] = field(default_factory=dict, repr=False)

    def at(self, uri: str) -> str:
        """`uri` with what reaches it."""
        return StoredAt(uri, self.storage_options) if is_remote(uri) else uri


@settings_record
class Pair:
    """Systems to compare on one corpus; the first system is the baseline.

    `dims` are the dimensions to compare at, widest first, and those of each dense system that names none of its own; `training`: what the systems were tuned on, to mark what a test
    gives away; `variants`: name -> system -> other prompts; `file` is where the pair was read from, `typed` what the user
    typed to name it, `variant` what was made of it.
    """

    name: str
    dims: Dims
    corpus: Corpus
    systems: Annotated[dict[str, System], Field(min_length=1)]
    index: IndexPlace = field(default_factory=IndexPlace)
    queries: tuple[str, ...] = ()
    training: tuple[Source, ...] = ()
    variants: dict[str, dict[str, Variant]] = field(default_factory=dict)
    stand_in: bool = False
    file: str = ""
    typed: str = ""
    variant: str = ""

    @property
    def baseline(self) -> str:
        return next(iter(self.systems))

    @property
    def dense(self) -> dict[str, DenseSystem]:
        """The systems with vectors."""
        return {name: system for name, system in self.systems.items() if isinstance(system, DenseSystem)}

    @property
    def lexical(self) -> dict[str, LexicalSystem]:
        """The systems with a full-text index."""
        return {name: system for name, system in self.systems.items() if isinstance(system, LexicalSystem)}

    @property
    def owners(self) -> dict[str, str]:
        """Dense system -> the first with the same document vectors: the one that the columns of both are named after."""
        first: dict[tuple[object, ...], str] = {}
        return {name: first.setdefault(system.document_side, name) for name, system in self.dense.items()}

    def elsewhere(self, system: str) -> frozenset[str]:
        """The systems with vectors whose models are not on the server of `system`."""
        url = self.dense[system].url
        return frozenset(name for name, other in self.dense.items() if other.url != url)

    @property
    def query_prompts(self) -> frozenset[str]:
        """What the systems, and the variants of them, put before a question."""
        changed = (change.query_prompt for changes in self.variants.values() for change in changes.values())
        own = (system.query_prompt for system in self.dense.values())
        return frozenset(filter(None, (*own, *changed)))

    def dims_of(self, system: str) -> tuple[int, ...]:
        """A system's own dimensions, widest first; (ALL,) where it has no vectors."""
        settings = self.systems[system]
        return (settings.dims or self.dims) if isinstance(settings, DenseSystem) else (ALL,)

    def column_dims(self, only: "Pair | None" = None) -> dict[str, tuple[int, ...]]:
        """Owner -> the dimensions of the columns named after it, widest first; `only`: of what a part of this pair has."""
        dims: dict[str, set[int]] = {}
        part = only or self
        for name in part.dense:
            dims.setdefault(self.owners[name], set()).update(part.dims_of(name))
        return {owner: tuple(sorted(found, reverse=True)) for owner, found in dims.items()}

    @property
    def slug(self) -> str:
        return Path(self.file).stem

    def index_uri(self, home: Path) -> str:
        """Where the index lives: the pair's `[index] uri`, else a folder in the home folder."""
        return self.index.at(self.index.uri) or str(home / "index" / self.slug)


def home_folder(given: str | None = None) -> Path:
    """Where artifacts live: `given`, else WORKBENCH_HOME, else `.workbench` in the current folder."""
    return Path(given or os.environ.get("WORKBENCH_HOME") or ".workbench").expanduser().resolve()


def home_words(home: Path) -> list[str]:
    """What names a home folder on the command line; nothing where it is the one by default."""
    return ["--home", str(home)] if home != home_folder() else []


def sample_queries() -> Path:
    """The folder of the sample query sets: inside an installed package, else at the top of the repository."""
    package = Path(str(files("workbench")))
    installed = package / "sample_queries"
    return installed if installed.is_dir() else package.parent / "sample_queries"


def packaged_pairs() -> list[str]:
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files("workbench.core").joinpath("pairs").iterdir()
        if entry.name.endswith(".toml")
    )


def packaged_pair(name: str) -> Path:
    """The file of a packaged pair."""
    return Path(str(files("workbench.core").joinpath("pairs", f"{name}.toml")))
