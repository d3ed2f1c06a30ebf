"""Compares the plugin with onnxruntime on much sound:

    python compare.py silero_vad-6.2.3-py3-none-any.whl [FILES]

Writes each piece of sound as 16-bit samples for `go test -run Compare`, which prints the scores of
the plugin, and says how far they are from onnxruntime's. Needs what vectors.py needs, and Go.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import sound
import vectors

files = int(sys.argv[2]) if len(sys.argv) > 2 else 100
model = vectors.session(sys.argv[1])
with tempfile.TemporaryDirectory() as name:
    directory = pathlib.Path(name)
    for seed in range(files):
        (directory / f"{seed}.s16").write_bytes(sound.mixture(1000 + seed).tobytes())
    subprocess.run(["go", "test", "-count", "1", "-run", "TestCompare", "."], check=True,
                   cwd=pathlib.Path(__file__).parent, env={**os.environ, "COMPUTE_PIPELINE_SOUND": name})
    differences, decisions, speech = [], 0, 0
    for seed in range(files):
        want = np.array(vectors.reference(model, np.fromfile(directory / f"{seed}.s16", "<i2")))
        got = np.fromfile(directory / f"{seed}.scores", "<f4")
        assert got.shape == want.shape
        differences.append(np.abs(got - want))
        decisions += int(((got >= 0.5) != (want >= 0.5)).sum())
        speech += int((want >= 0.5).sum())
differences = np.concatenate(differences)
print(f"{files} files, {len(differences)} frames, {speech} of speech: largest difference {differences.max():.1e}, "
      f"mean {differences.mean():.1e}, other decisions at 0.5: {decisions}")
