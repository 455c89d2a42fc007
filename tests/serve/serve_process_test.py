"""kvmsim serve as a process: its paths, what it refuses, hostile clients, and how it ends."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import junit
from served import COMMAND, Served

SCENARIO = "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm)\n"
JSON = {"Content_Type": "application/json"}


def serve(*words):
    """A kvmsim serve that ends by itself."""
    return subprocess.run(
        COMMAND + list(words), capture_output=True, text=True, timeout=30, check=False
    )


def scenario_file(text=SCENARIO):
    path = os.path.join(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")), "opened.kvmt")
    with open(path, "w", encoding="utf-8") as written:
        written.write(text)
    return path


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.served = Served(scenario_file())

    @classmethod
    def tearDownClass(cls):
        cls.served.__exit__()

    def send(self, data):
        """All that the server answers to these bytes."""
        with socket.create_connection((self.served.host, self.served.port), timeout=20) as client:
            got = b""
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                while chunk := client.recv(65536):
                    got += chunk
            except ConnectionError:
                pass
            return got

    def alive(self):
        self.assertEqual(self.served.request("GET", "/")[0], 200)

    def test_the_address_is_told_on_stdout(self):
        self.assertRegex(self.served.url, r"^http://127\.0\.0\.1:\d+/$")

    def test_the_page_names_nothing_but_its_own_files(self):
        status, headers, page = self.served.request("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        named = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
        for path in named:
            if path.startswith("/"):
                self.assertEqual(self.served.request("GET", path)[0], 200, path)
            else:
                self.assertIn(path, ("data:,", "#pages"))
        self.assertNotRegex(page.decode(), r"<[^>]+\son\w+=|style=|<script>|<style>")

    def test_each_question_is_answered(self):
        self.assertEqual(self.served.ask("world", host="x86", pages=8)[0], 200)
        self.assertEqual(len(self.served.ask("run", scenario=SCENARIO)[1]["steps"]), 2)
        self.assertEqual(self.served.ask("list", host="arm64")[0], 200)
        self.assertEqual(self.served.ask("diff", **{"from": "x86", "to": "x86//TDX"})[0], 400)
        self.assertEqual(self.served.ask("explain", host="x86", capability="129")[0], 200)

    def test_answers_are_not_compressed(self):
        answer = self.served.request("GET", "/app.js", Accept_Encoding="br, gzip")
        self.assertIsNone(answer[1]["Content-Encoding"])

    def test_the_file_is_opened(self):
        opened = json.loads(self.served.request("GET", "/api/start")[2])["file"]
        self.assertEqual(opened, {"name": "opened.kvmt", "text": SCENARIO})

    def test_strangers_are_refused(self):
        def status(method, path, body=None, **headers):
            return self.served.request(method, path, body, **headers)[0]

        self.assertEqual(status("GET", "/", Host="example.com"), 421)
        self.assertEqual(status("POST", "/api/run", "{}", Content_Type="text/plain"), 415)
        self.assertEqual(status("POST", "/api/run", "{}", Origin="http://example.com", **JSON), 403)
        for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            self.assertIn(status(method, "/"), (400, 405), method)
        self.assertEqual(status("GET", "/none"), 404)
        self.assertEqual(status("GET", "/" + "a" * 8000), 404)
        self.assertEqual(status("POST", "/" + "a" * 8000, "{}", **JSON), 404)
        self.assertEqual(status("GET", "/?query"), 404)
        self.assertEqual(status("GET", "/%2e%2e/etc/passwd"), 404)

    def test_bodies_are_bounded(self):
        large = json.dumps({"scenario": "#" * 300_000})
        self.assertEqual(self.served.request("POST", "/api/run", large, **JSON)[0], 413)
        chunks = iter([b"{}"])
        answer = self.served.request("POST", "/api/run", chunks, **JSON)
        self.assertEqual(answer[0], 415)
        zipped = self.served.request("POST", "/api/run", "{}", Content_Encoding="gzip", **JSON)
        self.assertEqual(zipped[0], 415)
        self.alive()

    def test_bytes_that_are_no_request(self):
        for data in (b"\0" * 5000, b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01"):
            self.assertNotIn(b"200 OK", self.send(data + b"\r\n\r\n"))
        self.alive()

    def test_a_head_without_end(self):
        begin = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        self.assertNotIn(b"200 OK", self.send(begin + b"X: " + b"a" * 3_000_000))
        self.assertNotIn(b"200 OK", self.send(begin + b"X: a\r\n" * 500_000))
        self.assertNotIn(b"200 OK", self.send(b"G" * 3_000_000))
        self.alive()

    def test_ranges_and_expectations(self):
        head = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        ranges = ",".join("1-1" for _ in range(1900))
        self.send(f"{head}Range: bytes={ranges}\r\n\r\n".encode())
        self.send(f"{head}Range: bytes=99999999999999999999-\r\n\r\n".encode())
        self.send(f"{head}Range: bytes=-\r\n\r\n".encode())
        self.send(f"{head}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n".encode())
        self.send(b"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                  b"Content-Length: 10\r\n\r\n{}")  # fmt: skip
        self.alive()

    def test_ranges_are_not_looked_at(self):
        body = json.dumps({"scenario": SCENARIO})
        for method, path, sent in (("GET", "/app.js", None), ("POST", "/api/run", body)):
            whole = self.served.request(method, path, sent, **JSON)
            for ranges in ("0-,0-", "1-1", ",".join(["0-"] * 2000)):
                part = self.served.request(method, path, sent, Range=f"bytes={ranges}", **JSON)
                self.assertEqual((part[0], part[2]), (200, whole[2]), ranges[:9])

    def test_a_head_has_its_own_bound(self):
        begin = b"POST /api/run HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        body = json.dumps({"scenario": SCENARIO + "#" * 250_000}).encode()
        for filled, answered in ((31 << 10, True), (33 << 10, False)):
            head = begin + b"Content-Length: %d\r\n" % len(body)
            head += b"X: aaaa\r\n" * ((filled - len(head)) // 9)
            answer = self.send(head + b"\r\n" + body)
            self.assertEqual(answer.startswith(b"HTTP/1.1 200 "), answered, filled)
        self.alive()

    def test_clients_that_say_nothing_keep_nobody_waiting(self):
        idle = [socket.create_connection((self.served.host, self.served.port)) for _ in range(8)]
        began = time.monotonic()
        self.alive()
        self.assertLess(time.monotonic() - began, 5)
        for client in idle:
            client.close()

    def test_many_clients_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            asked = [pool.submit(self.served.ask, "run", scenario=SCENARIO) for _ in range(48)]
            answers = [each.result() for each in asked]
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual(len({json.dumps(answer) for _, answer in answers}), 1)

    def test_answers_do_not_grow_without_bounds(self):
        body = "repeat 1000000 {\nvm = create_vm(kvm)\n}\n"
        status, answer = self.served.ask("run", scenario=SCENARIO + body)
        self.assertEqual((status, len(answer["steps"])), (200, 2000))


class Ends(unittest.TestCase):
    def test_signals_end_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with Served() as served:
                self.assertEqual(served.request("GET", "/")[0], 200)
                self.assertEqual(served.end(number), 0)

    def test_a_signal_right_after_the_start(self):
        for _ in range(5):
            with Served() as served:
                self.assertEqual(served.end(), 0)

    def test_a_client_that_says_nothing_does_not_hold_it(self):
        with Served() as served:
            with socket.create_connection((served.host, served.port)):
                time.sleep(0.1)
                began = time.monotonic()
                self.assertEqual(served.end(), 0)
                self.assertLess(time.monotonic() - began, 5)

    def test_a_port_in_use(self):
        with Served() as served:
            done = serve("--port", str(served.port))
            self.assertEqual(done.returncode, 2)
            self.assertEqual(
                done.stderr,
                f"kvmsim serve: 127.0.0.1, port {served.port}: Address already in use\n",
            )
            self.assertEqual(done.stdout, "")

    def test_addresses_that_can_not_be(self):
        done = serve("--address", "localhost.example")
        self.assertEqual(done.stderr, "kvmsim serve: localhost.example is no IP address\n")
        self.assertEqual(done.returncode, 2)
        done = serve("--address", "192.0.2.1", "--port", "0")
        self.assertRegex(done.stderr, r"^kvmsim serve: 192\.0\.2\.1, port 0: Cannot assign")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(serve("--port", "65536").returncode, 2)
        self.assertEqual(serve("--port", "-1").returncode, 2)

    def test_files_that_are_wrong(self):
        for path, message in (
            ("no-such.kvmt", "no-such.kvmt: can't be read"),
            (scenario_file("host x87\n"), ":1:1: "),
            (scenario_file("host x86 rfc-v4 CONFIG_NONE=y\n"), ":1:1: "),
            (scenario_file("#" * 300_000 + "\n" + SCENARIO), "at most 262144 bytes"),
        ):
            done = serve("--port", "0", path)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(message, done.stderr)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("serve"))
