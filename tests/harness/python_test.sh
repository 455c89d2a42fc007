#!/usr/bin/env bash
# The executable of every python_test: runs the given script with the system's Python 3.
set -euo pipefail
export PYTHONPATH=tests/harness:tools/workspace:tools/install:tools/site:bench/driver
exec python3 -B "$@"
