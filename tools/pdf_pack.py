"""Store a PDF as PDF 1.5 does: its many small objects together, in compressed streams.

Chromium writes each object in plain text. In a tagged book of hundreds of pages the
tags and the table of all objects are then larger than what is printed.
"""

from __future__ import annotations

import re
import zlib

GROUP = 200  # objects in one stream: small enough to be unpacked for one of them


def packed(pdf: bytes) -> bytes:
    """The same document; pictures, fonts and pages stay the streams that they are."""
    start = int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", pdf)[1])
    entries = re.findall(rb"(\d{10}) \d{5} ([nf])", pdf[start:])
    offsets = {n: int(at) for n, (at, kind) in enumerate(entries) if kind == b"n"}
    order = sorted(offsets, key=offsets.__getitem__)
    ends = [offsets[n] for n in order[1:]] + [start]
    objects = {
        n: body(pdf[offsets[n] : end]) for n, end in zip(order, ends, strict=True)
    }

    out = bytearray(pdf[: offsets[order[0]]].replace(b"%PDF-1.4", b"%PDF-1.5", 1))
    # Where each object is: (1, offset, 0), or (2, number of its stream, place in it).
    places = {0: (0, 0, 65535)}

    def write(number: int, content: bytes) -> None:
        places[number] = (1, len(out), 0)
        out.extend(b"%d 0 obj\n%b\nendobj\n" % (number, content))

    small = [n for n in order if not objects[n].endswith(b"endstream")]
    for number in sorted(set(order) - set(small)):
        write(number, objects[number])
    free = len(entries)
    for first in range(0, len(small), GROUP):
        group = small[first : first + GROUP]
        places.update({n: (2, free, i) for i, n in enumerate(group)})
        write(free, together({n: objects[n] for n in group}))
        free += 1

    root, info = (
        re.search(rb"/%b \d+ 0 R" % key, pdf[start:])[0] for key in (b"Root", b"Info")
    )
    places[free] = (1, len(out), 0)
    rows = b"".join(
        kind.to_bytes(1) + at.to_bytes(4) + index.to_bytes(2)
        for kind, at, index in (places.get(n, (0, 0, 0)) for n in range(free + 1))
    )
    keys = b"/Type /XRef /Size %d /W [1 4 2] %b %b" % (free + 1, root, info)
    at = len(out)
    write(free, stream(keys, rows))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % at


def body(text: bytes) -> bytes:
    """What stands between `7 0 obj` and `endobj`."""
    return text[text.index(b"obj") + 3 : text.rindex(b"endobj")].strip()


def together(objects: dict[int, bytes]) -> bytes:
    """One stream of some objects: numbers and offsets first, then one after another."""
    index, at = [], 0
    for number, content in objects.items():
        index.append(b"%d %d" % (number, at))
        at += len(content) + 1
    head = b" ".join(index) + b"\n"
    keys = b"/Type /ObjStm /N %d /First %d" % (len(objects), len(head))
    return stream(keys, head + b"\n".join(objects.values()))


def stream(keys: bytes, data: bytes) -> bytes:
    small = zlib.compress(data, 9)
    return b"<<%b /Filter /FlateDecode /Length %d>> stream\n%b\nendstream" % (
        keys,
        len(small),
        small,
    )
