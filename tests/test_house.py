"""The house: lossbook's rooms, and files that agree: versions, addresses, contents."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from pybtex.database import parse_string

from tools import edition, release

ROOT = Path(__file__).resolve().parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirement_lines() -> list[str]:
    """The lines of requirements.txt that name a package."""
    lines = read("requirements.txt").splitlines()
    return [line for line in lines if line and line[0] not in "#-"]


def requirements() -> list[Requirement]:
    return [Requirement(line.split("#")[0]) for line in requirement_lines()]


def pins(name: str) -> dict[str, Version]:
    """The exact versions a file holds, by canonical name."""
    found = re.findall(r"^([\w.-]+)==([\w.]+)", read(name), re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in found}


def urls() -> dict[str, str]:
    return tomllib.loads(read("pyproject.toml"))["project"]["urls"]


# ---- the rooms of lossbook: its wings, and its modules beside them

PACKAGE = ROOT / "lossbook"
LIBRARIES = {"matplotlib", "numpy", "scipy", "sklearn"}
ROOMS = {
    path.stem
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" or (path / "__init__.py").exists())
    and path.name != "__init__.py"  # the door, through which all of it is seen
}


def imports(path: Path) -> Iterator[str]:
    """The full names of what a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the whole path"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def edges() -> set[tuple[str, str]]:
    """Which room imports from which."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for name in imports(path):
            top, _, rest = name.partition(".")
            if top == "lossbook" and room in ROOMS:
                found.add((room, rest.split(".")[0]))
    return {(above, below) for above, below in found if above != below}


def floors(between: set[tuple[str, str]]) -> dict[str, int]:
    """On which floor each room stands: above all that it imports; circles fail."""

    @cache
    def floor(room: str) -> int:
        return 1 + max((floor(b) for a, b in between if a == room), default=0)

    return {room: floor(room) for room in ROOMS}


def test_imports_between_rooms_lead_downwards() -> None:
    between = edges()
    assert {below for _, below in between} <= ROOMS
    assert len(between) <= 60
    assert max(floors(between).values()) <= 9  # a RecursionError is a circle


def test_training_and_judging_do_not_know_each_other() -> None:
    assert not edges() & {("fit", "judge"), ("judge", "fit")}
    assert not [(above, below) for above, below in edges() if below == "show"]


def test_a_circle_is_seen() -> None:
    with pytest.raises(RecursionError):
        floors({*edges(), ("numerics", "show")})


@pytest.mark.parametrize(
    ("library", "allowed"), [("matplotlib", {"show"}), ("sklearn", {"fit", "judge"})]
)
def test_only_some_wings_import(library: str, allowed: set[str]) -> None:
    found = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert found == allowed


def test_lossbook_needs_four_libraries_and_asks_no_host() -> None:
    roots = {
        name.split(".")[0] for path in PACKAGE.rglob("*.py") for name in imports(path)
    }
    needed = {"lossbook", *LIBRARIES, "cycler"}  # the last is matplotlib's own
    assert roots - sys.stdlib_module_names == needed
    assert not roots & {"ftplib", "http", "socket", "ssl", "urllib", "webbrowser"}


def test_lossbook_alone_brings_no_large_library() -> None:
    code = "import sys, lossbook; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"matplotlib", "sklearn", "scipy.optimize"}
    assert not loaded & {"lossbook.fit", "lossbook.judge", "lossbook.show"}


def test_pictures_and_judgements_bring_no_scikit_learn() -> None:
    code = (
        "import sys, lossbook as lb; lb.show.use_style(); lb.judge; print(*sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert {"matplotlib", "lossbook.judge"} <= loaded
    assert not loaded & {"sklearn", "scipy.stats", "pandas"}


def test_no_test_looks_at_a_clock() -> None:
    """Speed is measured by the benchmarks, never asserted."""
    for path in (ROOT / "tests").glob("*.py"):
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {"time", "timeit"}, path.name


# ---- versions

RUNTIME = {"numpy", "scipy", "scikit-learn", "matplotlib"}


@pytest.mark.parametrize("line", requirement_lines())
def test_every_requirement_has_a_range_and_a_reason(line: str) -> None:
    range_, _, reason = line.partition("  # ")
    assert Requirement(range_).specifier, f"no range in {line!r}"
    assert reason.strip(), f"no reason in {line!r}"


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_exact_version_is_in_the_range(requirement: Requirement) -> None:
    exact = pins("constraints.txt")[canonicalize_name(requirement.name)]
    assert exact in requirement.specifier


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    oldest = pins("constraints-oldest.txt")
    bounds = {canonicalize_name(r.name): str(r.specifier) for r in requirements()}
    lowest = {name: Version(bounds[name].removeprefix(">=")) for name in RUNTIME}
    assert {name: oldest[name] for name in RUNTIME} == lowest


def test_constraints_and_lock_hold_the_same_versions() -> None:
    assert pins("constraints.txt") == pins("requirements.lock")


def test_the_lock_has_a_hash_for_every_package() -> None:
    entries = re.split(r"\n(?=\w)", read("requirements.lock"))
    bare = [e for e in entries if "==" in e and "--hash=sha256:" not in e]
    assert not bare


def test_the_package_asks_for_the_same_ranges() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    listed = {r.name: r.specifier for r in requirements()}
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for requirement in map(Requirement, asked):
        name = canonicalize_name(requirement.name)
        assert listed[name] == requirement.specifier, name


def test_python_versions_agree() -> None:
    pyproject = tomllib.loads(read("pyproject.toml"))
    classifiers = "\n".join(pyproject["project"]["classifiers"])
    supported = re.findall(r"Python :: (3\.\d+)", classifiers)
    oldest = min(supported, key=Version)
    above = f"3.{max(Version(v) for v in supported).minor + 1}"
    assert pyproject["project"]["requires-python"] == f">={oldest},<{above}"
    newest = max(supported, key=Version)
    assert f"Python {oldest} to {newest}" in read("README.md")
    assert re.findall(r"--python-version (\S+)", read("Makefile")) == [oldest]

    assert set(workflow_pythons("test.yml")) == set(supported)
    assert set(workflow_pythons("pages.yml")) == {oldest}  # the canonical environment
    for file in WORKFLOWS:
        assert set(workflow_pythons(file.name)) <= set(supported), file.name


def test_binder_installs_the_package_in_the_canonical_environment() -> None:
    lines = [x for x in read(".binder/requirements.txt").splitlines() if x[0] != "#"]
    assert lines == ["-c ../constraints.txt", "-e ."]
    canonical = set(workflow_pythons("pages.yml"))
    assert {read(".binder/runtime.txt").strip()} == {f"python-{v}" for v in canonical}


# ---- workflows

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_has_the_least_rights_and_fixed_actions(file: Path) -> None:
    text = file.read_text(encoding="utf8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for action in re.findall(r"uses: (\S+/\S+@.*)$", text, re.M):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action), action
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    for name, job in workflow["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 120, name
        if "write" in str(job.get("permissions", "")):
            # What may write runs no code of ours, nor of anybody we install.
            commands = [step["run"] for step in job["steps"] if "run" in step]
            known = all(c.startswith(("gh release ", "git ")) for c in commands)
            assert known, (name, commands)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_is_one_that_github_takes(file: Path) -> None:
    jobs = yaml.safe_load(file.read_text(encoding="utf8"))["jobs"]
    assert list(faults(jobs)) == []


def faults(jobs: dict[str, Any]) -> Iterator[str]:
    """What GitHub would refuse, or find empty, in the jobs of a workflow."""
    for name, job in jobs.items():
        needed = job.get("needs", [])
        for other in [needed] if isinstance(needed, str) else needed:
            if other not in jobs:
                yield f"{name} needs {other}, which is no job"
        if unknown := job.keys() - JOB_KEYS:
            yield f"{name} has {unknown}"
        if ("uses" in job) == ("steps" in job and "runs-on" in job):
            yield f"{name} must call a workflow, or have steps and a machine"
        for step in job.get("steps", []):
            if ("uses" in step) == ("run" in step) or step.keys() - STEP_KEYS:
                yield f"{name} has the step {step}"
        matrix = job.get("strategy", {}).get("matrix", {})
        known = {*matrix, *(key for one in matrix.get("include", []) for key in one)}
        for asked in re.findall(r"matrix\.(\w+)", str(job)):
            if asked not in known:
                yield f"{name} asks for matrix.{asked}"
        for path in re.findall(r"(?:\./\.github|\.ci)/[\w/.]+", str(job)):
            if not (ROOT / path).exists():
                yield f"{name} asks for {path}"


JOB_KEYS = {
    *("environment", "env", "if", "needs", "permissions", "runs-on"),
    *("steps", "strategy", "timeout-minutes", "uses"),
}
STEP_KEYS = {"id", "uses", "with", "run", "env"}


def test_what_github_would_refuse_is_seen() -> None:
    step = {"run": "make ${{ matrix.verb }}"}
    good = {"runs-on": "x", "strategy": {"matrix": {"verb": ["book"]}}, "steps": [step]}
    assert list(faults({"a": good, "b": {"needs": "a", "uses": "./.github"}})) == []
    for change in (
        {"needs": "b"},
        {"needs": ["b"]},
        {"step": []},
        {"uses": "./.github"},
        {"strategy": {"matrix": {"include": [{"verbs": 1}]}}},
        {"steps": [{"run": "x", "uses": "y"}]},
        {"steps": [{"run": "x", "with": {}, "named": "y"}]},
        {"steps": [{"run": ".ci/go"}]},
        {"runs-on": None},
    ):
        bad = {key: v for key, v in (good | change).items() if v is not None}
        assert len(list(faults({"a": bad}))) == 1, change


def verbs(jobs: dict[str, Any]) -> Iterator[str]:
    """The verbs of the Makefile that the jobs of a workflow call."""
    for job in jobs.values():
        matrix = job.get("strategy", {}).get("matrix", {})
        cases = [case["verb"] for case in matrix.get("include", []) if "verb" in case]
        for step in job.get("steps", []):
            for verb in [*cases, *matrix.get("verb", [])] or [""]:
                command = step.get("run", "").replace("${{ matrix.verb }}", verb)
                yield from re.findall(r"^make ([a-z-]+)", command, re.M)


def test_what_takes_long_runs_by_the_clock() -> None:
    known = set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.M))
    scheduled = set()
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text(encoding="utf8"))
        called = set(verbs(workflow["jobs"]))
        assert called <= known
        if "schedule" in workflow[True]:  # YAML takes "on" for a truth value
            scheduled |= called
    assert scheduled == {
        *("bench", "fuzz", "mutate", "newest", "oldest", "peers", "portable"),
        *("reproducible", "seeds", "wheels"),
    }


def test_two_jobs_do_together_what_must_hold_at_every_change() -> None:
    jobs = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]
    canonical, live = (list(verbs({"": jobs[name]})) for name in ("canonical", "live"))
    # Without the book the test of the handouts is left out.
    assert live == ["book", "test-live"]
    assert {*canonical, *live[1:]} == set(
        re.findall(r"^make (\S+)", read(".ci/run"), re.M)
    )


def test_nothing_is_published_before_the_tests_pass() -> None:
    for name, last in (("pages.yml", "deploy"), ("release.yml", "release")):
        jobs = yaml.safe_load(read(f".github/workflows/{name}"))["jobs"]
        assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
        assert jobs["build"]["needs"] == "test"
        assert jobs[last]["needs"] == "build"


def test_the_handouts_go_where_the_pages_lead() -> None:
    branch = yaml.safe_load(read("_config.yml"))["sphinx"]["config"]["html_context"][
        "handouts"
    ]
    jobs = yaml.safe_load(read(".github/workflows/pages.yml"))["jobs"]
    assert jobs["handouts"]["needs"] == "build"
    assert jobs["handouts"]["steps"][-1]["run"].split()[-1] == branch
    assert f"/blob/{branch}/chapters/" in read("index.md")


def test_windows_is_tested_by_the_lines_of_the_readme() -> None:
    commands = re.search(r"```bat\n(.*?)```", read("README.md"), re.S)[1].splitlines()
    steps = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]["windows"][
        "steps"
    ]
    assert [step["run"] for step in steps if "run" in step] == commands


def workflow_pythons(name: str) -> list[str]:
    return re.findall(r'"(3\.\d+)"', read(f".github/workflows/{name}"))


def test_the_citation_has_the_version_of_the_package() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    preferred = citation["preferred-citation"]
    assert citation["version"] == preferred["version"] == edition.version()
    released = citation["date-released"]
    assert (preferred["year"], preferred["month"]) == (released.year, released.month)
    assert f"\n## {edition.version()} ({released.day} {released:%B %Y})\n" in read(
        "CHANGELOG.md"
    )


def test_the_archive_is_told_what_the_citation_says() -> None:
    archive = json.loads(read(".zenodo.json"))
    citation = yaml.safe_load(read("CITATION.cff"))
    assert archive["title"] == citation["title"]
    assert archive["creators"] == citation["authors"]
    assert archive["keywords"] == citation["keywords"]
    assert archive["description"] == " ".join(citation["abstract"].split())
    links = {link["identifier"] for link in archive["related_identifiers"]}
    assert links == set(urls().values())


def test_the_book_and_a_page_can_be_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    now = edition.Edition("1.2.0", date(2027, 3, 9), "0123456789")
    monkeypatch.setattr(edition, "current", lambda: now)
    title, address = (
        "Loss Functions: what you ask for is what you get",
        "https://x.org/",
    )
    assert edition.apa(title, address) == (
        f"The lossbook authors (2027). {title} "
        "(edition 1.2.0, 9 March 2027, commit 0123456789). https://x.org/"
    )
    assert edition.apa(title, address, "Outliers").startswith(
        f"The lossbook authors (2027). Outliers. In {title} (edition 1.2.0"
    )
    entries = parse_string(
        edition.bibtex("book", title, address)
        + edition.bibtex("page", title, address, "Outliers"),
        "bibtex",
    ).entries
    assert entries["book"].type == "book"
    assert entries["page"].type == "incollection"
    assert entries["page"].fields["booktitle"] == entries["book"].fields["title"]
    assert entries["page"].fields["edition"] == "1.2.0, 9 March 2027"
    assert str(entries["book"].persons["author"][0]) == "{The lossbook authors}"


def test_outside_a_clone_the_date_is_that_of_the_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edition, "git", lambda *arguments: "")
    now = edition.current.__wrapped__()
    assert (now.day, now.commit) == (edition.citation()["date-released"], "")
    assert str(now) == f"edition {edition.version()}, {now.date}"


# ---- addresses


def test_citation_and_site_have_the_addresses_of_the_project() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["repository-code"] == urls()["Repository"]
    assert citation["url"] == urls()["Documentation"]
    config = yaml.safe_load(read("_config.yml"))["sphinx"]["config"]
    assert config["html_context"]["repository"] == urls()["Repository"]
    assert (
        yaml.safe_load(read("_config.yml"))["html"]["baseurl"]
        == (urls()["Documentation"])
    )


PRINTS = ("loss-functions.pdf", "cheat-sheet.pdf")


def test_the_start_page_leads_to_the_project() -> None:
    links = re.findall(r"\]\((https:[^)]*)\)", read("index.md"))
    home = urls()["Repository"].removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{home}/blob/handouts/"
    notebooks = [li.removeprefix(colab) for li in links if li.startswith(colab)]
    assert notebooks
    assert all((ROOT / name).is_file() for name in notebooks)
    prints = [f"{urls()['Documentation']}{name}" for name in PRINTS]
    assert {*links} == {urls()["Repository"], *prints, *(colab + n for n in notebooks)}
    assert "_build/pdf/*.pdf _build/html/" in read(".github/workflows/pages.yml")
    assert {release.PDF.name, release.SHEET.name} == {*PRINTS}


@pytest.mark.parametrize(
    "name",
    [
        ".zenodo.json",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE-TEXT",
        "README.md",
        "SECURITY.md",
    ],
)
def test_every_mention_of_the_repository_is_its_address(name: str) -> None:
    mentions = re.findall(r"https://github\.com/[\w-]+/lossbook", read(name))
    assert set(mentions) == {urls()["Repository"]}
    sites = re.findall(r"https://[\w.-]+\.github\.io/[\w-]+/", read(name))
    assert set(sites) <= {urls()["Documentation"]}


# ---- files in git

# Folders of somebody's machine; a path inside an address (https://…) is none.
LOCAL_PATH = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|Users|work|opt|mnt|private|content)/[\w.]"
    r"|\b[A-Z]:\\Users"
)


def files_in_git() -> list[Path]:
    """Tracked files and those that would be added; fails outside a clone."""
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(
        [*git, "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in filter(None, listed.stdout.split("\0"))]


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a clone of the repository"
)
def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = []
    for path in files_in_git():
        if ROOT / "tests" in path.parents:  # they make such paths up
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (
            UnicodeDecodeError,
            FileNotFoundError,
        ):  # a picture; deleted, not staged
            continue
        found += [f"{path.name}: {match[0]}" for match in LOCAL_PATH.finditer(text)]
    assert not found


def test_local_paths_are_seen() -> None:
    assert LOCAL_PATH.search('"/home/ann/book"')
    assert LOCAL_PATH.search(r"C:\Users\ann")
    assert not LOCAL_PATH.search("https://example.org/home/ann")


# ---- what the documents say of the house


def test_make_lists_every_verb_and_documents_name_no_other() -> None:
    makefile = read("Makefile")
    listed = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    assert listed == set(re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split())
    for name in ("README.md", "CONTRIBUTING.md", "index.md"):
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(name), re.M))
        assert named <= listed, name


# What a script stores, by the name it has there -> the words of SECURITY.md.
STORED = {
    '"theme"': "the choice of light or dark",
    '"code"': "whether all code stands open",
    "label": "the guesses in bets",
    "storageKey": "the edits of a page made live",
}


def test_what_a_page_stores_is_said() -> None:
    scripts = [p for p in (ROOT / "site").rglob("*.js") if "vendor" not in p.parts]
    text = "".join(p.read_text("utf8") for p in scripts if "runtime" not in p.parts)
    assert set(re.findall(r"localStorage\.setItem\(([^,]+),", text)) == set(STORED)
    assert not re.search(r"sessionStorage|indexedDB|document\.cookie|\bcaches\.", text)
    said = re.search(r"A page stores four things(.*?)\.\n", read("SECURITY.md"))[1]
    assert all(words in said for words in STORED.values())
    assert len(STORED) == 4


# ---- the table of contents


def entries() -> list[str]:
    """The files of _toc.yml in reading order, as the names it gives them."""
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "file" in node:
                found.append(str(node["file"]))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(yaml.safe_load(read("_toc.yml")))
    return found


def test_every_page_is_in_the_table_of_contents_once() -> None:
    pages = [
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "chapters").rglob("*")
        if path.suffix in (".ipynb", ".md") and "/." not in path.as_posix()
    ]
    named = [entry for entry in entries() if entry.startswith("chapters/")]
    named = [re.sub(r"\.(ipynb|md)$", "", entry) for entry in named]
    assert sorted(named) == sorted(pages)


@pytest.mark.parametrize("solutions", [False, True])
def test_chapters_stand_in_the_order_of_their_numbers(solutions: bool) -> None:
    matches = [re.fullmatch(r"chapters/([\w-]+)/(\d\d)-.*", e) for e in entries()]
    numbers = [int(m[2]) for m in matches if m and (m[1] == "solutions") is solutions]
    assert numbers
    assert numbers == sorted(set(numbers))
