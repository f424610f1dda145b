"""Copies of the repository to try something in."""

import shutil
import subprocess
from pathlib import Path

from tools.book import ROOT

# Not in git, but the same for every copy: what was fetched for the site.
FETCHED = ("site/vendor", "tools/node/node_modules")


def copy_of(target: Path) -> Path:
    """The files that git knows, as they stand."""
    names = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    for name in names.splitlines():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    subprocess.run(["git", "add", "-A"], cwd=target, check=True)
    for name in FETCHED:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, target / name, symlinks=True)
    return target
