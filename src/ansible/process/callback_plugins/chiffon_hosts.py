"""Ends a run at once when it would touch a host that nobody approved.

The run's inventory already makes such hosts unreachable and `--limit` leaves them out of plays. What is left is decided
while the run goes on: hosts that a task adds, names that `delegate_to` works out, a connection that a variable turns to
this machine. Every one of them needs a connection, so the question is asked where Ansible makes it, inside the worker:
before anything is sent. The worker leaves a note and fails its task; the main process sees the note and ends the run,
whatever the playbook says about errors. When this guard cannot do its work, nothing runs.

The same place knows how each host is reached: that is kept for remote_sweep.py, before anything is sent.
"""

from __future__ import annotations

DOCUMENTATION = """
    name: chiffon_hosts
    type: notification
    short_description: only approved hosts
    description: Ends the run when a task would touch a host that is not part of the approved plan.
    options:
      hosts_path:
        description: JSON file with the approved hosts
        env: [{name: CHIFFON_HOSTS_PATH}]
        type: path
      events_path:
        description: file to append the event to
        env: [{name: CHIFFON_EVENTS_PATH}]
        type: path
"""

import hashlib
import json
import os
import sys
import time

from ansible.errors import AnsibleError
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
EXIT_CODE = 77
TEXT_CAP = 500


class Ways:
    """Notes how hosts are reached, one file for each way. A note that cannot be kept stops nothing."""

    def __init__(self, folder):
        self.folder = folder

    def watch(self, host, connection):
        build = getattr(connection, "_build_command", None)
        if connection.transport != "ssh" or build is None:
            if connection.transport != "local":
                self.keep(host=host, transport=connection.transport, argv=None, address="", become=None)
            return

        def noted(binary, subsystem, *rest):
            command = build(binary, subsystem, *rest)
            # Only what runs something there: [-tt] ADDRESS COMMAND
            if subsystem == "ssh" and len(rest) > 1 and os.fsencode(rest[-2]) == os.fsencode(connection.host):
                argv = [os.fsdecode(part) for part in command[: len(command) - len(rest)]]
                self.keep(host=host, transport="ssh", argv=argv, address=connection.host, become=becoming(connection))
            return command

        connection._build_command = noted

    def keep(self, **way):
        try:
            text = json.dumps(way).encode("ascii")
            path = os.path.join(self.folder, hashlib.sha256(text).hexdigest()[:32] + ".json")
            if os.path.exists(path):
                return
            with open(path + ".%d" % os.getpid(), "xb") as file:
                file.write(text)
            os.rename(path + ".%d" % os.getpid(), path)
        except (OSError, TypeError, ValueError):
            pass


def becoming(connection):
    """[method, user] of the user that the task becomes, None when it becomes nobody."""
    plugin = connection.become
    try:
        return None if plugin is None else [plugin.name, str(plugin.get_option("become_user") or "root")]
    except KeyError:
        return [plugin.name, "another user"]


