"""The one form in which a notebook is stored, so that a second run changes no byte."""

import base64
import hashlib
import json
import re
import struct
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import rejoin_lines

NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
# Tags steer the site and nbval, mystnb holds caption and alt text, claim feeds the
# ledger. Everything else a front end writes (collapsed, source_hidden, timings) is
# the state of somebody's screen.
CELL_METADATA = ("claim", "mystnb", "tags")
# JupyterLab reads it to put a light card behind a transparent figure.
OUTPUT_METADATA = ("needs_background",)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# They hold the version of matplotlib or a date, nothing that is seen.
PNG_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf")


def read(path: Path) -> NotebookNode:
    """Read a notebook; what a hand-written one leaves out is completed."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not a notebook, expected JSON: {error}") from None
    version = raw.get("nbformat") if isinstance(raw, dict) else None
    if version != 4:
        raise ValueError(f"{path}: expected notebook format 4, found {version}")
    nb = rejoin_lines(nbformat.from_dict(raw))
    nb.nbformat_minor = 5
    _complete_cells(nb, path)
    fault = next(iter(nbformat.validator.iter_validate(nb)), None)
    if fault is not None:
        raise ValueError(f"{path}: not notebook format 4.5: {fault.message[:200]}")
    return nb


def normalise(nb: NotebookNode) -> NotebookNode:
    """Bring an executed notebook into the stored form, in place."""
    nb.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    count = 0
    for cell in nb.cells:
        cell.metadata = _kept(cell.metadata, CELL_METADATA)
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = _merged_streams(cell.outputs)
        for output in cell.outputs:
            _normalise_output(output, count)
    return nb


def as_text(nb: NotebookNode) -> str:
    """Return the text of the file: sorted keys, indent 1, one newline at the end."""
    return nbformat.writes(nb, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def without_text_chunks(png: bytes) -> bytes:
    """Return the same picture without the chunks that only carry text."""
    if not png.startswith(PNG_SIGNATURE):
        raise ValueError(f"expected a PNG, found bytes that start with {png[:8]!r}")
    kept, start = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while start < len(png):
        length, name = struct.unpack(">I4s", png[start : start + 8])
        end = start + 12 + length  # length, name, data, checksum
        if name not in PNG_TEXT_CHUNKS:
            kept.append(png[start:end])
        start = end
    return b"".join(kept)


def _complete_cells(nb: NotebookNode, path: Path) -> None:
    """Add missing fields; a missing or repeated id becomes a reproducible one."""
    nb.setdefault("metadata", NotebookNode())
    seen: set[str] = set()
    for cell in nb.setdefault("cells", []):
        cell.setdefault("metadata", NotebookNode())
        if cell.cell_type == "code":
            cell.setdefault("execution_count", None)
            cell.setdefault("outputs", [])
        if cell.get("id") in seen | {None, ""}:
            cell.id = new_id(cell.source, path, seen)
        seen.add(cell.id)


def new_id(source: str, path: Path, taken: set[str]) -> str:
    """Make an id from the notebook's name and a hash of the cell's source.

    The folder is hashed too: a chapter and its solutions have the same file name.
    """
    stem = re.sub(r"[^\w-]+", "-", path.stem, flags=re.ASCII)[:50]
    for copy in range(len(taken) + 1):
        key = f"{path.parent.name}/{source}/{copy}"
        new = f"{stem}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
        if new not in taken:
            return new
    raise AssertionError("more ids tried than taken")


def _kept(metadata: NotebookNode, keys: tuple[str, ...]) -> NotebookNode:
    return NotebookNode({key: metadata[key] for key in keys if metadata.get(key)})


def _merged_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring outputs of one stream: the kernel splits them at random."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == "stream" and output.name == last.get("name"):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def _normalise_output(output: NotebookNode, count: int) -> None:
    if output.output_type == "execute_result":
        output.execution_count = count
    if "metadata" in output:
        output.metadata = _kept(output.metadata, OUTPUT_METADATA)
    if "image/png" in output.get("data", {}):
        png = base64.b64decode(output.data["image/png"])
        output.data["image/png"] = base64.b64encode(without_text_chunks(png)).decode()
