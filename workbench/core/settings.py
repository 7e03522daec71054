"""A pair file (TOML) and the home folder, read into frozen records."""

import os
import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from workbench.core.domain import Level
from workbench.core.errors import PairError

_STRICT = ConfigDict(extra="forbid")
TEMPLATE_FIELDS = ("law", "article", "part", "chapter", "text")
DEMO_PREFIX = "demo:"
HOME_PREFIX = "home:"  # of paths: in the home folder
SAMPLES_PREFIX = "samples:"  # of paths: among the sample query sets
DEMO_MODELS = ("base", "tuned")
HUB_KINDS = ("triplets",)  # sources whose path may be a hub id


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Source:
    """One source of articles, or of training triplets: `kind` names its reader, the other keys are for it.

    `path` is absolute once a pair is read, but for a hub id and what is in the home folder (`home:…`). `include`: laws
    to take although marked 已被修改. `versions`: of several versions of a law the newest in force, or all. `columns`:
    field of `Article` -> column of a table. `level` and `region` hold where the source itself names none. `revision`:
    of a hub id. `vectors`: the system whose vectors the source brings along.
    """

    kind: str
    path: str = ""
    include: tuple[str, ...] = ()
    versions: Literal["newest", "all"] = "newest"
    columns: dict[str, str] = Field(default_factory=dict)
    level: Level | None = None
    region: str = ""
    revision: str = ""
    vectors: str = ""

    def at_home(self, home: Path) -> "Source":
        """This source with a path in the home folder made absolute."""
        return (
            replace(self, path=str(home / self.path.removeprefix(HOME_PREFIX)))
            if self.path.startswith(HOME_PREFIX)
            else self
        )


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class System:
    """One encoder with its prompts as configured; `reported`: measure -> value that its makers published.

    `url`: base address of an OpenAI-compatible server that has the model under the name `model`; `key`: the environment
    variable with its key. `dtype` auto: bfloat16 where a graphics processor has it, else float32. `bidirectional`: whether
    the model must see later tokens from earlier ones; by default it must where it is a Gemma 3 text encoder.
    """

    label: str
    model: str
    revision: str = ""
    url: str = ""
    key: str = ""
    query_prompt: str = ""
    document_template: str = "title: {law} {article} | text: {text}"
    dtype: Literal["auto", "float32", "bfloat16"] = "float32"
    device: str = "auto"
    max_seq_length: Annotated[int, Field(gt=0)] | None = None
    bidirectional: bool | None = None
    reported: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)

    @property
    def document_side(self) -> tuple[object, ...]:
        """What decides about document vectors, and nothing else."""
        return (
            self.model,
            self.revision,
            bool(self.url),
            self.document_template,
            self.dtype,
            self.max_seq_length,
        )


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Variant:
    """What a variant of a pair changes in one system; None leaves it as it is."""

    query_prompt: str | None = None
    document_template: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _Corpus:
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _Index:
    uri: str = ""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Pair:
    """Systems to compare on one corpus; the first system is the baseline.

    `dims` are the vector lengths to index, widest first; `training`: what the systems were tuned on, to mark what a test
    gives away; `variants`: name -> system -> other prompts; `file` is where the pair was read from, `typed` what the user
    typed to name it, `variant` what was made of it.
    """

    name: str
    dims: Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1)]
    corpus: _Corpus
    systems: Annotated[dict[str, System], Field(min_length=1)]
    index: _Index = Field(default_factory=_Index)
    queries: tuple[str, ...] = ()
    training: tuple[Source, ...] = ()
    variants: dict[str, dict[str, Variant]] = Field(default_factory=dict)
    stand_in: bool = False
    file: str = ""
    typed: str = ""
    variant: str = ""

    @property
    def baseline(self) -> str:
        return next(iter(self.systems))

    @property
    def owners(self) -> dict[str, str]:
        """System -> the first system with the same document vectors: the one that the columns of both are named after."""
        first: dict[tuple[object, ...], str] = {}
        return {name: first.setdefault(system.document_side, name) for name, system in self.systems.items()}

    @property
    def slug(self) -> str:
        return Path(self.file).stem

    def index_uri(self, home: Path) -> str:
        """Where the index lives: the pair's `[index] uri`, else a folder in the home folder."""
        return self.index.uri or str(home / "index" / self.slug)


ALL_VARIANTS = "all"


def with_variant(pair: Pair, name: str) -> Pair:
    """`pair` with the prompts of one of its variants; `all`: as it is, and every variant that differs as a further system."""
    if name == ALL_VARIANTS:
        further = {
            f"{system}{variant}": replace(changed, label=f"{changed.label}, {variant}", reported={})
            for variant in pair.variants
            for system, changed in _changed(pair, variant).items()
            if changed != pair.systems[system]
        }
        return replace(pair, systems=pair.systems | further, variant=name)
    if name not in pair.variants:
        wanted = (
            ", ".join([*pair.variants, ALL_VARIANTS]) if pair.variants else "none: the pair has no variants"
        )
        raise PairError(
            f'variant "{name}"',
            "is not in the pair",
            wanted=wanted,
            remedy="choose among these, or add [variants.…] to the pair file",
        )
    return replace(pair, systems=_changed(pair, name), variant=name)