class Guard:
    def __init__(self, hosts_path, events_path):
        with open(hosts_path, encoding="utf-8") as file:
            approved = json.load(file)
        self.hosts = frozenset(approved["hosts"])
        self.local = approved["local"] is True
        self.note = os.path.join(os.path.dirname(hosts_path), "extra-host.json")
        self.events_path = events_path
        self.ways = Ways(os.path.join(os.path.dirname(hosts_path), "ways"))

    def may_touch(self, name):
        return name in self.hosts or (self.local and name in LOCAL)

    def check(self, task, host, make):
        """The connection that `make` makes, when it leads to where it may."""
        name = str(task.delegate_to or host.get_name())
        if not self.may_touch(name):
            self.refuse(name, host, task)
        connection = make()
        is_here = connection.transport == "local"
        if (is_here and not self.local) or (not is_here and name not in self.hosts):
            self.refuse("this machine" if is_here else name, host, task)
        self.ways.watch(name, connection)
        return connection

    def refuse(self, name, host, task):
        found = describe(name, host, task)
        try:
            fd = os.open(self.note + ".%d" % os.getpid(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, json.dumps(found).encode("ascii"))
            except OSError:
                pass  # a full disk: a note without words ends the run too
            os.close(fd)
            os.rename(self.note + ".%d" % os.getpid(), self.note)
        finally:
            raise AnsibleError(found["message"])

    def end_if_refused(self, result=None):
        try:
            with open(self.note, encoding="utf-8") as file:
                found = json.load(file)
        except ValueError:
            found = wordless(result)
        except OSError:
            return
        self.end(found)

    def end(self, found):
        try:
            if not os.path.exists(self.note):
                with open(self.note, "w", encoding="ascii") as file:
                    json.dump(found, file)
            line = json.dumps({"v": 1, "seq": 1, "t": round(time.time(), 3), "ev": "extra_host", **found})
            fd = os.open(self.events_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.write(fd, (line + "\n").encode("ascii"))
        finally:
            give_up(found["message"])


def describe(name, host, task):
    name, task_name = str(name)[:TEXT_CAP], task.get_name()[:TEXT_CAP]
    message = "%s is not part of the approved plan; the task \"%s\" would have touched it" % (name, task_name)
    return {
        "extra": name,
        "host": host.get_name()[:300],
        "task": task_name,
        "task_id": str(task._uuid),
        "path": str(task.get_path())[:TEXT_CAP],
        "message": message,
    }


def wordless(result):
    """For a note that the disk had no room for; the task that failed, when there is one, is the one that was stopped."""
    message = "a task would have touched a host that is not part of the approved plan"
    host, task = (result._host.get_name(), result._task) if result else ("", None)
    return {
        "extra": host[:300],
        "host": host[:300],
        "task": task.get_name()[:TEXT_CAP] if task else "",
        "task_id": str(task._uuid) if task else "",
        "path": "",
        "message": str(result._result.get("msg") or message)[:2000] if result else message,
    }


def give_up(message):
    """Not by an exception: Ansible takes those of callbacks for a fault of the callback, and goes on."""
    try:
        sys.stdout.write("\nChiffon stopped this run: %s.\n" % message)
        sys.stdout.flush()
    finally:
        os._exit(EXIT_CODE)


def install(guard):
    """Workers are forks of this process: they have it too."""
    original = TaskExecutor._get_connection

    def checked(self, *args, **kwargs):
        return guard.check(self._task, self._host, lambda: original(self, *args, **kwargs))

    TaskExecutor._get_connection = checked


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "chiffon_hosts"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display=None):
        super().__init__(display)
        self._guard = None
        self._known = None

    def set_options(self, task_keys=None, var_options=None, direct=None):
        try:
            super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
            if self._guard is None:
                self._guard = Guard(self.get_option("hosts_path"), self.get_option("events_path"))
                install(self._guard)
        except Exception as error:
            give_up("the guard of the approved hosts does not work with this Ansible (%s)" % error)

    def v2_playbook_on_play_start(self, play):
        """A play over a host that a task has added would be left out by --limit without a word."""
        inventory = play.get_variable_manager()._inventory
        if self._known is None:
            self._known = frozenset(inventory.hosts)
        if len(inventory.hosts) == len(self._known):
            return
        inventory.clear_caches()  # "all" may have been worked out before the host was added
        for host in inventory.get_hosts(play.hosts, ignore_limits=True, ignore_restrictions=True):
            name = host.get_name()
            if not host.implicit and name not in self._known and not self._guard.may_touch(name):
                play_name = play.get_name()[:TEXT_CAP]
                message = "%s is not part of the approved plan; the play \"%s\" would have touched it" % (name, play_name)
                self._guard.end({
                    "extra": name[:TEXT_CAP], "host": name[:300], "task": play_name, "task_id": "", "path": "",
                    "message": message[:2000],
                })

    def v2_runner_on_start(self, host, task):
        if not self._guard.may_touch(host.get_name()):
            self._guard.end(describe(host.get_name(), host, task))

    def v2_runner_on_ok(self, result):
        delegated = result._result.get("_ansible_delegated_vars")
        name = delegated.get("ansible_delegated_host") if isinstance(delegated, dict) else None
        if name and not self._guard.may_touch(name):
            self._guard.end(describe(name, result._host, result._task))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._guard.end_if_refused(result)

    def v2_runner_on_unreachable(self, result):
        self._guard.end_if_refused(result)

    def v2_runner_item_on_failed(self, result):
        self._guard.end_if_refused(result)

    def v2_playbook_on_stats(self, stats):
        self._guard.end_if_refused()
