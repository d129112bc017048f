"""Where training computes."""

from __future__ import annotations

import torch

from recsys.errors import InvalidData


def torch_device(name: str) -> torch.device:
    """The device of this name; "auto" takes CUDA where there is one. Raises InvalidData if it is not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InvalidData(f"there is no {name} here: take auto or cpu")
    return device