def _changed(pair: Pair, variant: str) -> dict[str, System]:
    """All systems as a variant has them."""
    return {
        name: replace(system, **_given(pair.variants[variant].get(name)))
        for name, system in pair.systems.items()
    }


def _given(variant: Variant | None) -> dict[str, Any]:
    return {key: value for key, value in (vars(variant) if variant else {}).items() if value is not None}


def select(
    pair: Pair, *, systems: str | None = None, dims: str | None = None, device: str | None = None
) -> Pair:
    """`pair` with some systems and dimensions only (names and numbers with commas between them), on another device."""
    names = _listed(systems, list(pair.systems), "systems", "in the pair")
    lengths = _listed(dims, list(map(str, pair.dims)), "dims", "indexed")
    chosen = {
        name: replace(pair.systems[name], device=device) if device else pair.systems[name] for name in names
    }
    return replace(pair, systems=chosen, dims=tuple(sorted(map(int, lengths), reverse=True)))


def _listed(given: str | None, known: list[str], subject: str, where: str) -> list[str]:
    wanted = [item.strip() for item in given.split(",")] if given is not None else known
    if unknown := [item for item in wanted if item not in known]:
        raise PairError(
            subject,
            f'"{unknown[0]}" is not {where}',
            wanted=f"of {', '.join(known)}",
            remedy="choose among these, or add it to the pair",
        )
    return list(dict.fromkeys(wanted))


def home_folder(given: str | None = None) -> Path:
    """Where artifacts live: `given`, else WORKBENCH_HOME, else `.workbench` in the current folder."""
    return Path(given or os.environ.get("WORKBENCH_HOME") or ".workbench").expanduser().resolve()


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


def read_pair(name: str, variant: str = "") -> Pair:
    """The packaged pair of that name, or the pair in that TOML file; with one of its variants where that is named."""
    packaged = packaged_pairs()
    path = (
        Path(str(files("workbench.core").joinpath("pairs", f"{name}.toml")))
        if name in packaged
        else Path(name)
    )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise PairError(
            name,
            f"cannot be read as a pair file ({fault})",
            remedy=f"give a TOML file or one of: {', '.join(packaged)}",
        ) from fault
    pair = replace(parse_pair(text, path.resolve()), typed=name)
    return with_variant(pair, variant) if variant else pair


def parse_pair(text: str, path: Path) -> Pair:
    """The pair that `text` describes; relative paths in it are taken from the folder of `path`, which names the pair."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise PairError(str(path), f"is no valid TOML: {fault}", remedy="mend that line") from fault
    try:
        pair = TypeAdapter(Pair).validate_python(
            given | {"file": str(path), "typed": str(path), "variant": ""}
        )
    except ValidationError as fault:
        raise _explained(fault, text, path) from fault
    _check(pair, text, path)
    systems = {
        name: replace(system, model=system.model if system.url else _located(system.model, path.parent))
        for name, system in pair.systems.items()
    }
    sources = tuple(replace(source, path=_source_path(source, path.parent)) for source in pair.corpus.sources)
    training = tuple(replace(source, path=_source_path(source, path.parent)) for source in pair.training)
    queries = tuple(_query_set_path(query_set, path.parent) for query_set in pair.queries)
    index = _Index(uri=_uri(pair.index.uri, path.parent))
    return replace(
        pair,
        systems=systems,
        corpus=_Corpus(sources=sources),
        queries=queries,
        training=training,
        index=index,
    )


def _no_model(system: System, folder: Path) -> bool:
    """Whether a system's model is neither served, nor a demo model, nor something that exists, nor what could be a hub id."""
    model = system.model
    if system.url:
        return not model
    if model.startswith(DEMO_PREFIX):
        return model.removeprefix(DEMO_PREFIX) not in DEMO_MODELS
    return not (folder / model).exists() and not _hub_id(model, folder)


def _hub_id(name: str, folder: Path) -> bool:
    """Whether `name` can be `organisation/name` on a hub, and not a folder beside the pair file that is missing."""
    organisation, slash, rest = name.partition("/")
    return (
        bool(organisation and slash and rest)
        and "/" not in rest
        and organisation not in (".", "..", "~")
        and not (folder / organisation).is_dir()
    )


def _query_set_path(path: str, folder: Path) -> str:
    """Absolute; `samples:` stands for the folder of the sample query sets."""
    if path.startswith(SAMPLES_PREFIX):
        return str(sample_queries() / path.removeprefix(SAMPLES_PREFIX))
    return str(folder / path)


def _source_path(source: Source, folder: Path) -> str:
    """Absolute, but for none at all, a path in the home folder and a hub id; `~` and `$NAME` are filled in."""
    path = os.path.expandvars(os.path.expanduser(source.path))
    if path.startswith(SAMPLES_PREFIX):
        return _query_set_path(path, folder)
    if (
        not path
        or path.startswith(HOME_PREFIX)
        or (source.kind in HUB_KINDS and not (folder / path).exists() and _hub_id(path, folder))
    ):
        return path
    return str(folder / path)


