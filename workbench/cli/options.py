"""What several commands share: the pair's options, where the page answers, JSON on stdout."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from functools import partial, reduce, wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import click

from workbench.cli.terminal import Terminal
from workbench.core.engines import RayCluster
from workbench.core.errors import TrainingError
from workbench.core.settings import packaged_pairs

if TYPE_CHECKING:
    from workbench import Workbench

Open = Callable[..., "Workbench"]

home_option = click.option(
    "--home", help="Where models and index live.  [default: $WORKBENCH_HOME or ./.workbench]"
)
_PORT = 8501


class _Port(click.IntRange):
    """A port; one that is left empty, as in `PORT= make demo`, is the default."""

    def convert(self, value: Any, param: Any, context: Any) -> Any:
        given = str(value).strip()
        if not given:
            return _PORT
        if not (given.isascii() and given.isdecimal() and len(given) < 6 and 1 <= int(given) <= 65_535):
            found = f"{given[:20]!r} is no port; --port and $PORT take a number from 1 to 65535"
            self.fail(found, param, context)
        return int(given)


port_option = click.option(
    "--port",
    type=_Port(1, 65_535),
    envvar="PORT",
    default=_PORT,
    show_default="$PORT or 8501",
    help="Where the page answers.",
)
device_option = click.option(
    "--device", help="cuda, cuda:1, mps or cpu.  [default: as the pair says, else the best there is]"
)


def engine_options(*, gpus: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """--engine and what goes with it, handed on as `engine`: None where this process does the work alone.

    `gpus`: whether workers may have any.
    """
    taken = [
        click.option(
            "--engine",
            "kind",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Who does the work: this process, or workers on Ray (extra `ray`).",
        ),
        click.option(
            "--ray-address",
            "address",
            help="host:port of a Ray cluster, or auto.  [default: a Ray of this machine, for this run]",
        ),
        click.option(
            "--workers",
            type=click.IntRange(1),
            help="Workers on Ray.  [default: one a GPU, else one a machine]",
        ),
    ]
    if gpus:
        share = click.FloatRange(0)
        told = "GPUs a worker, or a share of one.  [default: 1, or an even share]"
        taken.append(click.option("--gpus-per-worker", type=share, help=told))

    def add(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def wrapped(
            *arguments: Any,
            kind: str,
            address: str | None,
            workers: int | None,
            gpus_per_worker: float | None = None,
            **options: Any,
        ) -> None:
            engine = _engine(kind, address, workers, gpus_per_worker)
            command(*arguments, engine=engine, **options)

        return reduce(lambda inner, option: option(inner), reversed(taken), wrapped)

    return add


def _engine(
    kind: str, address: str | None, workers: int | None, gpus_per_worker: float | None
) -> RayCluster | None:
    if kind == "ray":
        return RayCluster(address or os.environ.get("RAY_ADDRESS", ""), workers, gpus_per_worker)
    given = {"--ray-address": address, "--workers": workers, "--gpus-per-worker": gpus_per_worker}
    if named := [flag for flag, value in given.items() if value is not None]:
        raise click.UsageError(f"{named[0]} is for --engine ray")
    return None


queries_option = click.option(
    "--queries",
    required=True,
    help="A query set: JSON, CSV, Excel, BEIR, TREC, STARD or triplets (sample_queries/README.md).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="The same as JSON on stdout.")


def pair_options(command: Callable[..., None]) -> Callable[..., None]:
    """--pair, --variant and --home, handed on as `open_workbench`, which takes what else `Workbench.open` does."""

    @click.option(
        "--pair",
        default="demo",
        show_default=True,
        help=f"A packaged pair ({', '.join(packaged_pairs())}) or a TOML file.",
    )
    @click.option(
        "--variant",
        default="",
        help="Other prompts that the pair names, or `all` for every one as a further system."
        "  [default: as configured]",
    )
    @home_option
    @wraps(command)
    def wrapped(pair: str, variant: str, home: str | None, **options: Any) -> None:
        from workbench import Workbench  # here: help need not wait for what it loads

        with Terminal() as terminal:
            command(partial(Workbench.open, pair, variant=variant, home=home, reporter=terminal), **options)

    return wrapped


class _Listed(click.ParamType[Any]):
    """Numbers with commas between them, as a tuple."""

    def __init__(self, of: type) -> None:
        self._of = of
        self.name = f"{of.__name__},…"

    def convert(self, value: Any, param: Any, context: Any) -> Any:
        try:
            return tuple(self._of(each) for each in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of numbers with commas between them", param, context)


def settings_options(
    record: type, meanings: Mapping[str, str], by_default: str = ""
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One option for each field of a settings record, which come as keyword arguments.

    `meanings`: field -> what it means; `by_default`: where the defaults come from, and then an option that is not
    given is None; else it has the record's default.
    """
    hints = get_type_hints(record)

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for each in reversed(fields(record)):
            flag = f"--{each.name.replace('_', '-')}"
            given = None if by_default else _default(each)
            kind = _click_type(hints[each.name])
            shown = bool(not by_default and given is not None)
            names = f"{flag}/--no-{flag[2:]}" if kind is bool else flag
            command = click.option(
                names,
                each.name,
                default=given,
                show_default=shown,
                type=None if kind is bool else kind,
                help=f"{meanings[each.name][0].upper()}{meanings[each.name][1:]}.",
            )(command)
        return command

    return add


def _default(field: "Field[Any]") -> Any:
    return None if field.default is MISSING else field.default


def _click_type(hint: Any) -> Any:
    """What click takes for values of a settings field."""
    if get_origin(hint) in (Union, UnionType):
        hint = next(each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        return click.Choice(get_args(hint))
    if get_origin(hint) is tuple:
        return _Listed(_click_type(get_args(hint)[0]))
    return hint


@contextmanager
def new_file(path: Path) -> Iterator[IO[str]]:
    """A file to be written, UTF-8; it is claimed before the work for it begins, and removed where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError as fault:
        raise TrainingError(
            str(path), "exists already", remedy="give another --out, or move it away"
        ) from fault
    except OSError as fault:
        found = f"cannot be written ({fault.strerror})"
        raise TrainingError(str(path), found, remedy="give another --out") from fault
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def say(text: str) -> None:
    """A line for people, on stderr."""
    click.echo(text, err=True)


def print_json(result: Any) -> None:
    """`result` on stdout."""
    from workbench.evaluation.exports import write_json

    click.echo(write_json(result, None), nl=False)
