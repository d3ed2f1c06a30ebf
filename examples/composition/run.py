"""Runs the composed component on a file, in Wasmtime: run.py COMPONENT FILE LIMIT."""

import struct
import sys
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

component, file, limit = sys.argv[1:]
engine = Engine()
store = Store(engine)
# The linker defines nothing: the component imports nothing.
instance = Linker(engine).instantiate(store, Component.from_file(engine, component))
windows = instance.get_export_index(store, "example:rules/windows@0.1.0")
flag = instance.get_func(store, instance.get_export_index(store, "flag", windows))
answer = flag(store, Path(file).read_text(), float(limit))
if isinstance(answer, str):
    sys.exit(answer)
for window in answer:
    bits = struct.pack(">d", window.mean).hex()
    print(window.start, window.points, f"{window.mean:.4f}", bits)
