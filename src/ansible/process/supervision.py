"""Parent of one `ansible-playbook` process: one attempt, one run directory, one supervisor.

It outlives the agent, so killing the agent neither loses output nor stops a healthy playbook; a restarted agent
adopts the attempt through `control.sock`. Python 3.9+, standard library only, Linux only.

Order of things, each of which a reader of the run directory may rely on:
  1. `supervisor.json` {pid, bootId, startTime} is linked into place. Whoever links first owns the attempt: an agent
     that finds none links a tombstone instead, so a late supervisor can never start what was given up.
  2. Every input file is hashed again, and nothing else may lie among them; a difference ends the attempt as "refused"
     before anything is spawned. That covers job.json, whose hash is the second argument.
  3. `ansible-playbook` runs in its own process group; its output goes to `output.log`, its events to `events.jsonl`.
  4. The process tree is empty (or what is left is reported), then `result.json` appears by rename.

Secrets arrive as one line on stdin and leave through a named pipe: never on disk, in argv or in an environment.
supervisor.py starts it.
"""

import ctypes
import errno
import hashlib
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SYS_CLONE3, CLONE_INTO_CGROUP = 435, 0x200000000  # the same number on every machine
READ_BYTES = 65536
OUTPUT_PAUSE = 0.05  # seconds between reads of a slow writer: fewer wake-ups here and in whoever follows the file
TERM_AFTER, KILL_AFTER, GIVE_UP_AFTER = 1.5, 3.0, 5.0  # seconds after the first SIGINT
SWEEP_LIMIT = 5.0
REMOTE_LIMIT = 25.0  # remote_sweep.py ends before
LONGEST_SLEEP = 2.0  # poll() does not count suspended time, CLOCK_BOOTTIME does: so soon we know that the machine slept
SAMPLE_EVERY = 2.0
MAX_CLIENTS = 16
MAX_LINE = 65536
MAX_SECRETS = 1 << 20
SECRETS_WAIT = 30.0
TOO_LATE = "This machine slept or was too busy: the time in which it had to begin is over. Nothing ran; ask for it again."
RESULT_ROOM = 131072  # reserved up front, so that a full disk cannot eat the result; more than any result takes
ROOM_PAUSE = 1.0
NOTE, TOO_MUCH, DISK_FULL = b"\n[chiffon: %d bytes dropped%s]\n", b" in the middle", b", the disk was full"


