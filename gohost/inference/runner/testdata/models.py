"""Writes small.onnx, and small.json with what onnxruntime answers. Needs onnx 1.23.2, onnxruntime
1.32.0 and numpy from PyPI: python models.py

The model has random weights of a fixed seed: a convolution, a pool, an LSTM, a layer of int8 and a
softmax.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

here = pathlib.Path(__file__).parent
random = np.random.default_rng(1)
weights = []


def weight(name, array):
    weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    return name


def normal(name, *shape):
    return weight(name, (random.standard_normal(shape) / 4).astype(np.float32))


node = helper.make_node
nodes = [
    node("Conv", ["signal", normal("conv.weight", 8, 1, 5), normal("conv.bias", 8)], ["filtered"],
         pads=[2, 2], strides=[1], dilations=[1]),
    node("Relu", ["filtered"], ["positive"]),
    node("MaxPool", ["positive"], ["pooled"], kernel_shape=[2], strides=[2]),
    node("Transpose", ["pooled"], ["sequence"], perm=[2, 0, 1]),
    node("LSTM", ["sequence", normal("lstm.w", 1, 32, 8), normal("lstm.r", 1, 32, 8), normal("lstm.b", 1, 64)],
         ["", "hidden", ""], hidden_size=8),
    node("Squeeze", ["hidden", weight("axis", np.array([0], np.int64))], ["state"]),
    node("DynamicQuantizeLinear", ["state"], ["quantised", "scale", "zero"]),
    node("MatMulInteger", ["quantised", weight("int8.weight", random.integers(-127, 128, (8, 4), np.int8)), "zero"],
         ["integers"]),
    node("Cast", ["integers"], ["numbers"], to=TensorProto.FLOAT),
    node("Mul", ["scale", weight("int8.scale", np.array(0.01, np.float32))], ["factor"]),
    node("Mul", ["numbers", "factor"], ["logits"]),
    node("Softmax", ["logits"], ["probabilities"], axis=-1),
    node("ArgMax", ["logits"], ["class"], axis=-1, keepdims=0),
]
for number, n in enumerate(nodes):
    n.name = f"{n.op_type}_{number}"
graph = helper.make_graph(
    nodes, "small",
    [helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["batch", 1, 16])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 4]),
     helper.make_tensor_value_info("class", TensorProto.INT64, ["batch"])],
    weights,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, here / "small.onnx")

session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
cases = []
for batch in (1, 3):
    # Numbers with few digits, so that JSON has them whole.
    signal = (random.integers(-64, 65, (batch, 1, 16)) / 32).astype(np.float32)
    probabilities, classes = session.run(None, {"signal": signal})
    cases.append({"shape": list(signal.shape), "signal": signal.ravel().tolist(),
                  "probabilities": probabilities.ravel().tolist(), "classes": classes.tolist()})
(here / "small.json").write_text(json.dumps(cases, indent=1) + "\n")
