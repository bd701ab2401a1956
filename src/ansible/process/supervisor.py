"""Starts supervision.py. Python keeps a module compiled, but compiles a script at every start.

Usage: python3 -I -S supervisor.py [RUN_DIRECTORY SHA256_OF_JOB]
Without arguments it waits for both as one line of JSON on stdin, {"runDir", "job"}, before the line of secrets.
"""

import os
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

import supervision  # noqa: E402

supervision.main()
