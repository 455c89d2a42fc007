"""bench ab: two revisions of a small repository, with a Bazel that only copies."""

import json
import os
import re
import signal
import subprocess
import sys

import junit

from driver_case import FAKE_SUITE, DriverCase

# Builds by copying; what it was asked is in $LOG. It takes write permission away as Bazel does.
BAZEL = """#!/usr/bin/env bash
echo "$PWD: $*" >>"$LOG"
base=${1#--output_base=}
case $2 in
  build)
    if [[ -e bench/suite/broken ]]; then
      seq -f 'line %g' 100
      echo 'ERROR: own_suite.cc:5: no such thing' >&2
      exit 1
    fi
    mkdir -p "$base/bin/bench/suite" "$base/external"
    cp -f bench/suite/own_suite "$base/bin/bench/suite/own_suite"
    chmod 555 "$base/external" ;;
  info) echo "$base/bin" ;;
esac
"""
# The suite of a revision: the fake one, slower where the revision says so.
SUITE = """#!/usr/bin/env bash
FAKE_FACTORS='%s' exec "%s" "$@"
"""


class Ab(DriverCase):
    def setUp(self):
        super().setUp()
        self.git("init", "-q", "--initial-branch=main", ".")
        os.mkdir(self.path("bin"))
        self.program("bin/bazel", BAZEL)
        self.commit("before", "README", "no suite yet\n")
        self.suite("old", {})
        self.suite("slow", {"W1/1e3/model": 1.3})

    def git(self, *arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example"]
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def environment(self, **more):
        path = self.path("bin") + ":" + os.environ["PATH"]
        here = {"PATH": path, "LOG": self.path("log"), "GIT_CONFIG_GLOBAL": "/dev/null"}
        return super().environment(**(here | more))

    def program(self, name, text):
        self.write(name, text)
        os.chmod(self.path(name), 0o755)

    def commit(self, tag, name, text):
        os.makedirs(self.path("bench/suite"), exist_ok=True)
        self.program(name, text)
        self.git("add", name)
        self.git("commit", "-q", "-m", tag)
        self.git("tag", tag)

    def suite(self, tag, factors):
        self.write("bench/suite/BUILD", "# A target.\n")
        self.git("add", "bench/suite/BUILD")
        self.commit(tag, "bench/suite/own_suite", SUITE % (json.dumps(factors), FAKE_SUITE))

    def ab(self, *arguments, **environment):
        return self.driver("ab", *arguments, **environment)

    def log(self):
        return self.read("log").splitlines() if os.path.exists(self.path("log")) else []

    def assert_nothing_is_left(self):
        self.assertEqual(os.listdir(self.temporary), [])
        self.assertEqual(len(self.git("worktree", "list").splitlines()), 1)
        self.assertEqual(self.git("status", "--porcelain", "bench"), "")

    def test_a_slower_revision_is_found(self):
        done = self.ab("old", "slow")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("A is old, B is slow\n", done.stdout)
        self.assertRegex(done.stdout, r"SLOWER: W1/1e3/model: .* 1\.[23]\d times\n")
        self.assertIn("1 slower, 0 faster", done.stdout)
        self.assert_nothing_is_left()

    def test_the_other_way_round_it_is_faster(self):
        done = self.ab("slow", "old")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 slower, 1 faster", done.stdout)

    def test_a_revision_is_as_fast_as_itself_and_only_what_is_own_is_measured(self):
        done = self.ab("slow", "HEAD", "--out", "kept", "--seed", "5")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        names = set(re.findall(r"^(\S+/\S+) ", done.stdout, re.MULTILINE))
        self.assertIn("W1/1e3/model", names)
        self.assertIn("conversion/1/door", names)
        subjects = {name.rsplit("/", 1)[1] for name in names}
        self.assertEqual(subjects, {"model", "door", "typed"})
        for side in "ab":
            kept = json.loads(self.read("kept", f"{side}.json"))
            rounds = [one for one in kept["benchmarks"] if one["name"] == "W1/1e3/model"]
            self.assertEqual([one["repetition_index"] for one in rounds], list(range(10)))
            self.assertEqual(kept["context"]["seed"], "5")

    def test_the_sides_take_turns_in_an_order_of_the_seed(self):
        orders = []
        for seed in ("1", "1", "2"):
            done = self.ab("old", "slow", "--seed", seed, "--rounds", "12")
            rounds = re.findall(r"round (\d+) of 12: ([AB])", done.stderr)
            self.assertEqual([int(number) for number, _ in rounds], sorted([*range(1, 13)] * 2))
            sides = "".join(side for _, side in rounds)
            self.assertEqual({sides[at : at + 2] for at in range(0, 24, 2)}, {"AB", "BA"})
            orders.append(sides)
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])

    def test_bazel_builds_optimized_with_an_output_base_of_its_own(self):
        self.ab("old", "slow", "--rounds", "8")
        builds = [entry for entry in self.log() if " build " in entry]
        self.assertEqual(len(builds), 2)
        for build in builds:
            self.assertIn(" --output_base=" + self.temporary, build)
            self.assertRegex(build, " build -c opt --noshow_progress //bench/suite:own_suite$")
            self.assertTrue(build.startswith(self.temporary))
        self.assertRegex(self.log()[-1], "shutdown$")

    def test_the_clone_may_lie_elsewhere(self):
        os.mkdir(self.path("elsewhere"))
        for words, environment in (
            (("--workspace", self.path("bench")), {}),
            ((), {"BUILD_WORKSPACE_DIRECTORY": self.folder}),
        ):
            environment["BUILD_WORKING_DIRECTORY"] = self.temporary
            done = self.ab("old", "old", "--rounds", "8", *words, **environment)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_wrong_subject_is_named(self):
        done = self.ab("old", "slow", "--rounds", "8", FAKE_WRONG="W2/1e6/model")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("WRONG: A: W2/1e6/model: page 7 is wrong\n", done.stdout)
        self.assert_nothing_is_left()

    def test_what_cannot_be_measured_is_said(self):
        self.commit("broken", "bench/suite/broken", "")
        for words, said in (
            (("old", "none"), "git knows no revision 'none'"),
            (("old", "--no-such-option", "slow"), "there is no option --no-such-option"),
            (("old",), "are required: REV2"),
            (("before", "old"), "before has no //bench/suite:own_suite: it is older"),
            (("old", "slow", "--rounds", "4"), "--rounds 4 can't show a difference at alpha 0.01"),
            (("old", "slow", "--filter", "nothing"), "there is no such benchmark"),
            (("old", "slow", "--workspace", "/"), "/ lies in no git work tree"),
        ):
            with self.subTest(words=words):
                done = self.ab(*words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
                self.assertEqual(done.stdout, "")
                self.assert_nothing_is_left()

    def test_a_failing_build_shows_the_end_of_what_was_said(self):
        self.commit("broken", "bench/suite/broken", "")
        done = self.ab("old", "broken")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("broken can't be built; the end of what Bazel says:\nline 82\n", done.stderr)
        self.assertIn("ERROR: own_suite.cc:5: no such thing\n", done.stderr)
        self.assertNotIn("line 81\n", done.stderr)
        self.assert_nothing_is_left()

    def test_an_interrupted_run_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            code, said = self.interrupted("ab", "old", "slow", number=number)
            self.assertEqual(code, 130, said)
            self.assertIn("interrupted: what was measured is lost; the work trees are", said)
            self.assertNotIn("Traceback", said)
            self.assert_nothing_is_left()


if __name__ == "__main__":
    sys.exit(junit.run_unittests("ab"))
