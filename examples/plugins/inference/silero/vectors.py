"""Writes testdata/: a second and a half of sound, and what onnxruntime answers, frame by frame.

    python vectors.py silero_vad-6.2.3-py3-none-any.whl

Needs numpy, onnxruntime 1.32.0, and espeak-ng. reference() is for compare.py too.
"""

import json
import pathlib
import sys
import zipfile

import numpy as np
import onnxruntime

import sound

here = pathlib.Path(__file__).parent
FRAME, CONTEXT = 512, 64


def session(wheel):
    """Opens the model that is in the wheel, with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with zipfile.ZipFile(wheel) as files:
        model = files.read("silero_vad/data/silero_vad_openvino_16k.onnx")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def reference(model, samples):
    """Returns the probability of each frame of samples, which are 16-bit integers."""
    state = np.zeros((2, 1, 128), np.float32)
    padded = np.concatenate([np.zeros(CONTEXT), samples / 32768]).astype(np.float32)
    scores = []
    for start in range(0, len(samples) - FRAME + 1, FRAME):
        score, state = model.run(None, {"input": padded[None, start:start + CONTEXT + FRAME], "state": state})
        scores.append(float(score[0, 0]))
    return scores


if __name__ == "__main__":
    samples = sound.mixture(4)
    start = 158 * FRAME  # where speech begins and ends
    samples = samples[start:start + 48 * FRAME + 100]
    (here / "testdata" / "sound.s16").write_bytes(samples.tobytes())
    scores = reference(session(sys.argv[1]), samples)
    (here / "testdata" / "scores.json").write_text(json.dumps(scores, indent=1) + "\n")
