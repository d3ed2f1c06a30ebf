"""Makes files of more than 100 kinds, the same for the same number, with Python's standard library.

    python corpus.py DIR --each 20

Names in the files are random, and so are the numbers and lengths; their shape is that of the
kind. Whether the model recognises them does not matter: two programs that run it must agree.
"""

import argparse
import base64
import binascii
import bz2
import csv
import datetime
import email.message
import gzip
import io
import json
import lzma
import marshal
import pathlib
import pickle
import plistlib
import random
import re
import sqlite3
import struct
import tarfile
import tempfile
import wave
import zipfile
import zlib

from texts import TEXTS

WORDS = """account address amount archive batch bucket buffer cache channel checksum client column
config counter cursor customer datum delta device document element engine entry error event field
filter frame graph handle header index input invoice item journal kernel label layer length limit
list logger market matrix measure memory message metric model module network node number object
offset option order output packet parser path payload pixel player point policy pool price process
product profile project query queue range record region request result route sample schema score
section sensor server session signal source state station stream string symbol system table target
task tensor thread ticket token total trace user value vector version volume weather weight window
worker""".split()


class Maker(random.Random):
    """Random names, numbers and sentences."""

    def word(self):
        return self.choice(WORDS)

    def name(self):
        return f"{self.word()}_{self.word()}"

    def camel(self):
        return self.word() + self.word().capitalize()

    def type(self):
        return self.word().capitalize() + self.word().capitalize()

    def number(self):
        return str(self.choice([self.randrange(10), self.randrange(1000), self.randrange(10**6)]))

    def float(self):
        return f"{self.gauss(0, 100):.{self.randrange(1, 6)}f}"

    def sentence(self):
        words = [self.word() for _ in range(self.randrange(4, 14))]
        return " ".join(words).capitalize() + self.choice([".", ".", ".", "?", "!"])

    def date(self):
        return datetime.date(2000, 1, 1) + datetime.timedelta(self.randrange(9000))

    def data(self, most):
        return self.randbytes(self.randrange(most))

    def text(self, template):
        """Fills in a template: its first part once, the part after ---- several times, the rest
        once. §w is a word, §n a name, §c a name in camel case, §T a type, §d a number, §f a
        float, §s a sentence, §D a date; §1 to §3 are names that stay the same."""
        first, middle, last = re.split("^----\n", template.strip("\n") + "\n", flags=re.M)
        fixed = [self.camel(), self.name(), self.type()]
        choices = {
            "w": self.word, "n": self.name, "c": self.camel, "T": self.type, "d": self.number,
            "f": self.float, "s": self.sentence, "D": lambda: str(self.date()),
            "1": lambda: fixed[0], "2": lambda: fixed[1], "3": lambda: fixed[2],
        }  # fmt: skip
        body = first + middle * self.randrange(1, 9) + last
        parts = body.split("§")
        return parts[0] + "".join(choices[part[0]]() + part[1:] for part in parts[1:])


def records(make):
    return [
        {make.word(): make.choice([make.word(), float(make.float()), None, True]), "id": i}
        for i in range(make.randrange(2, 40))
    ]


def rows(make, **format):
    out = io.StringIO()
    writer = csv.writer(out, **format)
    writer.writerow(["id", make.word(), make.name(), make.word()])
    for i in range(make.randrange(2, 60)):
        writer.writerow([i, make.word(), make.float(), make.sentence()])
    return out.getvalue()


