#!/usr/bin/env python3
"""Starts and stops Uptime Kuma where no systemd runs: `service.py start|stop|restart`. Standard library only.

settings.json says what is started: supervisord, which starts Uptime Kuma again when it ends, or Uptime Kuma alone.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
STATE = HERE / "run" / "service.json"
LOG = HERE / "run" / "service.log"
# Uptime Kuma closes its database in this time.
STOP_SECONDS = 30


def identity(pid):
    """Start time of a living process, so that a number that was given out again is told apart; None when it has ended."""
    try:
        fields = pathlib.Path("/proc/%d/stat" % pid).read_text(encoding="latin-1").rsplit(")", 1)[1].split()
        return None if fields[0] in "ZX" else int(fields[19])
    except (OSError, IndexError, ValueError):
        pass
    if pathlib.Path("/proc/self").exists():
        return None
    try:
        os.kill(pid, 0)
        return 0
    except OSError:
        return None


def running():
    """The pid of what we started, if it still runs."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
        pid, started = int(state["pid"]), int(state["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if identity(pid) == started else None


def orphans():
    """Servers of ours that outlived a killed supervisord."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "cwd").startswith(str(HERE / "versions") + "/"):
                yield int(folder.name)
        except OSError:
            continue


def command(settings):
    if settings["supervision"] == "supervisor":
        return [settings["supervisord"], "-n", "-c", str(HERE / "supervisord.conf")]
    return [settings["node"], settings["server"] + "/server/server.js"]


def start():
    if running():
        return "already running"
    for pid in orphans():
        end(pid, lambda each=pid: identity(each) is not None)
    settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    # A session and an environment of its own: nothing that belongs to whoever called us may end the server with it.
    with open(LOG, "wb") as log:
        child = subprocess.Popen(
            command(settings),
            cwd=settings["server"],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(HERE), **settings["environment"]},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps({"pid": child.pid, "started": identity(child.pid) or 0}), encoding="utf-8")
    part.replace(STATE)
    try:
        child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return "started"
    STATE.unlink()
    sys.exit("it ended at once: %s" % LOG.read_text(encoding="utf-8", errors="replace").strip()[-500:])


def end(pid, lives):
    for number in (signal.SIGTERM, signal.SIGKILL):
        limit = time.monotonic() + STOP_SECONDS
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
        while lives() and time.monotonic() < limit:
            time.sleep(0.05)
        if not lives():
            return
    sys.exit("process %d does not end" % pid)


def stop():
    pid = running()
    if pid:
        end(pid, running)
    for each in orphans():
        end(each, lambda left=each: identity(left) is not None)
    STATE.unlink(missing_ok=True)
    return "stopped" if pid else "was not running"


def restart():
    stop()
    start()
    return "restarted"


COMMANDS = {"start": start, "stop": stop, "restart": restart}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit("usage: service.py start|stop|restart")
    print(COMMANDS[sys.argv[1]]())
