"""Compares the time of a call on wazero with that of onnxruntime on one thread, by turns.

    pip install magika==1.0.3 onnxruntime==1.32.0 wasmtime
    python3 speed.py [--rounds 20]

A round is 16 calls of each; the plugin is hardened and metered, with a fuel budget.
"""

import argparse
import pathlib
import subprocess
import tempfile
import time

import numpy as np

import compare
import corpus


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    plugin = pathlib.Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as place:
        program, file = f"{place}/measure", pathlib.Path(place) / "input"
        subprocess.run(["go", "build", "-o", program, "./measure"], cwd=plugin, check=True)
        file.write_bytes(corpus.make("python", 0))
        for what in ("cold", "cached"):
            measured = subprocess.Popen(
                [program, file, f"{place}/cache"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            load, first = map(float, measured.stdout.readline().split())
            print(f"{what}: loading takes {load:.0f} ms, the first call {first:.1f} ms")
            if what == "cold":
                measured.communicate()

        def call(workers):
            measured.stdin.write(f"{workers}\n")
            measured.stdin.flush()
            return float(measured.stdout.readline())

        reference = compare.Reference()
        tokens = reference.tokens(file)
        times = {name: [] for name in ("onnxruntime", "wazero", "two goroutines")}
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(16):
                reference.run(tokens)
            times["onnxruntime"].append((time.perf_counter() - start) * 1e3 / 16)
            times["wazero"].append(call(1))
            times["two goroutines"].append(call(2))
        measured.communicate()
    base, one, two = (np.array(list(t)) for t in times.values())
    for name, values in times.items():
        print(f"{name}: median {np.median(values):.2f} ms, tenth percentile {np.percentile(values, 10):.2f} ms")
    print(f"wazero over onnxruntime, median of the rounds: {np.median(one / base):.2f}")
    print(f"calls of two goroutines over those of one: {np.median(one / two):.2f}")


if __name__ == "__main__":
    main()
