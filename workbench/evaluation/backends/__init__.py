"""What multiplies and counts in a sweep, by device: one module a kind, whose `sweep` gives the tallies of all rows."""

from collections.abc import Callable, Iterable, Mapping

from workbench.encoders.local_libraries import LIBRARIES, check_installed
from workbench.evaluation.asked import Asked, Batch, Tallies
from workbench.evaluation.backends import processor

Progress = Callable[[int], None]  # is told how many more rows are done
# The device is named as PyTorch does, e.g. cuda:1.
Backend = Callable[[Asked, Iterable[Batch], Progress, str], Tallies]


def _on_processor(asked: Asked, batches: Iterable[Batch], progress: Progress, _: str) -> Tallies:
    return processor.sweep(asked, batches, progress)


def _on_card(asked: Asked, batches: Iterable[Batch], progress: Progress, device: str) -> Tallies:
    check_installed(f'exact ranking on "{device}"', {"torch": LIBRARIES["torch"]})
    from workbench.encoders.backends.devices import device_for
    from workbench.evaluation.backends import card

    return card.sweep(asked, batches, progress, device_for(device))


BACKENDS: Mapping[str, Backend] = {"cpu": _on_processor, "cuda": _on_card}


def backend_of(device: str) -> Backend:
    """What sweeps where `device` says; on the processor where it says `auto` or names none of these."""
    return BACKENDS.get(device.partition(":")[0], _on_processor)
