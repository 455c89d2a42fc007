"""Rules about what stands in a file."""

import re
import shutil
import subprocess

from registry import rule

MAX_SOURCE_LINES = 500

CPP = (".c", ".cc", ".h")
SOURCES = CPP + (".bzl", ".py", ".sh", ".md", ".kvmt", ".bazel", ".yaml", "BUILD", "WORKSPACE")

# Split, so that this file doesn't contain what it forbids.
PROMISES = re.compile(
    r"\b(TO"
    r"DO|FIX"
    r"ME|X"
    r"XX|HA"
    r"CK|not "
    r"implemented|un"
    r"implemented|place"
    r"holder)\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}*/-])/(home|root|work|tmp)/\w")

# (file, text of the line) that may name a path of a machine.
MACHINE_PATH_EXCEPTIONS = ()


def is_script(repository, file):
    return repository.tree.text(file).startswith("#!")


def is_source(repository, file):
    return file.endswith(SOURCES) or is_script(repository, file)


def sources(repository):
    return [file for file in repository.tree.files if is_source(repository, file)]


def numbered_lines(repository, files):
    for file in files:
        for number, line in enumerate(repository.tree.lines(file), start=1):
            yield f"{file}:{number}", line


@rule("C++ is formatted by clang-format-19")
def formatted(repository):
    files = repository.tree.with_suffix(*CPP)
    if not files:
        return
    command = ["clang-format-19", "--dry-run", "--ferror-limit=1"] + files
    done = subprocess.run(
        command, cwd=repository.tree.root, capture_output=True, text=True, check=False
    )
    for line in done.stderr.splitlines():
        if "clang-format-violations" in line:
            yield line
    if done.returncode != 0:
        yield f"clang-format-19 exits with {done.returncode}"


def without_opening_comment(text):
    """A header's text after the comment that opens it: // lines, or one block in a header for C."""
    return re.sub(r"\A(//[^\n]*\n)+|\A/\*.*?\*/\n", "", text, count=1, flags=re.DOTALL).strip()


@rule("a header's guard is KVM_MODEL_<PATH>_H_")
def guards(repository):
    for file in repository.tree.with_suffix(".h"):
        guard = "KVM_MODEL_" + re.sub(r"[^A-Za-z0-9]", "_", file).upper() + "_"
        text = without_opening_comment(repository.tree.text(file))
        if not text.startswith(f"#ifndef {guard}\n#define {guard}\n"):
            yield f"{file}: doesn't open with the guard {guard}"
        elif not text.endswith((f"#endif  // {guard}", f"#endif /* {guard} */")):
            yield f"{file}: doesn't end with '#endif  // {guard}'"


@rule("a header opens with a comment")
def header_comments(repository):
    for file in repository.tree.with_suffix(".h"):
        if not repository.tree.text(file).startswith(("// ", "/*")):
            yield f"{file}: doesn't open with a comment that says what it is"


@rule(f"C++ files have at most {MAX_SOURCE_LINES} lines")
def short_files(repository):
    for file in repository.tree.with_suffix(*CPP):
        count = len(repository.tree.lines(file))
        if count > MAX_SOURCE_LINES:
            yield f"{file}: {count} lines"


@rule("sources have no tabs, no trailing blanks, and end with one newline")
def blanks(repository):
    for where, line in numbered_lines(repository, sources(repository)):
        if "\t" in line:
            yield f"{where}: tab"
        if line != line.rstrip():
            yield f"{where}: trailing blank"
    for file in sources(repository):
        text = repository.tree.text(file)
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{file}: doesn't end with exactly one newline"


@rule("sources name no path of one machine")
def machine_paths(repository):
    used = set()
    for where, line in numbered_lines(repository, sources(repository)):
        exception = (where.split(":", maxsplit=1)[0], line.strip())
        if exception in MACHINE_PATH_EXCEPTIONS:
            used.add(exception)
        elif MACHINE_PATHS.search(line):
            yield f"{where}: {line.strip()}"
    for entry in MACHINE_PATH_EXCEPTIONS:
        if entry not in used:
            yield f"MACHINE_PATH_EXCEPTIONS: no longer needed: {entry}"


REVISION_BY_NAME = re.compile(
    r'"(linux-\d|rfc-v\d|next-\d)|\brevision\(\)\.(name|header)\b|\bHeaderVersion::'
)


@rule("what answers a call asks a revision for its traits, never for its name")
def revisions_by_trait(repository):
    files = [
        file
        for file in repository.tree.with_suffix(*CPP)
        if file.startswith(("kvm_model/", "arch/"))
        and not file.startswith("kvm_model/revision.")
        and not file.endswith("_test.cc")
    ]
    for where, line in numbered_lines(repository, files):
        if REVISION_BY_NAME.search(line.split("//", maxsplit=1)[0]):
            yield f"{where}: {line.strip()}"


@rule("sources promise no later work")
def promises(repository):
    for where, line in numbered_lines(repository, sources(repository)):
        if PROMISES.search(line):
            yield f"{where}: {line.strip()}"


MAKES_THREADS = re.compile(r"\bstd::(jthread|thread|async)\b")


@rule("tests that make threads run under the thread sanitizer in .ci/run")
def threads(repository):
    script = repository.tree.text(".ci/run") if ".ci/run" in repository.tree.files else ""
    found = re.search(r"^threaded=\((.*?)\)", script, re.DOTALL | re.MULTILINE)
    folders = re.findall(r"//(\S+)/\.\.\.", found.group(1)) if found else []
    for file in repository.tree.with_suffix(*CPP):
        if not file.startswith("tests/") or file.startswith(tuple(f"{f}/" for f in folders)):
            continue
        if MAKES_THREADS.search(repository.tree.text(file)):
            yield f"{file}: makes threads, and .ci/run's `threaded` has not its folder"


@rule("scripts are clean under shellcheck")
def shell(repository):
    scripts = [
        file
        for file in repository.tree.files
        if file.endswith(".sh") or re.match(r"#!.*\b(ba)?sh\b", repository.tree.text(file)[:80])
    ]
    if not scripts:
        return
    if shutil.which("shellcheck") is None:
        yield "shellcheck is not installed"
        return
    command = ["shellcheck", "--external-sources", "--format=gcc"] + scripts
    done = subprocess.run(
        command, cwd=repository.tree.root, capture_output=True, text=True, check=False
    )
    yield from (done.stdout + done.stderr).splitlines()