def notebook(make):
    cells = [
        {
            "cell_type": "code",
            "execution_count": i,
            "metadata": {},
            "outputs": [],
            "source": [f"{make.name()} = {make.number()}\n", f"print({make.word()})"],
        }
        for i in range(make.randrange(1, 9))
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def letter(make):
    message = email.message.EmailMessage()
    message["Subject"] = make.sentence()
    message["From"] = f"{make.word()}@example.org"
    message["To"] = f"{make.word()}@example.com"
    message["Date"] = f"Mon, 0{make.randrange(1, 9)} Jun 2026 10:00:00 +0000"
    message.set_content("\n".join(make.sentence() for _ in range(make.randrange(1, 30))))
    return message.as_bytes()


def pem(kind):
    def write(make):
        data = base64.encodebytes(b"\x30\x82" + make.randbytes(make.randrange(300, 1500)))
        return f"-----BEGIN {kind}-----\n{data.decode()}-----END {kind}-----\n"

    return write


def archive(first, **more):
    """Returns a kind of zip archive, with the names of its files and their contents."""

    def write(make):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for name, content in {**first, **more}.items():
                info = zipfile.ZipInfo(name, (2026, 1, make.randrange(1, 28), 0, 0, 0))
                info.compress_type = make.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
                if name == "mimetype":
                    info.compress_type = zipfile.ZIP_STORED
                file.writestr(info, content + make.text("----\n§s\n----\n").encode())
        return out.getvalue()

    return write


def office(part):
    xml = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<'
    return archive(
        {"[Content_Types].xml": xml + b"Types>", "_rels/.rels": xml + b"Relationships>"},
        **{f"{part}.xml": xml, "docProps/app.xml": xml},
    )


def opendocument(kind):
    return archive(
        {"mimetype": b"application/vnd.oasis.opendocument." + kind, "content.xml": b"<?xml?>"}
    )


def tar(make):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=make.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])) as file:
        for _ in range(make.randrange(1, 5)):
            content = make.text("----\n§s\n----\n").encode()
            info = tarfile.TarInfo(f"{make.word()}/{make.word()}.txt")
            info.size, info.mtime = len(content), make.randrange(2**31)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def deb(make):
    def member(name, data):
        header = f"{name:<16}{make.randrange(2**30):<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
        return header.encode() + data + b"\n" * (len(data) % 2)

    return (
        b"!<arch>\n"
        + member("debian-binary", b"2.0\n")
        + member("control.tar.xz", lzma.compress(tar(make)))
        + member("data.tar.xz", lzma.compress(tar(make)))
    )


def png(make):
    width, height = make.randrange(1, 80), make.randrange(1, 80)
    image = b"".join(b"\0" + make.randbytes(3) * width for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\0" + make.sentence().encode())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", zlib.compress(image)) + chunk(b"IEND", b"")


def gif(make):
    width, height = make.randrange(1, 60), make.randrange(1, 60)
    palette = make.randbytes(3 * 128)
    codes = bytes(make.randrange(126) for _ in range(width * height))
    data = b"".join(bytes([len(codes[i : i + 126]) + 1, 0x80]) + codes[i : i + 126] for i in range(0, len(codes), 126))
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + b"\xf6\0\0" + palette + b"," + b"\0\0\0\0" + size + b"\0\x07" + data + b"\x01\x81\0;"


def bmp(make):
    width, height = make.randrange(1, 40), make.randrange(1, 40)
    line = (width * 3 + 3) // 4 * 4
    pixels = b"".join((make.randbytes(3) * width).ljust(line, b"\0") for _ in range(height))
    return (
        struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
        + pixels
    )


def ico(make):
    image = png(make)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 32, 32, 0, 0, 1, 32, len(image), 22) + image


def tiff(make):
    width, height = make.randrange(1, 40), make.randrange(1, 40)
    pixels = make.randbytes(width) * height
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, height), (279, len(pixels))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8 + len(pixels)) + pixels + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"


def tga(make):
    width, height = make.randrange(1, 40), make.randrange(1, 40)
    return struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, width, height, 24, 0x20) + make.randbytes(3) * width * height


def netpbm(make):
    width, height = make.randrange(1, 40), make.randrange(1, 40)
    return f"P6\n# {make.word()}\n{width} {height}\n255\n".encode() + make.randbytes(3 * width) * height


def sound(make):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(make.choice([1, 2]))
        file.setsampwidth(2)
        file.setframerate(make.choice([8000, 44100]))
        file.writeframes(struct.pack("<2000h", *(int(make.gauss(0, 3000)) for _ in range(2000))))
    return out.getvalue()


def midi(make):
    events = b"".join(
        bytes([make.randrange(1, 96), 0x90, make.randrange(30, 90), 64, 96, 0x80, make.randrange(30, 90), 0])
        for _ in range(make.randrange(5, 200))
    )
    track = b"\0\xff\x03\x04test" + events + b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def database(make):
    with tempfile.TemporaryDirectory() as place:
        path = pathlib.Path(place) / "x"
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA page_size = 1024")
        connection.execute(f"CREATE TABLE {make.name()}_x (id INTEGER PRIMARY KEY, a TEXT, b REAL)")
        connection.execute("CREATE TABLE rows (a TEXT, b REAL)")
        data = [(make.sentence(), float(make.float())) for _ in range(make.randrange(1, 60))]
        connection.executemany("INSERT INTO rows VALUES (?, ?)", data)
        connection.commit()
        connection.close()
        return path.read_bytes()


def bytecode(make):
    source = "\n".join(f"def {make.name()}(x):\n    return x + {make.number()}" for _ in range(9))
    code = compile(source, f"{make.word()}.py", "exec")
    return b"\xa7\r\r\n" + struct.pack("<III", 0, make.randrange(2**31), len(source)) + marshal.dumps(code)


