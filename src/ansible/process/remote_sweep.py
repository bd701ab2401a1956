"""Stops what an attempt left on remote hosts, when it was cut off and nothing of it runs on this machine any more.

Usage: python3 -I -S remote_sweep.py RUN_DIRECTORY
Run by the supervisor, or by the agent when the supervisor is gone. Says in one line of JSON what came of it:
{"stopped": [{"host", "count"}], "unsure": [{"host", "why"}], "more": how many hosts are left out of these}.

chiffon_hosts.py has kept how Ansible reached each host: the arguments of ssh, which are used again. Whatever such a
connection starts carries LC_CHIFFON_RUN with the id of the attempt, as far as the host's sshd accepts it. A host gets one
connection more, under another value: it signals the processes with the id until two looks in a row find none. What cannot
be known is told as unsure, never as done.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

VARIABLE = "LC_CHIFFON_RUN"
AT_ONCE = 16
CONNECT_SECONDS, HOST_SECONDS, ALL_SECONDS = 3, 8.0, 20.0
LOOK_EVERY = 0.02
MOST_HOSTS = 100  # in the answer
SSH_FAILED = 255
ANSWER_BYTES = 65536
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ANSWER = re.compile(rb"^chiffon-sweep (swept|unmarked|blind) ([0-9]{1,10}) ([0-9]{1,7}) ([0-9]{1,7})$", re.MULTILINE)

# For any POSIX shell; the id is all that is put in. A second or so after SIGTERM comes SIGKILL. Not every grep looks
# behind the first null byte of a file.
SCRIPT = r"""
mark=LC_CHIFFON_RUN=@ID@
uid=$(id -u)
[ "$LC_CHIFFON_RUN" = sweep-@ID@ ] || { echo "chiffon-sweep unmarked $uid 0 0"; exit 0; }
[ -r /proc/self/environ ] || { echo "chiffon-sweep blind $uid 0 0"; exit 0; }
if printf 'a\000b\n' | grep -q b; then
  look() { grep -lF "$mark" /proc/[0-9]*/environ 2>/dev/null; }
else
  look() {
    for file in /proc/[0-9]*/environ; do
      [ -r "$file" ] && tr '\000' '\n' <"$file" 2>/dev/null | grep -qF "$mark" && echo "$file"
    done
  }
fi
seen=' ' left='' count=0 empty=0 round=0
while [ $empty -lt 2 ] && [ $round -lt 25 ]; do
  left=''
  for file in $(look); do
    pid=${file#/proc/}
    pid=${pid%/environ}
    left="$left $pid"
    case $seen in *" $pid "*) ;; *) seen="$seen$pid " count=$((count + 1)) ;; esac
  done
  if [ -z "$left" ]; then empty=$((empty + 1))
  elif [ $round -lt 5 ]; then empty=0; kill -s TERM $left 2>/dev/null
  else empty=0; kill -s KILL $left 2>/dev/null
  fi
  round=$((round + 1))
  [ $empty -ge 2 ] || sleep 0.2 2>/dev/null || sleep 1
