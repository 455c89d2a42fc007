"""Programs that are started, and ended with the command that started them."""

import contextlib
import signal
import subprocess

GRACE_SECONDS = 10


def end_as_by_ctrl_c():
    """Lets the signals that end a program end it as Ctrl-C does, so that it can clean up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def not_interrupted():
    """Cleaning up is not cut short by a second Ctrl-C."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(command, **options):
    """Runs a program to its end and returns its exit code; an interrupt ends it first."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, **options) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            with not_interrupted():
                child.terminate()
                try:
                    child.wait(GRACE_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
            raise
