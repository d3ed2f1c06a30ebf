"""Writes weights.bin and weights.sha256 from the wheel of silero-vad 6.2.3 on PyPI:

    pip download --no-deps silero-vad==6.2.3
    python weights.py silero_vad-6.2.3-py3-none-any.whl

Needs numpy and onnx. Rust reads the file as the struct Weights in src/model.rs.
"""

import hashlib
import pathlib
import sys
import zipfile

import numpy as np
import onnx

# The file silero_vad_16k.safetensors has other weights than the models in ONNX.
MODEL = "silero_vad/data/silero_vad_openvino_16k.onnx"
SHA256 = "7776b81ad1b0350c15d7f1555943b9232eb53e9ca5d989c6d0cea9ebc8664d87"
here = pathlib.Path(__file__).parent

with zipfile.ZipFile(sys.argv[1]) as wheel:
    file = wheel.read(MODEL)
if hashlib.sha256(file).hexdigest() != SHA256:
    sys.exit(f"these are other weights: {hashlib.sha256(file).hexdigest()}")
# Constants, by what follows the name of their graph.
tensors = {
    node.output[0].rpartition("__")[2]: onnx.numpy_helper.to_array(node.attribute[0].t)
    for node in onnx.load_from_string(file).graph.node
    if node.op_type == "Constant"
}

parts = []


def layer(weights, bias):
    """Adds a layer: four outputs for each input, for each four outputs; then the biases."""
    outputs, inputs = weights.shape
    parts.append(weights.reshape(outputs // 4, 4, inputs).transpose(0, 2, 1))
    parts.append(bias)


def convolution(name, taps=slice(None)):
    """Adds a convolution: the inputs of a frame follow each other, then those of the next."""
    weights = tensors[name + ".weight"][:, :, taps].transpose(0, 2, 1)
    layer(weights.reshape(len(weights), -1), tensors[name + ".bias"])


# The transform of Fourier is the model's first layer, a convolution with cosines and sines under
# a window of Hann. What makes it needs 768 numbers instead of 66,048.
turn = 2 * np.pi * np.arange(256) / 256
window = (0.5 - 0.5 * np.cos(turn)).astype("<f4")
steps = np.arange(129)[:, None] * turn[None, :]
basis = np.concatenate([np.cos(steps), -np.sin(steps)]) * (0.5 - 0.5 * np.cos(turn))
assert np.abs(tensors["stft.forward_basis_buffer"][:, 0] - basis).max() < 1e-7
parts.append(window)
parts.append(np.stack([np.cos(turn[:128]), -np.sin(turn[:128])], axis=1))
convolution("encoder.0.reparam_conv")
convolution("encoder.1.reparam_conv")
# Of a frame's steps only these are not padding.
convolution("encoder.2.reparam_conv", slice(1, 3))
convolution("encoder.3.reparam_conv", slice(1, 2))
layer(np.concatenate([tensors["decoder.rnn.weight_ih"], tensors["decoder.rnn.weight_hh"]], axis=1),
      tensors["decoder.rnn.bias_ih"] + tensors["decoder.rnn.bias_hh"])
parts.append(tensors["decoder.decoder.2.weight"])
parts.append(tensors["decoder.decoder.2.bias"])

data = b"".join(part.astype("<f4").tobytes() for part in parts)
(here / "weights.bin").write_bytes(data)
(here / "weights.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  weights.bin\n")