def numpy(make):
    count = make.randrange(1, 300)
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({count},), }}".ljust(117) + "\n"
    values = struct.pack(f"<{count}d", *(make.gauss(0, 1) for _ in range(count)))
    return b"\x93NUMPY\x01\0" + struct.pack("<H", 118) + header.encode() + values


def document(make):
    text = "\n".join(f"({make.sentence()}) Tj T*" for _ in range(make.randrange(1, 30)))
    stream = f"BT /F1 12 Tf 72 720 Td\n{text}\nET".encode()
    if make.random() < 0.5:
        stream, filtered = zlib.compress(stream), "/Filter /FlateDecode "
    else:
        filtered = ""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        f"<< {filtered}/Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
    ]
    out = f"%PDF-1.{make.randrange(3, 8)}\n%\u00e2\u00e3\n".encode("latin-1")
    for i, content in enumerate(objects, 1):
        out += f"{i} 0 obj\n".encode() + content + b"\nendobj\n"
    return out + b"xref\n0 5\n0000000000 65535 f \ntrailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def capture(make):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for _ in range(make.randrange(1, 40)):
        packet = make.randbytes(12) + b"\x08\0E\0" + make.data(120)
        out += struct.pack("<IIII", make.randrange(2**31), 0, len(packet), len(packet)) + packet
    return out


def torrent(make):
    pieces = make.randbytes(20 * make.randrange(1, 40))
    name = make.name()
    return b"d8:announce20:http://example.org/a4:infod6:lengthi%de4:name%d:%s12:piece lengthi16384e6:pieces%d:%see" % (
        make.randrange(10**9), len(name), name.encode(), len(pieces), pieces,
    )  # fmt: skip


def module(make):
    def section(kind, data):
        return bytes([kind, len(data) & 127 | 128, len(data) >> 7]) + data

    name = make.name().encode()
    codes = b"".join(b"\x08\0\x41" + bytes([make.randrange(64)]) + b"\x41\x05\x6a\x1a\x0b" for _ in range(99))
    return (
        b"\0asm\1\0\0\0"
        + section(1, b"\1\x60\0\0")
        + section(3, b"\x63" + b"\0" * 99)
        + section(7, b"\1" + bytes([len(name)]) + name + b"\0\0")
        + section(10, b"\x63" + codes)
    )


def elf(make):
    text = make.randbytes(make.randrange(200, 3000))
    header = b"\x7fELF\2\1\1" + b"\0" * 9 + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x401000, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 9999, 9999, 4096) + text + b"\0.text\0.data\0.shstrtab\0"


def executable(make):
    stub = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + b"\0" * 46 + struct.pack("<I", 128)
    stub += b"\x0e\x1f\xba\x0e\0\xb4\t\xcd!\xb8\1L\xcd!This program cannot be run in DOS mode.\r\r\n$".ljust(64, b"\0")
    header = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 3, make.randrange(2**31), 0, 0, 240, 0x22)
    return stub + header + b"\x0b\2" + b"\0" * 238 + b".text\0\0\0" + b"\0" * 32 + make.randbytes(2000)


def classfile(make):
    names = [make.type() for _ in range(30)] + ["java/lang/Object", "Code", "<init>", "()V"]
    pool = b"".join(b"\1" + struct.pack(">H", len(n)) + n.encode() for n in names)
    return b"\xca\xfe\xba\xbe\0\0\0=" + struct.pack(">H", len(names) + 1) + pool + b"\0\x21\0\1\0\2" + make.data(600)


def flash(make):
    return b"FWS\x0a" + struct.pack("<I", 2000) + b"x\0\5_\0\0\x0f\xa0\0\0\x0c\1\0D\x11\x08\0\0\0" + make.randbytes(1500)


def mpeg(make):
    frame = b"\xff\xfb\x90\x64" + make.randbytes(413)
    return b"ID3\3\0\0\0\0\0\x16TIT2\0\0\0\x0c\0\0\0" + make.word().encode() + frame * make.randrange(2, 8)


def ogg(make):
    page = b"OggS\0\2" + b"\0" * 8 + make.randbytes(4) + b"\0" * 4 + make.randbytes(4)
    return page + b"\1\x1e\1vorbis" + b"\0" * 4 + b"\2D\xac\0\0" + make.randbytes(2500)


def flac(make):
    return b"fLaC\0\0\0\x22\x10\0\x10\0" + make.randbytes(30) + b"\x84\0\0\x28\x20\0\0\0reference libFLAC" + make.randbytes(2500)


