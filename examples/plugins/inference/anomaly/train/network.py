"""Reads weights.bin."""

import pathlib
import struct

from model import Network

SIZES = (24, 32, 16, 6)


def read():
    """Returns the network that train.py wrote: of each layer the weights by input, then the
    biases, each in 16 bits."""
    data = (pathlib.Path(__file__).parent / "../weights.bin").read_bytes()
    numbers = iter(struct.unpack(f"<{len(data) // 2}h", data))
    layers = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        rows = [[next(numbers) for _ in range(outputs)] for _ in range(inputs + 1)]
        layers.append((rows[:-1], rows[-1]))
    return Network(layers)
