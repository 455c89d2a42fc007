"""What the driver's tests share: a folder, the driver, and the fake suite."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

DRIVER = os.path.abspath("bench/driver/driver")
FAKE_SUITE = os.path.abspath("tests/bench/fake_suite.py")


def document(benchmarks, **context):
    """Google Benchmark's JSON of name -> values in ns, or in bytes in family W9."""
    entries = []
    for name, values in benchmarks.items():
        for index, value in enumerate(values):
            told = {"name": name, "run_type": "iteration", "repetition_index": index}
            if name.startswith("W9/"):
                entries.append(told | {"bytes_per_run": value})
            else:
                entries.append(told | {"items_per_second": 1e9 / value})
    usual = {"host_name": "here", "cpu": "a CPU", "num_cpus": 2, "seed": "1"}
    return {"context": usual | context, "benchmarks": entries}


class DriverCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, content):
        """A file in the test's folder: text as it is, anything else as JSON."""
        text = content if isinstance(content, str) else json.dumps(content)
        with open(self.path(name), "w", encoding="utf-8") as opened:
            opened.write(text)
        return name

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as opened:
            return opened.read()

    def files(self):
        """Every file that lies in the test's folder."""
        found = [
            os.path.relpath(os.path.join(place, name), self.folder)
            for place, _, names in os.walk(self.folder)
            for name in names
        ]
        return sorted(found)

    def environment(self, **more):
        """The caller's environment, in which a test's own variables are set."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("BUILD_")}
        return env | {"TMPDIR": self.temporary} | more

    def driver(self, *arguments, **environment):
        return subprocess.run(
            [DRIVER, *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def bench(self, *arguments, **environment):
        """`bench` with the fake suite."""
        return self.driver("--suite", FAKE_SUITE, *arguments, **environment)

    def interrupted(self, *arguments, number=signal.SIGINT, **environment):
        """The driver, ended by a signal once the fake suite has begun; it and what it said."""
        begun = self.path("begun")
        process = subprocess.Popen(
            [DRIVER, *arguments],
            cwd=self.folder,
            env=self.environment(FAKE_WAIT=begun, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while not os.path.exists(begun) and process.poll() is None:
            self.assertLess(time.monotonic(), deadline, "the suite never began")
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
        os.remove(begun)
        return process.returncode, said

    def assert_refused(self, done, *said, code=2):
        """Nothing on stdout, a message with these words on stderr, and no traceback."""
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for words in said:
            self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(done.stdout, "")