done
set -- $left
echo "chiffon-sweep swept $uid $count $#"
"""

NO_ANSWER = "it did not answer in time"
CAUSES = (
    (b"Connection refused", "it could not be reached: connection refused"),
    (b"No route to host", "it could not be reached: no route to it"),
    (b"Could not resolve", "it could not be reached: its name is not known"),
    (b"timed out", NO_ANSWER),
    (b"Permission denied", "its SSH server did not let Chiffon in"),
    (b"Host key verification failed", "its host key is not the one that was approved"),
)


class Look:
    """One connection to a host that looks for what is left."""

    def __init__(self, way, job, as_root):
        self.way = way
        self.as_root = as_root
        self.until = time.monotonic() + HOST_SECONDS
        self.gone = False
        options = ("BatchMode=yes", "ConnectTimeout=%d" % CONNECT_SECONDS, "ControlMaster=no", "ControlPath=none",
                   "ClearAllForwardings=yes", "RequestTTY=no", "LogLevel=ERROR")
        argv = ["ssh", *(part for option in options for part in ("-o", option)), *way["argv"][1:]]
        argv += ["--", way["address"], "sudo -n /bin/sh" if as_root else "/bin/sh"]
        attempt = job["attemptId"]
        kept = {name: job["env"][name] for name in ("PATH", "HOME", "LANG", "SSH_AUTH_SOCK") if name in job["env"]}
        self.child = subprocess.Popen(
            [os.fsencode(part) for part in argv],
            env={**kept, "CHIFFON_ATTEMPT": attempt, VARIABLE: "sweep-" + attempt},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )
        try:  # shorter than a pipe holds
            self.child.stdin.write(SCRIPT.replace("@ID@", attempt).encode())
            self.child.stdin.close()
        except OSError:
            pass

    def is_over(self, limit):
        """Whether it has ended, of itself or because its time is over."""
        if self.child.poll() is None and time.monotonic() < min(self.until, limit):
            return False
        if self.child.returncode is None:
            self.gone = True
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        return True

    def answer(self):
        """(word, user id, stopped, left), or why there is none."""
        said, complaint = read_some(self.child.stdout), read_some(self.child.stderr)
        found = ANSWER.search(said.replace(b"\r", b""))
        if found:
            return found[1].decode(), int(found[2]), int(found[3]), int(found[4])
        if self.gone:
            return NO_ANSWER
        for text, cause in CAUSES:
            if text in complaint:
                return cause
        return "it could not be asked (ssh ended with %d)" % self.child.returncode


def read_some(pipe):
    """What is there: somebody else may hold the other end, so its end may never come."""
    os.set_blocking(pipe.fileno(), False)
    try:
        return os.read(pipe.fileno(), ANSWER_BYTES)
    except BlockingIOError:
        return b""


class Report:
    def __init__(self):
        self.counts = {}
        self.doubts = {}

    def stopped(self, host, count):
        if count:
            self.counts[host] = self.counts.get(host, 0) + count

    def unsure(self, host, why):
        self.doubts.setdefault(host, []).append(why)

    def as_json(self):
        stopped = [{"host": host, "count": count} for host, count in sorted(self.counts.items())]
        unsure = [{"host": host, "why": ", ".join(dict.fromkeys(whys))} for host, whys in sorted(self.doubts.items())]
        more = len(stopped[MOST_HOSTS:]) + len(unsure[MOST_HOSTS:])
        return json.dumps({"stopped": stopped[:MOST_HOSTS], "unsure": unsure[:MOST_HOSTS], "more": more})


def read_ways(folder):
    """How hosts were reached, and the number of notes that cannot be read."""
    ways, broken = [], 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                way = json.load(file)
            ways.append({
                "host": str(way["host"])[:300],
                "transport": str(way["transport"])[:100],
                "argv": None if way["argv"] is None else [str(part) for part in way["argv"]],
                "address": str(way["address"]),
                "become": None if way["become"] is None else [str(part)[:100] for part in way["become"]],
            })
        except (OSError, ValueError, TypeError, KeyError):
            broken += 1
    return ways, broken


def find_obstacle(way):
    """Why a host cannot be looked at, or None."""
    if way["argv"] is None:
        return "it is reached by %s, not by ssh" % way["transport"]
    if way["argv"][0] == "sshpass":
        return "it is reached with a password, which is not kept"
    if way["argv"][0] != "ssh":
        return "it is reached by a program of its own"
    if "SendEnv=" + VARIABLE not in way["argv"]:
        return "its inventory replaces the arguments of ssh (ansible_ssh_args), and with them the mark of the run"
    return None


def is_root(way):
    return way["become"] == ["sudo", "root"]


def settle(look, report):
    """Takes the answer of a host. True when it should be asked again as the user that logs in."""
    host, become = look.way["host"], look.way["become"]
    found = look.answer()
    if isinstance(found, str):
        if look.as_root and look.child.returncode != SSH_FAILED and not look.gone:
            return True  # no sudo there, or it asks for a password
        report.unsure(host, found)
        return False
    word, uid, count, left = found
    if word == "unmarked":
        if look.as_root:
            return True  # sudo does not hand the mark on
        report.unsure(host, "its SSH server does not accept the variable " + VARIABLE)
    elif word == "blind":
        report.unsure(host, "it has no /proc to look at")
    report.stopped(host, max(0, count - left))
    if left:
        report.unsure(host, "%d processes there could not be stopped" % left)
    if become and uid != 0 and word == "swept":
        report.unsure(host, "what it did there as %s (%s) cannot be looked at" % (become[1], become[0]))
    return False


def sweep(ways, job, report):
    waiting = []
    for way in ways:
        obstacle = find_obstacle(way)
        if obstacle:
            report.unsure(way["host"], obstacle)
        else:
            waiting.append((way, is_root(way)))
    limit = time.monotonic() + ALL_SECONDS
    running = []
    while (waiting or running) and time.monotonic() < limit:
        while waiting and len(running) < AT_ONCE:
            way, as_root = waiting.pop(0)
            running.append(Look(way, job, as_root))
        time.sleep(LOOK_EVERY)
        for look in [each for each in running if each.is_over(limit)]:
            running.remove(look)
            if settle(look, report):
                waiting.append((look.way, False))
    for look in running:
        look.is_over(0)
        report.unsure(look.way["host"], NO_ANSWER)
    for way, _ in waiting:
        report.unsure(way["host"], "there was no time left to look at it")


def main():
    os.chdir(sys.argv[1])
    with open("job.json", encoding="utf-8") as file:
        job = json.load(file)
    if not ID.fullmatch(job["attemptId"]):
        raise ValueError("not the id of an attempt")
    report = Report()
    ways, broken = read_ways("ways")
    sweep(ways, job, report)
    if broken:
        report.unsure("one of its hosts", "how it was reached was not kept")
    print(report.as_json(), flush=True)


if __name__ == "__main__":
    main()
