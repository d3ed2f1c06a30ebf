"""Compares the plugin with onnxruntime on the files of corpus.py, both on one thread.

    pip install magika==1.0.3 onnxruntime==1.32.0 wasmtime
    python compare.py ../magika.wasm [--vectors ../testdata]

The bytes that the model reads are taken by the Python package, so its way is compared with that
of the plugin too. --vectors writes one file of each kind and the plugin's answer for the tests.
"""

import argparse
import json
import pathlib
import struct
import time

import magika
import numpy as np
import onnxruntime
import wasmtime
from magika.types import Seekable

import corpus

# The labels of kinds that Magika calls otherwise. Kinds that are no label and not here have no right
# answer: they do not count in the calibration.
LABELS = {
    "bplist": "applebplist",
    "class": "javabytecode",
    "exe": "pebin",
    "gitignore": "ignorefile",
    "letters": "randomtxt",
    "plist": "appleplist",
    "prose": "txt",
    "pyc": "pythonbytecode",
    "random": "randombytes",
    "registry": "winregistry",
    "zlib": "zlibstream",
}

PREFIX = "org:inference/classification@0.1.0#"


class Plugin:
    """The plugin in Wasmtime, by the canonical ABI."""

    def __init__(self, path):
        config = wasmtime.Config()
        self.store = wasmtime.Store(wasmtime.Engine(config))
        module = wasmtime.Module.from_file(self.store.engine, path)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)

    def read(self, at, size):
        return bytes(self.exports["memory"].read(self.store, at, at + size))

    def classify(self, data, top):
        """Returns numbers, names and scores of labels."""
        at = self.call("cabi_realloc", 0, 0, 1, len(data)) if data else 1
        self.exports["memory"].write(self.store, data, at)
        result = self.call(PREFIX + "classify", at, len(data), top)
        failed, first, count = struct.unpack("<B3xII", self.read(result, 12))
        assert not failed
        labels = []
        for label in struct.iter_unpack("<IIIf", self.read(first, 16 * count)):
            index, name, length, score = label
            labels.append((index, self.read(name, length).decode(), score))
        self.call("cabi_post_" + PREFIX + "classify", result)
        return labels


class Reference:
    """The model of the Python package in onnxruntime."""

    def __init__(self):
        self.magika = magika.Magika()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = pathlib.Path(magika.__file__).parent / "models/standard_v3_3/model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def tokens(self, path):
        with open(path, "rb") as stream:
            features = magika.Magika._extract_features_from_seekable(
                Seekable(stream), 1024, 0, 1024, 256, 4096, False
            )
        return np.array([features.beg + features.end], np.int32)

    def run(self, tokens):
        return self.session.run(["target_label"], {"bytes": tokens})[0][0]


def write_vectors(out, plugin):
    """Writes a file of each kind, shorter than 8,192 bytes, and what the plugin says of it."""
    out.mkdir(exist_ok=True)
    data, vectors = b"", []
    for kind in corpus.KINDS:
        content = corpus.make(kind, 0)
        if len(content) > 8192:
            content = content[:4096] + content[-4096:]
        labels = plugin.classify(content, 5)
        bits = [f"{struct.unpack('<I', struct.pack('<f', score))[0]:08x}" for _, _, score in labels]
        names = [name for _, name, _ in labels]
        vectors.append({"kind": kind, "size": len(content), "labels": names, "scores": bits})
        data += content
    (out / "inputs.bin").write_bytes(data)
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    (out / "vectors.json").write_text(f"[\n{lines}\n]\n")


def calibration(sure, right):
    """Returns the expected calibration error in 10 bins of probability, and of each bin the count,
    the mean probability and the share of right answers."""
    sure, right = np.array(sure), np.array(right)
    bins, error = [], 0.0
    for i in range(10):
        # The last one has 1 too.
        inside = (sure >= i / 10) & ((sure < (i + 1) / 10) | (i == 9))
        if not inside.any():
            bins.append((0, 0.0, 0.0))
            continue
        mean, share = float(sure[inside].mean()), float(right[inside].mean())
        bins.append((int(inside.sum()), mean, share))
        error += inside.mean() * abs(mean - share)
    return error, bins


def print_calibration(judged):
    """Prints a row for each bin: onnxruntime, then the plugin."""
    results = [calibration(*zip(*answers)) for answers in (judged[1], judged[0])]
    print(f"calibration on {len(judged[0])} files with a label; expected error: " + ", ".join(f"{e:.4f}" for e, _ in results))
    for i in range(10):
        cells = [f"{n} {mean:.3f} {share:.3f}" for n, mean, share in (bins[i] for _, bins in results)]
        print(f"| {i / 10:.1f} to {(i + 1) / 10:.1f} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plugin")
    parser.add_argument("--dir", type=pathlib.Path, default=pathlib.Path("/tmp/magika"))
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--vectors", type=pathlib.Path)
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    plugin, reference = Plugin(options.plugin), Reference()
    if options.vectors:
        write_vectors(options.vectors, plugin)

    differences, close, other = [], [], []
    sure, times, judged = [[], []], [[], []], [[], []]
    names = {name for _, name, _ in plugin.classify(b"names", 2**32 - 1)}
    for kind in corpus.KINDS:
        for number in range(options.each):
            path = options.dir / f"{kind}.{number}"
            path.write_bytes(corpus.make(kind, number))
            start = time.perf_counter()
            labels = plugin.classify(path.read_bytes(), 2**32 - 1)
            middle = time.perf_counter()
            wanted = reference.run(reference.tokens(path))
            times[0].append(middle - start)
            times[1].append(time.perf_counter() - middle)
            got = np.zeros(len(wanted), np.float32)
            by_number = {}
            for index, name, score in labels:
                got[index], by_number[index] = score, name
            right = LABELS.get(kind, kind)
            if right in names:
                for answers, scores in zip(judged, (got, wanted)):
                    answers.append((float(scores.max()), by_number[int(scores.argmax())] == right))
            differences.append(float(np.abs(got - wanted).max()))
            sure[0].append(float(got.max()))
            sure[1].append(float(wanted.max()))
            two = np.sort(wanted)[-2:]
            if got.argmax() != wanted.argmax():
                other.append((kind, number, float(two[1]), float(two[0])))
            elif two[1] - two[0] < 0.02:
                close.append((kind, number))
    differences = np.array(differences)
    print(f"{len(differences)} files of {len(corpus.KINDS)} kinds")
    print(f"another first label: {len(other)} {other}")
    print(f"two labels within 0.02: {len(close)} {close}")
    print(
        f"differences of probabilities: mean {differences.mean():.2g}, "
        f"99 % below {np.percentile(differences, 99):.2g}, largest {differences.max():.2g}"
    )
    print(f"mean probability of the first label: {np.mean(sure[0]):.5f}, {np.mean(sure[1]):.5f}")
    print_calibration(judged)
    print("medians in ms: " + ", ".join(f"{np.median(t) * 1e3:.2f}" for t in times))


if __name__ == "__main__":
    main()
