"""Starts supervision.py. Python keeps a module compiled, but compiles a script at every start.

Usage: python3 -I -S supervisor.py RUN_DIRECTORY SHA256_OF_JOB
       python3 -I -S supervisor.py FOLDER
The second waits for both, with a run directory below that folder, as one line of JSON on stdin before the line of secrets:
{"runDir", "job"}.
"""

import os
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

import supervision  # noqa: E402

supervision.main()
