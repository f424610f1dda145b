"""Damage a copy of the repository in every way that matters; is it noticed?

    python -m tools.mutate            all of it (about half an hour)
    python -m tools.mutate --quick    one damage of each kind (about two minutes)

Each kind of damage names the narrowest check that should see it, and only that runs.
A table says how many were caught; those that were not are listed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.book import ROOT, notebook_paths

LOSSES = ("residual", "margin", "potential", "composite", "multiclass", "noise")
LOSSES += ("ranking", "overlap", "boxes")
SLOPE = r"def (_gradient|rho_prime|phi_prime|price_prime)\(.*\n(?:.*\n)*?"
SOME = "chapters/4-surrogates/20-when-is-a-surrogate-safe.ipynb"


@dataclass(frozen=True)
class Damage:
    """One change to one file, and the command that should fail because of it."""

    kind: str
    file: str
    change: Callable[[str], str]
    check: tuple[str, ...]


def pytest_(*arguments: str) -> tuple[str, ...]:
    return ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments)


FORM = ("-m", "tools.notebooks", "check")
BATTERY = pytest_("tests/test_losses.py", "tests/test_structured.py")
SLOPES = pytest_(
    "tests/test_losses.py", "tests/test_structured.py", "-k", "slope or derivatives"
)


DOMAINS = pytest_(
    "tests/test_losses.py", "tests/test_structured.py", "tests/test_overlap.py",
    "-k", "domain",
)  # fmt: skip


# ---- notebooks


def in_cell(pick: Callable[[dict], bool], change: Callable[[dict], None]) -> Callable:
    """Change the first cell that is picked."""

    def changed(text: str) -> str:
        nb = json.loads(text)
        for cell in nb["cells"]:
            if pick(cell):
                change(cell)
                return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"
        return text

    return changed


def is_code(cell: dict) -> bool:
    return cell["cell_type"] == "code" and "remove-cell" not in tags(cell)


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def has_figure(cell: dict) -> bool:
    return "figure" in cell["metadata"].get("mystnb", {})


def is_claim(cell: dict) -> bool:
    return "claim" in tags(cell)


def without_asserts(cell: dict) -> None:
    lines = "".join(cell["source"]).splitlines(keepends=True)
    checks = ("assert", "np.testing")
    cell["source"] = [x for x in lines if not x.strip().startswith(checks)]


def unrun(cell: dict) -> None:
    cell["execution_count"], cell["outputs"] = None, []


def warned(cell: dict) -> None:
    line = {"name": "stderr", "output_type": "stream", "text": ["careful\n"]}
    cell["outputs"].append(line)


# Each is done to every notebook at once, and the form has to name them all.
FORMS: dict[str, Callable[[str], str]] = {
    "unrun cell": in_cell(is_code, unrun),
    "stderr line": in_cell(is_code, warned),
    "caption removed": in_cell(
        has_figure, lambda c: c["metadata"]["mystnb"]["figure"].pop("caption")
    ),
    "alt text removed": in_cell(
        has_figure, lambda c: c["metadata"]["mystnb"]["image"].pop("alt")
    ),
    "asserts of a claim removed": in_cell(is_claim, without_asserts),
}


DIGIT = re.compile(r"\d(?=\D*$)")


def other_digits(text: str) -> str:
    """Another last digit in every printed output that has one."""
    nb = json.loads(text)
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            for holder, key in (
                (output, "text"),
                (output.get("data", {}), "text/plain"),
            ):
                if isinstance(holder.get(key), list) and "image/png" not in holder:
                    said = "".join(holder[key])
                    said = DIGIT.sub(lambda d: str((int(d[0]) + 1) % 10), said, 1)
                    holder[key] = said.splitlines(keepends=True)
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


def other_pictures(text: str) -> str:
    """Every stored figure becomes the next one of the notebook."""
    nb = json.loads(text)
    data = [o["data"] for c in nb["cells"] for o in c.get("outputs", []) if "data" in o]
    pictures = [d for d in data if "image/png" in d]
    stored = [d["image/png"] for d in pictures]
    for target, source in zip(pictures, stored[1:] + stored[:1], strict=True):
        target["image/png"] = source
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


# Each is done to every output of a notebook at once; nbval has to name every cell.
OUTPUTS = {"digit of an output": other_digits, "plotted curve": other_pictures}


# ---- lossbook, contents, pages


def of_lossbook() -> Iterator[Damage]:
    for module in LOSSES:
        file = f"lossbook/{module}.py"
        source = (ROOT / file).read_text(encoding="utf8")
        for slope in re.finditer(SLOPE + r"\s+return (?=.)", source):
            end = slope.end()
            if source[slope.start() : end].count("\n    def ") > 0:
                continue
            yield Damage(
                "wrong sign of a gradient",
                file,
                lambda t, at=end: (
                    f"{t[:at]}-1 * {t[at:]}" if t[at] != "-" else t[:at] + t[at + 1 :]
                ),
                SLOPES,
            )
        for domain in re.finditer(
            r"y_domain: ClassVar\[Interval\] = (?!REALS)\w+", source
        ):
            yield Damage(
                "wrong domain",
                file,
                lambda t, at=domain: (
                    t[: at.start()]
                    + "y_domain: ClassVar[Interval] = Interval()"
                    + t[at.end() :]
                ),
                DOMAINS,
            )
    for file, old, new in (
        ("lossbook/base.py", "losses = weighted(w, losses)", "losses = losses * 1"),
        (
            "lossbook/base.py",
            "total_weight += float(np.sum(w, dtype=np.float64))",
            "total_weight += len(w)",
        ),
        (
            "lossbook/structured.py",
            "losses = weighted(w, losses)",
            "losses = losses * np.where(w == 0, 0, 1)",
        ),
    ):
        yield Damage(
            "dropped weight", file, lambda t, a=old, b=new: t.replace(a, b, 1), BATTERY
        )


def swapped(text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = [n for n, line in enumerate(lines) if "- file: chapters/1" in line]
    lines[at[0]], lines[at[1]] = lines[at[1]], lines[at[0]]
    return "".join(lines)


BUILD = ("build", ".", "-W", "-n", "--keep-going")


def of_pages() -> Iterator[Damage]:
    yield Damage(
        "swapped order of the contents",
        "_toc.yml",
        swapped,
        pytest_("tests/test_house.py"),
    )
    yield Damage(
        "missing chapter in the contents",
        "_toc.yml",
        lambda t: re.sub(r"      - file: chapters/1.*\n", "", t, count=1),
        pytest_("tests/test_house.py"),
    )
    yield Damage(
        "broken link between chapters",
        SOME,
        lambda t: t.replace("{ref}`ch-", "{ref}`ch-no-", 1),
        BUILD,
    )
    yield Damage(
        "broken reference to a figure",
        SOME,
        lambda t: t.replace("{numref}`fig-", "{numref}`fig-no-", 1),
        BUILD,
    )
    yield Damage(
        "wrong number in the ledger",
        "chapters/appendix/claims.md",
        lambda t: re.sub(r"0\.(\d)", r"0.9\1", t, count=1),
        ("-m", "tools.ledger", "--check"),
    )
    yield Damage(
        "wrong word in the atlas",
        "chapters/appendix/atlas.md",
        lambda t: t.replace("the median", "the mean", 1),
        ("-m", "tools.atlas", "--check"),
    )
    yield Damage(
        "entry gone from the bibliography",
        "references.bib",
        lambda t: t.replace("{savage1971", "{savage1970", 1),
        pytest_("tests/test_references.py"),
    )
    yield Damage(
        "citation without an entry",
        SOME,
        lambda t: t.replace("{cite:p}`", "{cite:p}`no", 1),
        pytest_("tests/test_references.py"),
    )


# ---- running


def copy_of(target: Path) -> Path:
    """The files that git knows, as they stand."""
    names = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    for name in names.splitlines():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    subprocess.run(["git", "add", "-A"], cwd=target, check=True)
    vendor = ROOT / "site" / "vendor"
    if vendor.exists():
        (target / "site" / "vendor").symlink_to(vendor)
    return target


def execute(check: tuple[str, ...], copy: Path) -> subprocess.CompletedProcess[str]:
    """Run a check in the copy, with lossbook and tools of the copy."""
    settings = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    program = [sys.executable]
    if check == BUILD:
        program = [str(Path(sys.executable).with_name("jupyter-book"))]
    return subprocess.run(
        [*program, *check], cwd=copy, env=settings, capture_output=True, text=True
    )


def with_texts(
    copy: Path, texts: dict[str, str], check: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    """Run a check while files of the copy hold other texts."""
    before = {name: (copy / name).read_text(encoding="utf8") for name in texts}
    try:
        for name, text in texts.items():
            (copy / name).write_text(text, encoding="utf8")
        return execute(check, copy)
    finally:
        for name, text in before.items():
            (copy / name).write_text(text, encoding="utf8")


def caught(damage: Damage, copy: Path) -> bool:
    """Whether the check of a damage fails because of it."""
    before = (copy / damage.file).read_text(encoding="utf8")
    after = damage.change(before)
    assert after != before, f"nothing to damage: {damage}"
    return with_texts(copy, {damage.file: after}, damage.check).returncode != 0


def forms_caught(
    copy: Path, names: list[str], change: Callable[[str], str]
) -> tuple[set[str], set[str]]:
    """The notebooks that were damaged, and those that the form complains of."""
    before = {name: (copy / name).read_text(encoding="utf8") for name in names}
    after = {name: change(text) for name, text in before.items()}
    damaged = {name for name in names if after[name] != before[name]}
    said = with_texts(copy, {name: after[name] for name in damaged}, FORM).stdout
    return damaged, {name for name in damaged if f"{name}: " in said}


def outputs_caught(
    copy: Path, name: str, change: Callable[[str], str]
) -> tuple[int, int]:
    """The number of cells that were damaged, and of those that nbval fails."""
    before = (copy / name).read_text(encoding="utf8")
    after = change(before)
    pairs = zip(json.loads(before)["cells"], json.loads(after)["cells"], strict=True)
    damaged = sum(old.get("outputs") != new.get("outputs") for old, new in pairs)
    nbval = ("-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", "--nbval", name)
    said = with_texts(copy, {name: after}, nbval).stdout
    return damaged, len(re.findall(r"^FAILED", said, re.MULTILINE))


def run(quick: bool) -> int:
    """Try every damage, print the table; the number that nothing saw."""
    tally: dict[str, list[int]] = {}
    missed: list[str] = []

    def note(kind: str, damaged: int, found: int, where: str) -> None:
        row = tally.setdefault(kind, [0, 0])
        row[0] += damaged
        row[1] += found
        if found < damaged:
            missed.append(f"{kind}: {where}, {damaged - found} not seen")

    with tempfile.TemporaryDirectory() as scratch:
        copy = copy_of(Path(scratch))
        names = [
            p.relative_to(ROOT).as_posix() for p in notebook_paths(ROOT / "chapters")
        ]
        damages = [*of_lossbook(), *of_pages()]
        for check in dict.fromkeys([FORM, *(d.check for d in damages)]):
            done = execute(check, copy)
            if done.returncode:
                sys.exit(f"{' '.join(check)} fails without any damage:\n{done.stdout}")
        for kind, change in FORMS.items():
            damaged, found = forms_caught(copy, names, change)
            note(kind, len(damaged), len(found), ", ".join(sorted(damaged - found)))
        for damage in damages:
            if not (quick and damage.kind in tally):
                note(damage.kind, 1, caught(damage, copy), damage.file)
        for name in [SOME] if quick else names:
            for kind, change in OUTPUTS.items():
                note(kind, *outputs_caught(copy, name, change), name)
    print("| damage | done | caught |\n| --- | --: | --: |")
    for kind, (done_, found_) in tally.items():
        print(f"| {kind} | {done_} | {found_} |")
    print(*missed, sep="\n")
    return len(missed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.mutate", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    return min(run(parser.parse_args().quick), 1)


if __name__ == "__main__":
    sys.exit(main())