def movie(make):
    head = struct.pack(">I4s4sI8s", 24, b"ftyp", make.choice([b"isom", b"mp42"]), 512, b"isomiso2")
    return head + struct.pack(">I4s", 108, b"moov") + struct.pack(">I4s", 100, b"mvhd") + b"\0" * 92 + struct.pack(">I4s", 3000, b"mdat") + make.randbytes(2992)


def font(make):
    tables = [b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post"]
    directory = b"".join(t + make.randbytes(4) + struct.pack(">II", 200 + 300 * i, 300) for i, t in enumerate(tables))
    return b"\0\1\0\0" + struct.pack(">HHHH", len(tables), 128, 3, 16) + directory + make.randbytes(2000)


def sparse(make):
    return b"\0" * make.randrange(9, 5000) + make.data(200)


def spaces(make):
    return b" \n\t" * make.randrange(3, 2000) + make.word().encode() + b"\n" * make.randrange(5000)


BINARIES = {
    "json": lambda make: json.dumps(records(make), indent=make.choice([None, 2])),
    "jsonl": lambda make: "".join(json.dumps(r) + "\n" for r in records(make)),
    "csv": rows,
    "tsv": lambda make: rows(make, delimiter="\t"),
    "ipynb": notebook,
    "eml": letter,
    "key": pem("RSA PRIVATE KEY"),
    "certificate": pem("CERTIFICATE"),
    "base64": lambda make: base64.encodebytes(make.randbytes(make.randrange(20, 2000))),
    "hex": lambda make: binascii.hexlify(make.randbytes(make.randrange(20, 1000)), " "),
    "zip": archive({"a.txt": b"a", "b.txt": b"b"}),
    "jar": archive({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n", "A.class": b"\xca\xfe\xba\xbe"}),
    "apk": archive({"AndroidManifest.xml": b"\3\0\x08\0", "classes.dex": b"dex\n035\0", "resources.arsc": b"\2\0"}),
    "epub": archive({"mimetype": b"application/epub+zip", "META-INF/container.xml": b"<?xml?>"}),
    "docx": office("word/document"),
    "xlsx": office("xl/workbook"),
    "pptx": office("ppt/presentation"),
    "odt": opendocument(b"text"),
    "ods": opendocument(b"spreadsheet"),
    "npz": lambda make: archive({"a.npy": numpy(make)})(make),
    "tar": tar,
    "gzip": lambda make: gzip.compress(tar(make), mtime=0),
    "bzip": lambda make: bz2.compress(tar(make)),
    "xz": lambda make: lzma.compress(tar(make)),
    "zlib": lambda make: zlib.compress(tar(make)),
    "deb": deb,
    "png": png,
    "gif": gif,
    "bmp": bmp,
    "ico": ico,
    "tiff": tiff,
    "tga": tga,
    "netpbm": netpbm,
    "wav": sound,
    "midi": midi,
    "mp3": mpeg,
    "ogg": ogg,
    "flac": flac,
    "mp4": movie,
    "sqlite": database,
    "pickle": lambda make: pickle.dumps(records(make), protocol=make.randrange(2, 6)),
    "pyc": bytecode,
    "npy": numpy,
    "plist": lambda make: plistlib.dumps({make.word(): make.sentence() for _ in range(9)}),
    "bplist": lambda make: plistlib.dumps({make.word(): make.sentence() for _ in range(9)}, fmt=plistlib.FMT_BINARY),
    "pdf": document,
    "pcap": capture,
    "torrent": torrent,
    "wasm": module,
    "elf": elf,
    "exe": executable,
    "class": classfile,
    "swf": flash,
    "ttf": font,
    "random": lambda make: make.randbytes(make.randrange(8, 3000)),
    "sparse": sparse,
    "spaces": spaces,
    "letters": lambda make: "".join(make.choices("abcdefgh \n", k=make.randrange(8, 3000))),
    "short": lambda make: make.data(8),
}

KINDS = sorted([*TEXTS, *BINARIES])


def make(kind, number):
    """Returns a file of a kind."""
    maker = Maker(f"{kind} {number}")
    content = maker.text(TEXTS[kind]) if kind in TEXTS else BINARIES[kind](maker)
    return content.encode() if isinstance(content, str) else bytes(content)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--each", type=int, default=20)
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        for number in range(options.each):
            (options.dir / f"{kind}.{number}").write_bytes(make(kind, number))
    print(f"{len(KINDS)} kinds, {len(KINDS) * options.each} files")


if __name__ == "__main__":
    main()
