"""What a model runs on, and in which precision."""

from workbench.core.errors import EncoderError

MIXED = "bfloat16 around each text's mean, else float32"


def device_for(wanted: str) -> str:
    """cuda, mps or cpu: the best there is for `auto`, else as wanted; an EncoderError where this machine has none such."""
    import torch

    usable = ["cpu"]
    if torch.backends.mps.is_available():
        usable.insert(0, "mps")
    if torch.cuda.is_available():
        usable.insert(0, "cuda")
    if wanted == "auto":
        return usable[0]
    if wanted.partition(":")[0] not in usable:
        raise EncoderError(
            f'device "{wanted}"',
            "is not on this machine",
            wanted=f"auto or {', '.join(usable)}",
            remedy="choose one of these",
        )
    return wanted


def precision_for(dtype: str, device: str) -> str:
    """What is computed in: float32, bfloat16 or MIXED; `dtype` as the pair says, auto for what pays on `device`."""
    import torch

    if dtype != "auto":
        return dtype
    if device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False):
        return "bfloat16"
    from workbench.encoders.backends.mixed_precision import fast_bfloat16

    return MIXED if device == "cpu" and fast_bfloat16() else "float32"


def card_memory(device: str) -> int | None:
    """Bytes of a graphics card; None of what has no memory of its own."""
    if not device.startswith("cuda"):
        return None
    import torch

    return int(torch.cuda.mem_get_info(device)[1])