def now():
    """Seconds since boot, suspend included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall():
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".%03dZ" % (seconds % 1 * 1000)


def read_bytes(path):
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def write_some(fd, data):
    """How many of the bytes could be written: a full disk takes a part, or nothing."""
    done, view = 0, memoryview(data)
    try:
        while done < len(view):
            done += os.write(fd, view[done:])
    except OSError:
        pass
    return done


def is_full(error):
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def with_room(work):
    """Does it, and on a full disk again and again: what comes of it must not be lost. Whoever waits for us waits longer."""
    while True:
        try:
            return work()
        except OSError as error:
            if not is_full(error):
                raise
            time.sleep(ROOM_PAUSE)


def sync_directory():
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def process_stat(pid):
    """(ppid, session, state, start time, cpu ticks, resident pages) of a process, None when it is gone."""
    text = read_bytes("/proc/%d/stat" % pid)
    end = text.rfind(b")")  # the name may hold blanks and brackets
    if end < 0:
        return None
    f = text[end + 2:].split()
    return int(f[1]), int(f[3]), f[0], int(f[19]), int(f[11]) + int(f[12]), int(f[21])


def is_alive(pid):
    found = process_stat(pid)
    return found is not None and found[2] not in (b"Z", b"X")


def remove_tree(path):
    """Like shutil.rmtree without its imports; never follows a link, ignores what it may not remove."""
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            for name in os.listdir(path):
                remove_tree(os.path.join(path, name))
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        pass


def changed_input(inputs):
    """The first input that is not what was approved, as a sentence; None when all are."""
    for entry in inputs:
        try:
            # Non-blocking: a file that was replaced by a named pipe must not hang us. A link is not what was approved.
            fd = os.open(entry["path"], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            return "%s cannot be read any more (%s)." % (entry["path"], error.strerror)
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):  # first: Python opens no folder as a file
            os.close(fd)
            return "%s is not a regular file any more." % entry["path"]
        with open(fd, "rb", buffering=0) as file:
            if "executable" in entry and entry["executable"] != (found.st_mode & 0o111 != 0):
                return "%s is not executable as it was approved." % entry["path"]
            digest = hashlib.sha256()
            while True:
                try:
                    data = file.read(1 << 20)
                except OSError as error:
                    return "%s cannot be read any more (%s)." % (entry["path"], error.strerror)
                if not data:
                    break
                digest.update(data)
        if digest.hexdigest() != entry["sha256"]:
            return "%s has changed since it was approved." % entry["path"]
    return None


def changed_tree(tree, inputs):
    """Something in the tree that is not one of the inputs, as a sentence: Ansible would read it unasked."""
    files, folders = set(), {tree}
    for entry in inputs:
        path = entry["path"]
        if not path.startswith(tree + "/"):
            continue
        files.add(path)
        folder = os.path.dirname(path)
        while folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    waiting = [tree]
    while waiting:
        folder = waiting.pop()
        try:
            if os.path.islink(folder):
                return "%s is a link." % folder
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and entry.path in folders:
                        waiting.append(entry.path)
                    elif entry.path not in files or not entry.is_file(follow_symlinks=False):
                        return "%s was not there when it was approved." % entry.path
        except OSError as error:
            return "%s cannot be read any more (%s)." % (folder, error.strerror)
    return None


def extra_host():
    """What the guard of the approved hosts left behind when it ended the run; None when it had no reason to."""
    if not os.path.exists("extra-host.json"):
        return None
    try:
        found = json.loads(read_bytes("extra-host.json")[:8192])
        return {name: str(found[name])[:2000] for name in ("extra", "task", "message")}
    except (ValueError, TypeError, KeyError):  # the disk had no room for its words
        return {"extra": "a host", "task": "", "message": "a task would have touched a host that is not part of the approved plan"}


class OutputLog:
    """output.log of at most `cap` bytes: the first half as it comes, and, when there is more, the newest half.

    What comes after the head goes to small segment files of which only the newest are kept; close() puts them behind the
    head. A full disk costs output, never the playbook: in the head a note takes the place of what is missing as soon as
    there is room for it, and of the tail the oldest segments go, so that newer bytes find room.
    """

    def __init__(self, cap):
        self.fd = os.open("output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.head_left = cap // 2
        self.tail_cap = cap - cap // 2
        self.segment_bytes = max(cap // 8, 4096)
        self.segments = []  # [name, bytes], oldest first; together the newest bytes without a gap
        self.segment_fd = None  # of the last one
        self.made = 0
        self.received = 0
        self.kept = 0  # bytes of the output that are in output.log
        self.told = 0  # up to here output.log has what came, or says how much of it is missing
        self.owed = b""  # the rest of a note for which there was no room
        self.why = TOO_MUCH

    def write(self, data):
        start = self.received
        self.received += len(data)
        if self.head_left > 0:
            head = data if len(data) <= self.head_left else self.cut_at_line(data[:self.head_left])
            self.append(start, head)
            if len(head) == len(data):
                return
            self.head_left = 0  # a cut head ends here, even when a few bytes were left
            data = data[len(head):]
        while data:
            data = data[self.write_segment(data):]
            if data and not self.forget_oldest():
                self.why = DISK_FULL
                return

    @staticmethod
    def cut_at_line(data):
        end = data.rfind(b"\n") + 1
        return data[:end] if end > 0 else data

    def append(self, start, data):
        """Writes to output.log what began at `start` of the output, as far as there is room, behind a note when something
        before it is missing."""
        missing = start - self.told
        note = self.owed + (NOTE % (missing, self.why) if missing > 0 else b"")
        done = write_some(self.fd, note + data if note else data)
        self.head_left -= done
        kept = max(0, done - len(note))
        self.kept += kept
        if missing > 0 and done <= len(self.owed):
            self.owed = self.owed[done:]
        else:
            self.told, self.owed, self.why = start + kept, note[done:], TOO_MUCH
        if kept < len(data):
            self.why = DISK_FULL

    def write_segment(self, data):
        """How many of the bytes found room in the newest segment."""
        if not self.segments or self.segments[-1][1] >= self.segment_bytes:
            self.close_segment()
            name = "output.tail.%d" % self.made
            try:
                self.segment_fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            except OSError:
                return 0
            self.made += 1
            self.segments.append([name, 0])
            while sum(size for _, size in self.segments[1:]) >= self.tail_cap:
                self.forget_oldest()
        done = write_some(self.segment_fd, data)
        self.segments[-1][1] += done
        return done

    def close_segment(self):
        if self.segment_fd is not None:
            os.close(self.segment_fd)
            self.segment_fd = None

    def forget_oldest(self):
        """False when that makes no room."""
        if not self.segments:
            return False
        name, size = self.segments.pop(0)
        if not self.segments:
            self.close_segment()
        remove_tree(name)
        return size > 0 or len(self.segments) > 0

    def close(self):
        """Puts the tail behind the head. What is then missing at the end is told by rest()."""
        self.close_segment()
        start = self.received - sum(size for _, size in self.segments)
        wanted = max(start, self.received - self.tail_cap)
        for name, size in self.segments:
            self.copy(name, start, max(0, wanted - start))
            remove_tree(name)  # at once: the next one needs the room
            start += size
        self.append(self.received, b"")
        os.close(self.fd)

    def copy(self, name, start, skip):
        try:
            with open(name, "rb", buffering=0) as file:
                at = start + file.seek(skip)
                while True:
                    data = file.read(READ_BYTES)
                    if not data:
                        return
                    if at > self.told:  # begin with a whole line when one is near
                        line = data.find(b"\n", 0, 4096) + 1
                        at, data = at + line, data[line:]
                    self.append(at, data)
                    at += len(data)
        except OSError:
            pass  # what could not be read is missing, and append() says so

    def rest(self):
        """What there was no room for at the end of output.log: the note about what is missing there."""
        missing = self.received - self.told
        return self.owed + (NOTE % (missing, self.why) if missing > 0 else b"")


def own_cgroup():
    """The folder in which cgroup v2 has us; None where there is none."""
    path = next((line[3:] for line in read_bytes("/proc/self/cgroup").split(b"\n") if line.startswith(b"0::/")), None)
    for line in read_bytes("/proc/self/mountinfo").split(b"\n") if path else ():
        fields = line.split(b" ")
        if b" - cgroup2 " in line and fields[3] == b"/":
            return os.path.normpath(os.fsdecode(fields[4] + path))
    return None


class Cgroup:
    """A cgroup of the attempt's own, where we may make one. What is in it can be killed as a whole: processes of other users
    too, and those that have lost their marker and their parents. processes.ts knows its name."""

    def __init__(self, attempt):
        self.parent, self.folder = own_cgroup(), None
        try:
            folder = os.path.join(self.parent or "/nonexistent", "chiffon-" + attempt)
            os.mkdir(folder)
            self.folder = folder
        except OSError:
            pass

    def write(self, folder, name, value):
        if self.folder is None:
            return
        try:
            fd = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(fd, b"%d" % value)
            finally:
                os.close(fd)
        except OSError:
            pass  # nothing that the rest does not do as well as it can

    def fork(self):
        """As os.fork, with the child in the cgroup. Moving it there afterwards makes the kernel wait for all its processors,
        ten milliseconds and more, so it is born there where the kernel can do that (clone3, Linux 5.7)."""
        pid = self.fork_into()
        if pid is None:
            pid = os.fork()
            if pid == 0:
                self.write(self.folder, "cgroup.procs", 0)
        return pid

    def fork_into(self):
        if self.folder is None:
            return None
        try:
            fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup
            fields = (CLONE_INTO_CGROUP, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, fd)
            arguments = struct.pack("=11Q", *fields)
            # Holding Python's lock: the child goes on in Python, alone.
            pid = ctypes.PyDLL(None).syscall(SYS_CLONE3, arguments, ctypes.c_size_t(len(arguments)))
        finally:
            os.close(fd)
        return None if pid < 0 else pid

    def kill(self):
        self.write(self.folder, "cgroup.kill", 1)

    def close(self):
        """What stays goes back to where we are."""
        if self.folder is None:
            return
        for pid in read_bytes(os.path.join(self.folder, "cgroup.procs")).split():
            self.write(self.parent, "cgroup.procs", int(pid))
        try:
            os.rmdir(self.folder)
        except OSError:
            pass


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""


class Supervisor:
    def __init__(self, job, changed):
        self.job = job
        self.changed = changed
        self.scale = job["waitScale"]
        self.marker = b"CHIFFON_ATTEMPT=" + job["attemptId"].encode()
        self.libc = ctypes.CDLL(None, use_errno=True)
        # As subreaper we inherit every orphan of the tree: "no child left" then means "tree empty".
        self.subreaper = self.libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        self.cgroup = None
        self.poller = select.poll()
        self.clients = {}
        self.leader = None
        self.leader_status = None
        self.tree_empty = True
        self.reason = None
        self.cancel_reason = None
        self.refused = None
        self.steps = []
        self.output = None
        self.output_fd = None
        self.output_resume = None
        self.started_at = None
        self.started = now()
        self.renewed = now()
        self.unkillable = set()
        self.sample = (0.0, 0, 0)

    # --- start -------------------------------------------------------------------------------------------------

    def reserve(self):
        """Takes the room for the result, in a file of our own: others may try to claim the attempt too."""
        self.result_file = "result.json.%d" % os.getpid()
        self.result_fd = os.open(self.result_file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        write_all(self.result_fd, b" " * RESULT_ROOM)

    def claim(self):
        """Links supervisor.json into place; False when the attempt already belongs to someone else."""
        own = process_stat(os.getpid())
        identity = {
            "version": 1,
            "attemptId": self.job["attemptId"],
            "pid": os.getpid(),
            "bootId": read_bytes("/proc/sys/kernel/random/boot_id").decode().strip(),
            "startTime": own[3] if own else 0,
        }
        temporary = "supervisor.json.%d" % os.getpid()
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                write_all(fd, json.dumps(identity).encode())
                os.fsync(fd)
            finally:
                os.close(fd)
            os.link(temporary, "supervisor.json")
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        sync_directory()
        return True

    def open(self):
        self.output = OutputLog(self.job["outputCapBytes"])
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.stop("terminated", None))
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.wake_fd = wake_read
        self.poller.register(wake_read, select.POLLIN)
        # Bound by its relative name: the path of a socket may have only about 100 bytes, a run directory more.
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self.listener.bind("control.sock")
        self.listener.listen(MAX_CLIENTS)
        self.poller.register(self.listener.fileno(), select.POLLIN)

    def read_secrets(self):
        """The one line on stdin; None when whoever started us went away before it was complete."""
        data = b""
        limit = now() + SECRETS_WAIT
        while not data.endswith(b"\n"):
            if len(data) > MAX_SECRETS or now() > limit:
                return None
            if not select.select([0], [], [], max(0.0, limit - now()))[0]:
                continue
            part = os.read(0, READ_BYTES)
            if not part:
                return None
            data += part
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        return data

    def spawn(self):
        """Forks and executes ansible-playbook. A short fork of a small process, so that the child can ask to be told
        when we die: without us its output has no reader and its end no witness."""
        job = self.job
        argv = [os.fsencode(part) for part in job["argv"]]
        environment = {os.fsencode(name): os.fsencode(value) for name, value in job["env"].items()}
        self.cgroup = Cgroup(job["attemptId"])
        out_read, out_write = os.pipe2(os.O_CLOEXEC)
        error_read, error_write = os.pipe2(os.O_CLOEXEC)
        pid = self.cgroup.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
                for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD):
                    signal.signal(number, signal.SIG_DFL)
                os.umask(0o022)  # what the playbook itself creates gets the usual modes
                null = os.open(os.devnull, os.O_RDONLY)
                os.dup2(null, 0)
                os.dup2(out_write, 1)
                os.dup2(out_write, 2)
                os.chdir(job["cwd"])
                os.execve(argv[0], argv, environment)
            except BaseException as error:  # noqa: B902 - the child must never return into the parent's code
                os.write(error_write, str(error).encode("utf-8", "replace")[:1000])
            os._exit(127)
        try:
            os.setpgid(pid, pid)  # both sides do it, so that a signal to the group can never come too early
        except OSError:
            pass
        self.leader = pid
        self.started_at, self.started = wall(), now()
        os.close(out_write)
        os.close(error_write)
        problem = os.read(error_read, 1000)
        os.close(error_read)
        if problem:
            os.waitpid(pid, 0)
            os.close(out_read)
            self.leader = None
            return problem.decode("utf-8", "replace")
        os.set_blocking(out_read, False)
        self.output_fd = out_read
        self.poller.register(out_read, select.POLLIN)
        return None

    @staticmethod
    def feed(path, data):
        """Runs in a thread: opening a named pipe blocks until Ansible reads it, which it may never do."""
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            os.unlink(path)
            write_all(fd, data)
            os.close(fd)
        except OSError:
            pass

    def begin(self):
        """Checks, then spawns; False when the attempt ended before anything ran."""
        secrets = self.read_secrets()
        if secrets is None:
            self.reason, self.refused = "spawn-failed", {"code": None, "message": "The agent went away before the start."}
            return False
        problem = self.changed or changed_input(self.job["inputs"])
        if problem is None and self.job.get("tree"):
            problem = changed_tree(self.job["tree"], self.job["inputs"])
        if problem:
            self.reason, self.refused = "refused", {"code": 5007, "message": problem}
            return False
        if self.reason is not None:  # told to stop meanwhile
            return False
        orphan_limit = self.job["orphanLimitSeconds"] * self.scale
        if self.job["offeredAt"] is not None:
            # The server counts from then too, and later gives the hosts to others.
            self.renewed = now() - max(0.0, time.time() - self.job["offeredAt"] / 1000)
        if now() - self.renewed > orphan_limit / 2:
            self.reason, self.refused = "spawn-failed", {"code": None, "message": TOO_LATE}
            return False
        fifo = self.job["secretsFifo"]
        if fifo:
            os.mkfifo(fifo, 0o600)
        problem = self.spawn()
        if problem:
            self.reason, self.refused = "spawn-failed", {"code": None, "message": problem}
            return False
        if fifo:
            threading.Thread(target=self.feed, args=(fifo, secrets), daemon=True).start()
        return True

    # --- while it runs -----------------------------------------------------------------------------------------

    def run(self):
        limit = self.started + self.job["timeoutSeconds"] * self.scale
        orphan_limit = self.job["orphanLimitSeconds"] * self.scale
        while not self.over():
            ends = [now() + LONGEST_SLEEP]
            if self.reason is None:
                ends += [limit, self.renewed + orphan_limit]
            ends += [at for at, _ in self.steps[:1]]
            if self.output_resume is not None:
                ends.append(self.output_resume)
            ready = self.poller.poll(max(0.0, min(ends) - now()) * 1000 + 1)
            self.reap()
            # Before anything is heard: an agent that woke up with this machine renews what the server may have given to others.
            if self.leader_status is None and now() >= self.renewed + orphan_limit:
                self.stop("orphaned", None)
            for fd, events in ready:
                self.handle(fd, events)
            self.reap()
            t = now()
            if self.output_resume is not None and t >= self.output_resume:
                self.output_resume = None
                if self.output_fd is not None:
                    self.poller.modify(self.output_fd, select.POLLIN)
            if self.leader_status is not None and self.reason is None:
                self.reason = "exited"
            elif t >= limit:
                self.stop("timeout", None)
            elif t >= self.renewed + orphan_limit:
                self.stop("orphaned", None)
            if self.steps and t >= self.steps[0][0]:
                self.signal_tree(self.steps.pop(0)[1])

    def over(self):
        if self.reason == "exited":
            return True
        if self.reason is None or self.leader_status is None:
            # After SIGKILL a process may still hang in the kernel; we do not wait for it for ever.
            return self.reason is not None and not self.steps
        return self.tree_empty or not self.steps

    def stop(self, reason, why):
        """Begins the end: SIGINT now, SIGTERM and SIGKILL later. The first reason stays."""
        if self.reason is not None:
            return
        self.reason, self.cancel_reason = reason, why
        t = now()
        self.steps = [
            (t + TERM_AFTER * self.scale, signal.SIGTERM),
            (t + KILL_AFTER * self.scale, signal.SIGKILL),
            (t + GIVE_UP_AFTER * self.scale, None),
        ]
        if self.leader is not None and self.leader_status is None:
            self.kill(-self.leader, signal.SIGINT)

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.tree_empty = self.subreaper
                return
            if pid == 0:
                self.tree_empty = False
                return
            if pid == self.leader:
                self.leader_status = status

    def handle(self, fd, events):
        if fd == self.output_fd:
            self.read_output()
        elif fd == self.wake_fd:
            os.read(fd, 4096)
        elif fd == self.listener.fileno():
            self.accept()
        elif fd in self.clients:
            self.read_client(self.clients[fd])

    def read_output(self):
        try:
            data = os.read(self.output_fd, READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self.poller.unregister(self.output_fd)
            os.close(self.output_fd)
            self.output_fd = None
            return
        self.output.write(data)
        if len(data) < READ_BYTES // 2:
            self.poller.modify(self.output_fd, 0)
            self.output_resume = now() + OUTPUT_PAUSE

    # --- control socket ----------------------------------------------------------------------------------------

    def accept(self):
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        if len(self.clients) >= MAX_CLIENTS:
            sock.close()
            return
        sock.setblocking(False)
        self.clients[sock.fileno()] = Client(sock)
        self.poller.register(sock.fileno(), select.POLLIN)

    def drop(self, client):
        fd = client.sock.fileno()
        if self.clients.pop(fd, None) is not None:
            self.poller.unregister(fd)
            client.sock.close()

    def send(self, client, message):
        try:
            client.sock.sendall(json.dumps(message).encode() + b"\n")
        except OSError:  # gone, or so slow that its buffer is full
            self.drop(client)

    def read_client(self, client):
        try:
            data = client.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.buffer += data
        if not data or len(client.buffer) > MAX_LINE:
            self.drop(client)
            return
        *lines, client.buffer = client.buffer.split(b"\n")
        for line in lines:
            self.send(client, self.answer(line))

    def answer(self, line):
        try:
            message = json.loads(line)
            command = message["cmd"]
        except (ValueError, TypeError, KeyError):
            return {"reply": "error", "message": "not a command"}
        if command == "renew":
            self.renewed = now()
        elif command == "cancel":
            self.stop("cancelled", str(message.get("reason", ""))[:1000])
        elif command == "status":
            return self.status()
        else:
            return {"reply": "error", "message": "unknown command"}
        return {"reply": command}

    def status(self):
        t = now()
        if t - self.sample[0] >= SAMPLE_EVERY:
            stats = [s for s in (process_stat(pid) for pid in self.tree(False)) if s]
            ticks, pages = sum(s[4] for s in stats), sum(s[5] for s in stats)
            done = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = ticks * 1000 // os.sysconf("SC_CLK_TCK") + int((done.ru_utime + done.ru_stime) * 1000)
            self.sample = (t, cpu, pages * os.sysconf("SC_PAGE_SIZE") // 1024)
        return {
            "reply": "status",
            "state": "running" if self.reason is None else "stopping",
            "pid": self.leader,
            "elapsedMs": int((t - self.started) * 1000),
            "outputBytes": self.output.received,
            "eventBytes": self.event_bytes(),
            "cpuMs": self.sample[1],
            "memoryKb": self.sample[2],
        }

    @staticmethod
    def event_bytes():
        try:
            return os.stat("events.jsonl").st_size
        except OSError:
            return 0

    # --- the process tree --------------------------------------------------------------------------------------

    def tree(self, marked=True):
        """Every process of this attempt: descendants of ours and, when asked for, whoever carries our marker. Never
        ourselves."""
        stats = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                found = process_stat(int(name))
                if found and found[2] not in (b"Z", b"X"):
                    stats[int(name)] = found
        own = os.getpid()
        ours = set()
        for pid in stats:
            chain, at = [], pid
            while at in stats and at not in ours and at != own and len(chain) < 10000:
                chain.append(at)
                at = stats[at][0]
            if at == own or at in ours:
                ours.update(chain)
        for pid in stats if marked else ():
            if pid not in ours and pid != own:
                if self.marker in read_bytes("/proc/%d/environ" % pid).split(b"\0"):
                    ours.add(pid)
        return ours

    def kill(self, pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
        except PermissionError:
            self.unkillable.add(pid)

    def signal_tree(self, number):
        if number is None:
            return
        if self.leader_status is None:
            self.kill(-self.leader, number)
        if number == signal.SIGKILL:
            self.cgroup.kill()
        for pid in self.tree():
            self.kill(pid, number)

    def is_daemon(self, pid):
        """What a successful play left running in a session of its own is a service it started on this machine
        (`connection: local`), and stays. A connection that ssh keeps open for us is not."""
        found = process_stat(pid)
        if not found or found[1] == os.getsid(0):
            return False
        return os.fsencode(self.job["controlPathDir"]) not in read_bytes("/proc/%d/cmdline" % pid)

    def sweep(self):
        """SIGKILLs what is left until two looks in a row find nothing. (killed, still alive, daemons left alone)"""
        keep = self.reason == "exited"
        killed, daemons, empty, limit = set(), set(), 0, now() + SWEEP_LIMIT
        self.unkillable = set()
        if self.leader is None:
            return 0, 0, 0
        self.reap()
        if keep and self.tree_empty:
            return 0, 0, 0
        targets = set()
        while empty < 2 and now() < limit:
            if not keep:
                self.cgroup.kill()
            found = self.tree()
            daemons = {pid for pid in found if self.is_daemon(pid)} if keep else set()
            targets = found - daemons - self.unkillable
            for pid in targets:
                self.kill(pid, signal.SIGKILL)
            killed |= targets
            empty = 0 if targets else empty + 1
            self.reap()
            if empty < 2:
                time.sleep(0.02)
        alive = {pid for pid in self.unkillable if is_alive(pid)} | (targets if empty < 2 else set())
        return len(killed - alive), len(alive), len(daemons)

    def sweep_remote(self):
        """What remote_sweep.py says; None when there was nothing to look at. Whoever asks us is answered meanwhile."""
        cut_off = self.leader is not None and self.reason in ("cancelled", "terminated", "timeout", "orphaned")
        if not (cut_off and self.job["sweepsRemote"] and os.listdir("ways")):
            return None
        import subprocess  # takes longer than all the rest of a start

        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "remote_sweep.py")
        marker = {"CHIFFON_ATTEMPT": self.job["attemptId"]}
        child = subprocess.Popen([sys.executable, "-I", "-S", script, "."], stdout=subprocess.PIPE, env=marker)
        said, part, limit, fd = b"", b" ", now() + REMOTE_LIMIT, child.stdout.fileno()
        self.poller.register(fd, select.POLLIN)
        while part and now() < limit:
            for ready, events in self.poller.poll(100):
                if ready != fd:
                    self.handle(ready, events)
                    continue
                part = os.read(fd, READ_BYTES)
                said += part
        self.poller.unregister(fd)
        if part:
            child.kill()
        try:
            return json.loads(said)
        except ValueError:
            return {"stopped": [], "unsure": [{"host": "its remote hosts", "why": "they could not be looked at"}], "more": 0}

    # --- end ---------------------------------------------------------------------------------------------------

    def finish(self):
        killed, alive, daemons = self.sweep()
        if self.cgroup is not None:
            self.cgroup.close()
        remote = self.sweep_remote()
        while self.output_fd is not None:
            before = self.output.received
            self.read_output()
            if self.output.received == before:
                break
        self.output.close()
        for path in self.job["scratch"]:
            remove_tree(path)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        status = self.leader_status
        result = {
            "version": 1,
            "attemptId": self.job["attemptId"],
            "reason": self.reason,
            "exitCode": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            "cancelReason": self.cancel_reason,
            "refused": self.refused,
            "extraHost": extra_host(),
            "startedAt": self.started_at,
            "endedAt": wall(),
            "wallMs": int((now() - self.started) * 1000) if self.started_at else 0,
            "cpuMs": int((children.ru_utime + children.ru_stime) * 1000),
            "supervisorCpuMs": int((own.ru_utime + own.ru_stime) * 1000),
            "memoryPeakKb": children.ru_maxrss,
            "outputBytes": self.output.received,
            "droppedBytes": self.output.received - self.output.kept,
            "outputRest": self.output.rest().decode(),
            "eventBytes": self.event_bytes(),
            "leftoversKilled": killed,
            "leftoversAlive": alive,
            "remote": remote,
            "daemonsLeft": daemons,
        }
        data = json.dumps(result).encode()
        with_room(lambda: self.write_result(data + b" " * (RESULT_ROOM - len(data))))
        with_room(lambda: os.rename(self.result_file, "result.json"))
        sync_directory()
        for client in list(self.clients.values()):
            self.send(client, {"push": "exited"})

    def write_result(self, data):
        os.pwrite(self.result_fd, data, 0)
        os.fsync(self.result_fd)


def tell(state):
    """One line for whoever started us, then the pipe is closed: we must not depend on a reader."""
    try:
        os.write(1, json.dumps({"state": state}).encode() + b"\n")
    except OSError:
        pass
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def read_order(below):
    """The first line on stdin, {runDir, job}: what one that waits has to do below that folder. None when nothing came."""
    line = b""
    while not line.endswith(b"\n") and len(line) < MAX_LINE:
        part = os.read(0, 1)  # not more: the secrets follow
        if not part:
            return None
        line += part
    order = json.loads(line)
    if os.path.dirname(os.path.normpath(order["runDir"])).split("/")[: len(below.split("/"))] != below.split("/"):
        raise ValueError("the run directory does not lie below " + below)
    log = os.open(os.path.join(order["runDir"], "supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    return order["runDir"], order["job"]


def main():
    os.umask(0o077)
    order = sys.argv[1:3] if len(sys.argv) > 2 else read_order(os.path.normpath(sys.argv[1]))
    if order is None:
        return
    folder, wanted = order
    os.chdir(folder)
    if os.getsid(0) != os.getpid():
        os.setsid()
    text = read_bytes("job.json")
    changed = None
    if hashlib.sha256(text).hexdigest() != wanted:
        changed = "job.json is not what this agent has written."
    supervisor = Supervisor(json.loads(text), changed)
    try:
        supervisor.reserve()
        claimed = supervisor.claim()
    except OSError as error:
        if not is_full(error):
            raise
        remove_tree(supervisor.result_file)
        tell("full")  # the attempt is nobody's; whoever started us closes it
        return
    if not claimed:
        remove_tree(supervisor.result_file)
        tell("taken")
        return
    supervisor.open()
    try:
        begun = supervisor.begin()
    except Exception as error:
        if supervisor.leader is not None:
            raise
        begun, supervisor.reason = False, "spawn-failed"
        supervisor.refused = {"code": None, "message": str(error)[:1000]}
    if begun:
        tell("running")
        supervisor.run()
    supervisor.finish()
    remove_tree("control.sock")
    tell("ended")