def _uri(uri: str, folder: Path) -> str:
    """Absolute, but for none at all and those of another scheme; `~` and `$NAME` are filled in."""
    return uri if not uri or "://" in uri else str(folder / os.path.expandvars(os.path.expanduser(uri)))


def _located(model: str, folder: Path) -> str:
    """A folder beside the pair file wins over a hub id of the same spelling."""
    return (
        str((folder / model).resolve())
        if (folder / model).exists() or model.startswith((".", "/"))
        else model
    )


def _explained(fault: ValidationError, text: str, path: Path) -> PairError:
    first = min(fault.errors(), key=lambda error: error["type"] != "unexpected_keyword_argument")
    keys = [key for key in first["loc"] if isinstance(key, str) and not key.startswith("[")]
    where, key = ".".join(map(str, first["loc"])), keys[-1] if keys else ""
    at = _at(path, text, key)
    if first["type"] == "unexpected_keyword_argument":
        return PairError(
            at,
            f'unknown key "{where}"',
            remedy="remove it, or mend its spelling (docs/pair-file.md lists every key)",
        )
    if first["type"] in ("missing", "missing_argument"):
        return PairError(
            str(path), f'the key "{where}" is missing', remedy="add it (docs/pair-file.md lists every key)"
        )
    return PairError(
        at, f'"{where}" is {_short(first.get("input"))}', wanted=first["msg"], remedy="mend that value"
    )


def _check_template(template: str, text: str, path: Path) -> None:
    try:
        parsed = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
        fields = [
            "".join(filter(None, (name, conversion and f"!{conversion}", form and f":{form}")))
            for name, form, conversion in parsed
        ]
        unknown = [field for field in fields if field not in TEMPLATE_FIELDS]
        fault = (
            f"has the unknown field {{{unknown[0]}}}"
            if unknown
            else ""
            if "text" in fields
            else "does not hold {text}"
        )
    except ValueError as found:
        fault = f"cannot be read ({found})"
    if fault:
        wanted = ", ".join(f"{{{field}}}" for field in TEMPLATE_FIELDS)
        raise PairError(
            _at(path, text, "document_template"),
            f"the template {fault}",
            wanted=wanted,
            remedy="mend the template",
        )


def _check(pair: Pair, text: str, path: Path) -> None:
    templates: list[str | None] = [system.document_template for system in pair.systems.values()]
    templates += [
        changes.document_template for variant in pair.variants.values() for changes in variant.values()
    ]
    for template in templates:
        if template is not None:
            _check_template(template, text, path)
    for source in pair.corpus.sources:
        if source.vectors and source.vectors not in pair.systems:
            found = f'the source\'s vectors are of "{source.vectors}", which is no system'
            raise PairError(
                _at(path, text, "vectors"),
                found,
                wanted=f"of {', '.join(pair.systems)}",
                remedy="mend its name",
            )
    for name, system in pair.systems.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*", name):
            raise PairError(
                _at(path, text, name),
                f'"{name}" cannot name a system',
                remedy="use small letters and digits, e.g. tuned",
            )
        if _no_model(system, path.parent):
            demo = ", ".join(DEMO_PREFIX + model for model in DEMO_MODELS)
            raise PairError(
                _at(path, text, system.model),
                f'"{system.model}" is no model: {path.parent / system.model} does not exist',
                wanted=f"a folder relative to this file, a hub id such as org/name, or one of {demo}",
                remedy="correct `model`",
            )
    for variant, changes in pair.variants.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*", variant) or variant == ALL_VARIANTS:
            raise PairError(
                _at(path, text, variant),
                f'"{variant}" cannot name a variant',
                remedy="use small letters and digits, e.g. bare",
            )
        if unknown := set(changes) - set(pair.systems):
            found = f'the variant "{variant}" changes "{min(unknown)}", which is no system'
            raise PairError(
                _at(path, text, variant),
                found,
                wanted=f"of {', '.join(pair.systems)}",
                remedy="mend its name",
            )
        if taken := {f"{system}{variant}" for system in pair.systems} & set(pair.systems):
            found = f'the variant "{variant}" would make a second system "{min(taken)}"'
            raise PairError(_at(path, text, variant), found, remedy="rename the variant or that system")
    if list(pair.dims) != sorted(set(pair.dims), reverse=True):
        raise PairError(
            _at(path, text, "dims"), f"dims are {list(pair.dims)}", remedy="list each once, widest first"
        )


def _at(path: Path, text: str, key: str) -> str:
    """The file, with the first line that mentions `key`."""
    lines = (
        number
        for number, line in enumerate(text.splitlines(), 1)
        if key and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", line.partition("#")[0])
    )
    return ":".join([str(path), *(str(number) for number in list(lines)[:1])])


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
