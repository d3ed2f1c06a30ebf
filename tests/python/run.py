"""Runs conformance vectors on a core module: all that docs/vectors.md asks of a runner.

    pip install wasmtime
    python3 run.py MODULE.wasm compute-pipeline-vectors.json.gz

It needs the standard library and a WebAssembly runtime, and shares no code with the rest
of the project. It calls the functions by the component model's canonical ABI, with the
types that the file has.
"""

import gzip
import json
import re
import struct
import sys
import zlib
from importlib.metadata import version

import wasmtime

# Numbers: how struct packs them.
NUMBERS = {"bool": "?", "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i",
           "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}


def parts(type):
    """The kind of a type, and what it consists of."""
    return (type, None) if isinstance(type, str) else next(iter(type.items()))


def fields(type):
    """The fields of a record: name, type, offset; and its size and alignment."""
    at, align, out = 0, 1, []
    for name, of in parts(type)[1]:
        size, own = layout(of)
        at = -(-at // own) * own
        out.append((name, of, at))
        at, align = at + size, max(align, own)
    return out, -(-at // align) * align, align


def layout(type):
    """The size and the alignment of a value in memory."""
    kind, of = parts(type)
    if kind in NUMBERS:
        return (struct.calcsize(NUMBERS[kind]),) * 2
    if kind in ("string", "list"):
        return 8, 4
    if kind == "record":
        return fields(type)[1:]
    if kind == "result":
        cases = [layout(case) for case in of if case is not None]
        align = max([1] + [own for _, own in cases])
        size = align + max([0] + [size for size, _ in cases])
        return -(-size // align) * align, align
    raise NotImplementedError(kind)


def flat(type):
    """How many core values a value is."""
    kind, of = parts(type)
    if kind in ("string", "list"):
        return 2
    if kind == "record":
        return sum(flat(field) for _, field in of)
    if kind == "result":
        return 1 + max(flat(case) if case else 0 for case in of)
    return 1


def number(kind, value):
    """The number that JSON stands for."""
    if kind in ("f32", "f64"):
        return struct.unpack(">" + NUMBERS[kind], bytes.fromhex(value))[0]
    return int(value) if kind in ("u64", "s64") else value


class Trapped(str):
    """The message of the panic that ended a call, or an empty one."""


class Guest:
    """An instance of the module, made anew after a trap."""

    def __init__(self, path):
        self.engine = wasmtime.Engine()
        self.module = wasmtime.Module.from_file(self.engine, path)
        self.instance = None
        # By the names in vectors, which have no versions: of several, they mean the lowest.
        names = sorted((export.name for export in self.module.exports), reverse=True)
        self.names = {re.sub("@[^#]*#", "#", name): name for name in names}

    def call(self, function, type, args):
        """Calls a function with JSON, and returns JSON."""
        if self.instance is None:
            self.store = wasmtime.Store(self.engine)
            self.instance = wasmtime.Instance(self.store, self.module, []).exports(self.store)
            self.memory = self.instance["memory"]
            if "_initialize" in self.names:
                self.instance["_initialize"](self.store)
        name = self.names[function]
        values = [value for of, arg in zip(type["params"], args) for value in self.lower(of, arg)]
        result = self.instance[name](self.store, *values)
        of = type["result"]
        if of is None:
            value = None
        elif flat(of) > 1:
            value = self.load(of, result & 0xFFFFFFFF)
        else:
            value = bool(result) if of == "bool" else self.scalar(of, result)
        if "cabi_post_" + name in self.names:
            self.instance["cabi_post_" + name](self.store, result)
        return value

    def trapped(self):
        """Gives up the instance after a trap, and returns the message in its memory."""
        message = Trapped()
        address = self.instance.get("compute-pipeline:panic-message")
        if address is not None:
            at = address.value(self.store)
            length, = struct.unpack("<I", self.memory.read(self.store, at, at + 4))
            message = Trapped(self.memory.read(self.store, at + 4, at + 4 + length).decode())
        self.instance = None
        return message

    def scalar(self, kind, value):
        """The JSON of a core value."""
        return self.unpack(kind, struct.pack("<" + NUMBERS[kind], value))

    def unpack(self, kind, data):
        if kind in ("f32", "f64"):
            return data[::-1].hex()
        value = struct.unpack("<" + NUMBERS[kind], data)[0]
        return str(value) if kind in ("u64", "s64") else value

    def put(self, data, align):
        """Copies bytes into the guest."""
        at = self.instance["cabi_realloc"](self.store, 0, 0, align, len(data)) & 0xFFFFFFFF
        self.memory.write(self.store, data, at)
        return at

    def lower(self, type, value):
        """The core values of an argument."""
        kind, of = parts(type)
        if kind == "string":
            data = value.encode()
            return [self.put(data, 1), len(data)]
        if kind == "list":
            if of == "u8":
                data = bytes.fromhex(value["hex"])
                return [self.put(data, 1), len(data)]
            return [self.put(b"".join(self.pack(of, item) for item in value), layout(of)[1]), len(value)]
        return [number(kind, value)]

    def pack(self, type, value):
        """The bytes of an element of a list."""
        kind, _ = parts(type)
        if kind == "record":
            members, size, _ = fields(type)
            data = bytearray(size)
            for name, of, at in members:
                item = self.pack(of, value[name])
                data[at:at + len(item)] = item
            return bytes(data)
        if kind in ("f32", "f64"):
            return bytes.fromhex(value)[::-1]
        return struct.pack("<" + NUMBERS[kind], number(kind, value))

    def load(self, type, at):
        """The JSON of a value in memory."""
        kind, of = parts(type)
        size, align = layout(type)
        if kind in ("string", "list"):
            start, length = struct.unpack("<II", self.memory.read(self.store, at, at + 8))
            step = 1 if kind == "string" else layout(of)[0]
            data = self.memory.read(self.store, start, start + length * step)
            if kind == "string":
                return data.decode()
            if of == "u8":
                return {"hex": data.hex()}
            return [self.load(of, start + i * step) for i in range(length)]
        if kind == "record":
            return {name: self.load(field, at + offset) for name, field, offset in fields(type)[0]}
        if kind == "result":
            case = self.memory.read(self.store, at, at + 1)[0]
            return {("ok", "err")[case]: None if of[case] is None else self.load(of[case], at + align)}
        return self.unpack(kind, bytes(self.memory.read(self.store, at, at + size)))


def resolve(ref, result):
    """What a reference to an earlier step stands for."""
    if set(ref) == {"$step"}:
        return result
    data = bytearray.fromhex(result["hex"])
    if "keep" in ref:
        data = data[:ref["keep"]]
    for at, mask in ref.get("xor", []):
        data[at] ^= mask
    data += bytes.fromhex(ref.get("append", ""))
    if ref.get("crc32"):
        data[-4:] = struct.pack("<I", zlib.crc32(data[:-4]))
    return {"hex": data.hex()}


def run(guest, types, case):
    """The result of a case, and what its last step's references stood for."""
    steps = case.get("steps") or [case]
    returned = []
    for step in steps:
        is_ref = [isinstance(arg, dict) and "$step" in arg for arg in step["args"]]
        args = [resolve(arg, returned[arg["$step"]]) if ref else arg for arg, ref in zip(step["args"], is_ref)]
        given = [arg for arg, ref in zip(args, is_ref) if ref]
        type = types[step["call"]]
        value = guest.call(step["call"], type, args)
        fallible = parts(type["result"])[0] == "result"
        if fallible and "err" in value:
            return value, given if step is steps[-1] else []
        returned.append(value["ok"] if fallible else value)
    return value, given


def fits(want, value):
    """Whether a value, or what a trap left, is what a case wants."""
    (kind, expected), = want.items()
    if isinstance(value, Trapped) or kind == "trap":
        return isinstance(value, Trapped) and kind == "trap" and (not value or expected in value)
    if kind == "value":
        return value == expected
    error = value.get("err") if isinstance(value, dict) else None
    if kind == "failure":
        return error not in (None, "")
    if kind == "err-begins":
        return isinstance(error, str) and error.startswith(expected)
    return kind == "same"


def main(module, path):
    guest, groups, wrong, count = Guest(module), {}, [], 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        head = json.loads(next(lines) + "]}")
        if head["format"] != 2:
            sys.exit(f"format {head['format']}, expected 2")
        for line in lines:
            if line == "]}\n":
                break
            case = json.loads(line.rstrip(",\n"))
            count += 1
            try:
                value, given = run(guest, head["functions"], case)
            except wasmtime.Trap:
                value, given = guest.trapped(), []
            if not fits(case["want"], value):
                wrong.append(case["id"])
            elif "group" in case and (not given or groups.setdefault(case["group"], given) != given):
                wrong.append(case["id"])
        else:
            sys.exit("the file has no end")
    for name in wrong:
        print("wrong:", name)
    print(f"{count} cases, {len(wrong)} wrong (Wasmtime {version('wasmtime')}, Python {sys.version.split()[0]})")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
