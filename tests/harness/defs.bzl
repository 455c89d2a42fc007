"""Tests written in Python 3, its standard library alone."""

# A test of the checked-out tree: it reads files that Bazel doesn't know of, so it runs outside of
# the sandbox and anew each time, and once, not again under each sanitizer.
TREE_TEST_TAGS = [
    "external",
    "local",
    "no-cache",
    "no-sanitizer",
]

def python_test(name, main, srcs = [], data = [], args = [], tags = ["no-sanitizer"], **kwargs):
    """A test that runs `main`, which reports its cases through tests/harness/junit.py.

    Args:
      name: the test's name.
      main: the script, a file of the package.
      srcs: modules beside it.
      data: what it reads.
      args: its arguments.
      tags: by default none but no-sanitizer, as no C++ of ours runs here.
      **kwargs: passed on to sh_test.
    """
    native.sh_test(
        name = name,
        srcs = ["//tests/harness:python_test.sh"],
        args = [native.package_name() + "/" + main] + args,
        data = [main] + srcs + data + ["//tests/harness"],
        tags = tags,
        **kwargs
    )
