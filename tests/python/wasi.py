"""Compares what a component of Rust's standard library sees of WASI 0.2 in Wasmtime with
what the Go host shows it: python3 tests/python/wasi.py COMPONENT ANSWERS. The answers are
those that the tests of gohost/sandbox expect; "ours" differ in Wasmtime and are not compared.
"""

import json
import pathlib
import sys
import tempfile

from wasmtime import Engine, Store, WasiConfig, component


def main():
    path, answers = sys.argv[1:]
    answers = json.loads(pathlib.Path(answers).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for directory in answers["directories"]:
            (root / directory).mkdir(parents=True)
        for file, text in answers["files"].items():
            (root / file).write_text(text, encoding="utf-8")
        for link, target in answers["links"].items():
            (root / link).symlink_to(target)
        differences = list(compare(path, name, answers["answers"]))
    for what, expected, got in differences:
        print(f"{what}: {got!r} in Wasmtime, {expected!r} in Go", file=sys.stderr)
    if differences:
        sys.exit(1)
    print(f"WASI 0.2: {len(answers['answers'])} answers are the same in Wasmtime and in Go")


def compare(path, directory, answers):
    """Yields what the component answers otherwise, with both answers."""
    engine = Engine()
    linker = component.Linker(engine)
    linker.add_wasip2()
    store = Store(engine)
    config = WasiConfig()
    config.preopen_dir(directory, "/", False)
    store.set_wasi(config)
    instance = linker.instantiate(store, component.Component.from_file(engine, path))
    run = instance.get_func(store, "run")
    for what, expected in answers:
        got = run(store, what)
        run.post_return(store)
        if got != expected:
            yield what, expected, got


if __name__ == "__main__":
    main()
