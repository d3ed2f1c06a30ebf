"""Writes weights.bin and src/card.rs from the model in the Python package magika.

    pip install magika==1.0.3 onnx==1.23.2
    python weights.py

The graph is read by the names of its constants; the hash of the file guarantees that they are
those. What the plugin computes is the graph's, with these changes:

- GELU of embedding plus bias is a table of 257 rows, for 256 bytes and padding.
- The weights of the convolution are integers of 8 bits, with a scale for each output; those of
  the last layer are integers of 16 bits.
- The plugin takes the larger GELU of the smallest and the largest result of the convolution,
  instead of the largest GELU of all: that is the same number.
"""

import argparse
import hashlib
import json
import pathlib

import magika
import numpy as np
import onnx

MODEL = "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c"
NAME = "standard_v3_3"
PLUGIN = pathlib.Path(__file__).parent.parent


def constants(path):
    """Returns a function from the end of a constant's name to the constant."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != MODEL:
        raise SystemExit(f"{path} is another model: its SHA-256 is {found}")
    graph = onnx.load_from_string(data).graph
    values = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}

    def one(end, *shape):
        names = [name for name in values if name.endswith(end)]
        if len(names) != 1:
            raise SystemExit(f"{len(names)} constants end with {end}")
        return values[names[0]].astype(np.float64).reshape(shape)

    return one


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def quantised(weights, largest):
    """Returns rows of weights as integers up to the largest, and a scale for each row."""
    scales = np.abs(weights).max(axis=1) / largest
    scales = scales.astype(np.float32).astype(np.float64)
    return np.rint(weights / scales[:, None]), scales


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=PLUGIN)
    out = parser.parse_args().out
    model = pathlib.Path(magika.__file__).parent / "models" / NAME
    one = constants(model / "model.onnx")
    labels = json.loads((model / "config.min.json").read_text())["target_labels_space"]

    table = gelu(one("get_logits_/Const:0", 257, 64) + one("Dense_0/Reshape:0", 64))
    conv = one("Conv_0/transpose_3:0", 512, 256, 5).transpose(0, 2, 1)
    conv, conv_scales = quantised(conv.reshape(512, 5 * 256), 127)
    dense, dense_scales = quantised(one("get_logits_/Const_24:0", 512, 214).T, 32767)
    # For groups of four outputs, the weights of each input.
    groups = np.zeros((216, 512))
    groups[:214] = dense
    groups = groups.reshape(54, 4, 512).transpose(0, 2, 1)

    floats = [
        table,
        one("LayerNorm_0/Reshape_2:0", 512),
        one("LayerNorm_0/Reshape_3:0", 512),
        conv_scales,
        one("const_fold_opt__209", 512),
        one("LayerNorm_1/Reshape_2:0", 512),
        one("LayerNorm_1/Reshape_3:0", 512),
        dense_scales,
        one("Dense_1/Reshape:0", 214),
    ]
    weights = b"".join(
        [f.astype("<f4").tobytes() for f in floats]
        + [groups.astype("<i2").tobytes(), conv.astype("i1").tobytes()]
    )
    (out / "weights.bin").write_bytes(weights)

    names = "".join(f'    "{label}",\n' for label in labels)
    (out / "src" / "card.rs").write_text(
        f"""//! What the model card says; weights.py writes it.

/// The name of the model in the Python package.
pub const VERSION: &str = "{NAME}";
/// The SHA-256 of weights.bin.
pub const WEIGHTS: &str = "{hashlib.sha256(weights).hexdigest()}";
/// The labels, by number.
pub const LABELS: [&str; {len(labels)}] = [
{names}];
"""
    )


main()
