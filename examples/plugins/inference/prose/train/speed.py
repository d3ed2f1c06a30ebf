"""Prints the speed of the plugin beside onnxruntime, which has the same weights as floats and keeps the
same cache, on one thread and by turns. docs/language.md has the results.

    go build -o /tmp/measure ../measure && taskset -c 1 python3 speed.py /tmp/measure
"""

import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import network
import reference
import weights as files

ROUNDS = 21
PROMPT, TOKENS = 243, 64
SENTENCE = b"Read returns the number of bytes read. "


def graph(weights):
    """Returns the network as ONNX: tokens and a cache to scores and a longer cache."""
    nodes, constants = [], []

    def constant(name, x):
        constants.append(numpy_helper.from_array(np.asarray(x), name))
        return name

    def node(kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}{len(nodes)}_{i}" for i in range(outputs)]
        nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def times(x, name, matrix):
        return node("MatMul", x, constant(name, np.ascontiguousarray(matrix.T)))

    heads = constant("heads", np.array([-1, network.HEADS, network.HEAD]))
    flat = constant("flat", np.array([-1, network.WIDTH]))
    factor = constant("factor", np.float32(network.HEAD**-0.5))
    caches = []
    x = node("Gather", constant("embedding", weights["tokens"]), "tokens")
    for i, layer in enumerate(weights["layers"]):
        y = node("LayerNormalization", x, constant(f"norm1{i}", layer["norm1"]), axis=-1, epsilon=1e-6)
        parts = node("Split", times(y, f"qkv{i}", layer["qkv"]), outputs=3, axis=1, num_outputs=3)
        q, k, v = (node("Transpose", node("Reshape", p, heads), perm=[1, 0, 2]) for p in parts)
        k, v = node("Concat", f"k{i}", k, axis=1), node("Concat", f"v{i}", v, axis=1)
        caches += [k, v]
        scores = node("Mul", node("MatMul", q, node("Transpose", k, perm=[0, 2, 1])), factor)
        chances = node("Softmax", node("Add", scores, "bias"), axis=-1)
        mixed = node("Reshape", node("Transpose", node("MatMul", chances, v), perm=[1, 0, 2]), flat)
        x = node("Add", x, times(mixed, f"mix{i}", layer["mix"]))
        y = node("LayerNormalization", x, constant(f"norm2{i}", layer["norm2"]), axis=-1, epsilon=1e-6)
        y = node("Relu", times(y, f"up{i}", layer["up"]))
        x = node("Add", x, times(node("Mul", y, y), f"down{i}", layer["down"]))
    last = node("Gather", x, constant("last", np.array([-1])), axis=0)
    last = node("LayerNormalization", last, constant("norm", weights["norm"]), axis=-1, epsilon=1e-6)
    scores = times(last, "answers", weights["tokens"])

    def slot(name, kind=TensorProto.FLOAT, shape=(network.HEADS, None, network.HEAD)):
        return helper.make_tensor_value_info(name, kind, shape)

    inputs = [slot("tokens", TensorProto.INT64, (None,)), slot("bias", shape=(network.HEADS, None, None))]
    inputs += [slot(f"{kind}{i}") for i in range(network.LAYERS) for kind in "kv"]
    outputs = [slot(scores, shape=(1, None))] + [slot(name) for name in caches]
    made = helper.make_graph(nodes, "prose", inputs, outputs, constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()


class Native:
    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = graph(files.restored(files.load()))
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.names = [f"{kind}{i}" for i in range(network.LAYERS) for kind in "kv"]
        distance = np.arange(512)[:, None] - np.arange(512)
        seen = (distance >= 0) & (distance < network.WINDOW)
        self.bias = np.where(seen, -network.SLOPES[:, None, None] * distance, -1e9).astype(np.float32)
        self.clear()

    def clear(self):
        self.cache = [np.zeros((network.HEADS, 0, network.HEAD), np.float32) for _ in self.names]

    def add(self, tokens):
        past = self.cache[0].shape[1]
        bias = self.bias[:, past : past + len(tokens), : past + len(tokens)]
        out = self.session.run(None, {"tokens": np.array(tokens), "bias": bias, **dict(zip(self.names, self.cache))})
        self.cache = out[1:]
        return out[0][0]


def main():
    native, model = Native(), reference.Model()
    prompt = [reference.END, *model.encode(SENTENCE * (PROMPT // 9))]
    start = [reference.END, *model.encode(SENTENCE)]
    print(len(prompt) - 1, "tokens of the prompt,", len(start) - 1, "before the others")
    context = reference.Context(model)
    wanted = [context.scores(t) for t in start][-1]
    got = native.add(start)
    print("largest difference of scores:", np.abs(wanted - got).max(), "of", np.abs(wanted).max())

    folder = tempfile.mkdtemp()
    for kind in "cold", "cached":
        plugin = subprocess.Popen([sys.argv[1], folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(f"loading, {kind}: {float(plugin.stdout.readline()):.0f} ms")
        if kind == "cold":
            plugin.stdin.close()
            plugin.wait()

    def ask(work):
        plugin.stdin.write(work + "\n")
        plugin.stdin.flush()
        return [float(x) for x in plugin.stdout.readline().split()]

    for count in 1, 2, 8:
        print(f"MiB of the process with {count} open texts, KiB of instances: {ask(f'memory {count}')}")
    rows = {"prompt": [], "tokens": []}
    fuel = {}
    for _ in range(ROUNDS):
        for work, count in ("prompt", PROMPT), ("tokens", TOKENS):
            own, fuel[work] = ask(f"{work} {count}")
            native.clear()
            if work == "tokens":
                token = int(native.add(start).argmax())
                begun = time.perf_counter()
                for _ in range(count):
                    token = int(native.add([token]).argmax())
            else:
                begun = time.perf_counter()
                native.add(prompt)
            rows[work].append((own, (time.perf_counter() - begun) * 1e3))
    for work, count in ("prompt", len(prompt)), ("tokens", TOKENS):
        own, other = np.array(rows[work]).T
        ratio = np.median(own / other)
        print(
            f"{work}: {np.median(own) / count:.3f} ms a token (a tenth {np.percentile(own, 10) / count:.3f}), "
            f"onnxruntime {np.median(other) / count:.3f} (a tenth {np.percentile(other, 10) / count:.3f}), "
            f"ratio {ratio:.2f}; {count / np.median(own) * 1e3:.0f} tokens/s; {fuel[work] / count / 1e6:.2f} million units a token"
        )
    one, two = (statistics.median(ask(f"embed {n}")[0] for _ in range(ROUNDS)) for n in (1, 2))
    print(f"64 vectors: {one:.1f} ms in one goroutine, {two:.1f} in two, {one / two:.2f} times as many")


if __name__ == "__main__":
    main()
