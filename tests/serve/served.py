"""A kvmsim serve that runs for a test."""

import http.client
import json
import signal
import subprocess
import urllib.parse

COMMAND = ["tools/kvmsim", "serve"]


class Served:
    """The process, and a client of it. Ends with the `with` block."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            COMMAND + ["--port", "0", *words], stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def end(self, number=signal.SIGINT):
        """The exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def request(self, method, path, body=None, **headers):
        """Status, headers and body of an answer; a header's name has _ where it has -."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def ask(self, question, **body):
        """Status and JSON of an answer."""
        status, _, text = self.request(
            "POST", f"/api/{question}", json.dumps(body), Content_Type="application/json"
        )
        return status, json.loads(text)
