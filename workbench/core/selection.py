"""A part of a pair, or the pair with other prompts."""

from dataclasses import replace
from typing import Any

from workbench.core.errors import PairError
from workbench.core.settings import DenseSystem, FusionSystem, Pair, System, Variant

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
    changes = pair.variants[variant]
    return pair.systems | {
        name: replace(system, **_given(changes.get(name))) for name, system in pair.dense.items()
    }


def _given(variant: Variant | None) -> dict[str, Any]:
    return {key: value for key, value in (vars(variant) if variant else {}).items() if value is not None}


def select(
    pair: Pair, *, systems: str | None = None, dims: str | None = None, device: str | None = None
) -> Pair:
    """`pair` with some systems and dimensions only (names and numbers with commas between them), on another device.

    A fusion brings along what it is of; a system that has none of the dimensions keeps its widest.
    """
    names = _with_parts(pair, _listed(systems, list(pair.systems), "systems", "in the pair"))
    known = sorted(set(pair.dims).union(*(pair.dims_of(name) for name in pair.dense)), reverse=True)
    wanted = sorted(map(int, _listed(dims, list(map(str, known)), "dims", "indexed")), reverse=True)

    def of(system: System) -> System:
        if not isinstance(system, DenseSystem):
            return system
        own = system.dims or pair.dims
        kept = tuple(dim for dim in own if dim in wanted) or own[:1]
        return replace(
            system,
            dims=kept if dims is not None or system.dims else None,
            device=device or system.device,
        )

    return replace(
        pair,
        systems={name: of(pair.systems[name]) for name in names},
        dims=tuple(wanted) if dims is not None else pair.dims,
    )


def _with_parts(pair: Pair, names: list[str]) -> list[str]:
    """`names`, and behind them the systems that fusions among them are of."""
    found = list(names)
    for name in found:  # grows while it is gone through
        system = pair.systems[name]
        if isinstance(system, FusionSystem):
            found += [part for part in system.of if part not in found]
    return found


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


def with_baseline(pair: Pair, baseline: str | None) -> Pair:
    """`pair` with the baseline first."""
    return select(pair, systems=",".join([baseline, *pair.systems])) if baseline else pair
