"""Rules about which files there are, and about links between them."""

import os
import re

from registry import rule
from source_rules import is_script

MAX_FILE_KIB = 512

ROOT_FILES = (
    ".bazelignore",
    ".bazelrc",
    ".ci/run",
    ".clang-format",
    ".clang-tidy",
    ".gitignore",
    "BUILD",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "MODULE.bazel",
    "README.md",
    "WORKSPACE",
    "run",
    "test",
)
CODE = ("arch", "bench", "kvm_model", "tests", "tools", "uapi")
DATA = ("bench", "docs", "tests", "tools")
PAGES = ("tools/serve/page", "tools/site/theme")
# Suffix or whole name -> the folders that may hold such files.
FOLDERS_OF = {
    ".h": CODE,
    ".cc": CODE,
    ".c": ("bench/peers/kernel", "tests", "tools"),
    "BUILD": CODE + ("docs", "third_party"),
    ".BUILD": ("third_party",),
    ".bzl": CODE + ("docs", "third_party"),
    ".py": DATA,
    ".sh": DATA,
    ".md": CODE + ("docs",),
    ".tsv": DATA,
    ".css": PAGES,
    ".html": PAGES,
    ".js": PAGES,
    ".kvmt": ("docs", "tests"),
    ".csv": ("bench", "tests"),
    ".json": DATA,
    ".svg": ("docs", "tests"),
    ".txt": ("bench", "docs", "tests", "tools"),
    ".xml": ("tests",),
    "WORKSPACE": ("tests/dependent_workspace/example",),
    ".bazelrc": ("tests/dependent_workspace/example",),
    ".clang-tidy": ("tests",),
}
# Commands have no suffix.
COMMAND_FOLDERS = ("tools/workspace",)


def _is_known(repository, file):
    if file in ROOT_FILES:
        return True
    if os.path.dirname(file) in COMMAND_FOLDERS and is_script(repository, file):
        return True
    name = os.path.basename(file)
    folders = FOLDERS_OF.get(name) or FOLDERS_OF.get(os.path.splitext(name)[1], ())
    return any(file.startswith(folder + "/") for folder in folders)


@rule("every file is of a known kind and lies where its kind may lie")
def stray_files(repository):
    for file in repository.tree.files:
        if not _is_known(repository, file):
            yield f"{file}: stray (FOLDERS_OF in tests/repository/file_rules.py lists what may be)"


@rule(f"no file is larger than {MAX_FILE_KIB} KiB")
def large_files(repository):
    for file in repository.tree.files:
        size = os.path.getsize(repository.tree.path(file))
        if size > MAX_FILE_KIB * 1024:
            yield f"{file}: {size // 1024} KiB"


@rule("what has a #! line is executable, and nothing else is")
def executables(repository):
    for file in repository.tree.files:
        executable = bool(os.stat(repository.tree.path(file)).st_mode & 0o111)
        if executable != is_script(repository, file):
            yield f"{file}: {'no #! line' if executable else 'not executable'}"


def _slugs(text):
    """The anchors that GitHub gives to the headings of a Markdown text."""
    slugs = []
    for heading in re.findall(r"^#+ +(.*?) *#*$", _without_fences(text), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        taken = slugs.count(slug)
        slugs.append(f"{slug}-{taken}" if taken else slug)
    return slugs


def _without_fences(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


@rule("relative links in Markdown lead somewhere")
def links(repository):
    for file in repository.tree.with_suffix(".md"):
        text = re.sub(r"`[^`\n]*`", "", _without_fences(repository.tree.text(file)))
        targets = re.findall(r"\]\(\s*<?([^)>\s]+)", text)
        targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
        for target in targets:
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = os.path.normpath(os.path.join(os.path.dirname(file), path)) if path else file
            if linked not in repository.tree.files:
                folder = "" if linked == "." else linked + "/"
                if anchor or not any(other.startswith(folder) for other in repository.tree.files):
                    yield f"{file}: {target} doesn't exist"
            elif anchor and anchor not in _slugs(repository.tree.text(linked)):
                yield f"{file}: {linked} has no heading for #{anchor}"
