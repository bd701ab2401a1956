#!/usr/bin/env python3
"""Starts and stops server.py where no systemd runs: `service.py start|stop|restart`. Standard library only."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
STATE = HERE / "run" / "server.json"
LOG = HERE / "run" / "server.log"
START_SECONDS = 15
STOP_SECONDS = 5


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
    """The pid of the server that we started, if it still runs."""
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
        pid, started = int(state["pid"]), int(state["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if identity(pid) == started else None


def answers(pid):
    """Whether it is this very process that answers, and not another one on the same port."""
    settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings["bind"], settings["bind"])
    url = "http://%s:%d/health" % ("[%s]" % host if ":" in host else host, settings["port"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return json.load(answer).get("pid") == pid
    except (OSError, ValueError, AttributeError):
        return False


def start():
    if running():
        return "already running"
    # A session and an environment of its own: nothing that belongs to whoever called us may end the server with it.
    with open(LOG, "wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "server.py")],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps({"pid": child.pid, "started": identity(child.pid) or 0}), encoding="utf-8")
    part.replace(STATE)
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if child.poll() is not None:
            STATE.unlink()
            sys.exit("the server ended: %s" % LOG.read_text(encoding="utf-8", errors="replace").strip()[-500:])
        if answers(child.pid):
            return "started"
        time.sleep(0.1)
    stop()
    sys.exit("the server did not answer within %d seconds" % START_SECONDS)


def stop():
    pid = running()
    if pid:
        for number in (signal.SIGTERM, signal.SIGKILL):
            limit = time.monotonic() + STOP_SECONDS
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
            while running() and time.monotonic() < limit:
                time.sleep(0.05)
            if not running():
                break
        else:
            sys.exit("the server (process %d) does not end" % pid)
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
