"""Writes what Ansible does as JSON lines, beside the human output that stays as it is.

Works on ansible-core 2.14 and later with the stable v2 methods only. It must be cheap (one json.dumps and one write
per event) and must never break a playbook: whatever goes wrong here costs events, not the run. On a full disk events are
lost until there is room again; for the last one, the counts of all hosts, room was made before the start.
Arguments of tasks are never sent; results are cut to the fields below and censored by Ansible itself under no_log.
"""

from __future__ import annotations

DOCUMENTATION = """
    name: chiffon_events
    type: notification
    short_description: JSON lines for Chiffon
    description: Events for machines, apart from the output for people.
    options:
      events_path:
        description: file to append to
        env: [{name: CHIFFON_EVENTS_PATH}]
        type: path
      events_cap:
        description: after this many bytes results are sent without their details
        env: [{name: CHIFFON_EVENTS_CAP}]
        type: int
        default: 67108864
      project:
        description: folder that paths are shown relative to
        env: [{name: CHIFFON_PROJECT}]
        type: path
"""

import json
import os
import time

from ansible.plugins.callback import CallbackBase

KEEP = (
    "msg", "stdout", "stderr", "rc", "censored", "reason", "skip_reason", "skipped_reason", "false_condition",
    "attempts", "retries", "exception", "dest", "path", "name", "url", "status", "state", "warnings",
    "deprecations", "delta",
)
KEEP_FAILED = KEEP + ("cmd", "module_stdout", "module_stderr")
TEXT_CAP = 65536
LINE_CAP = 262144
DETAILS = frozenset(("host_start", "item_ok", "item_skipped", "retry", "diff"))


def cut(text):
    if len(text) > TEXT_CAP:
        return "%s…[%d more characters]" % (text[:TEXT_CAP], len(text) - TEXT_CAP)
    return text


def plain(value):
    """For what json cannot write. A vaulted value must never be turned into its plain text by str()."""
    return "[vaulted]" if "Vault" in type(value).__name__ or hasattr(value, "_ciphertext") else cut(str(value))


def dump(value):
    return json.dumps(value, separators=(",", ":"), default=plain)


def field(value):
    if isinstance(value, str):
        return cut(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = dump(value)
    return value if len(text) <= TEXT_CAP else cut(text)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "chiffon_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display=None):
        super().__init__(display)
        self._fd = None
        self._last = None
        self._broken = False
        self._seq = 0
        self._bytes = 0
        self._cap = 0
        self._project = ""
        self._started = {}

    def set_options(self, task_keys=None, var_options=None, direct=None):
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        path = self.get_option("events_path")
        if path:
            self._cap = self.get_option("events_cap")
            self._project = (self.get_option("project") or "").rstrip("/") + "/"
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._last = os.path.join(os.path.dirname(path), "events.last")

    def _emit(self, ev, **fields):
        if self._fd is None or (self._bytes > 2 * self._cap and ev in DETAILS):
            return
        self._seq += 1
        head = {"v": 1, "seq": self._seq, "t": round(time.time(), 3), "ev": ev}
        try:
            line = dump({**head, **fields})
            if len(line) > LINE_CAP:
                raise ValueError("line too long")
        except (TypeError, ValueError, RecursionError):
            for name in ("res", "diffs"):
                if name in fields:
                    fields[name] = None
            try:
                line = dump({**head, **fields, "cut": True})
            except (TypeError, ValueError, RecursionError):
                line = dump({**head, "cut": True})
        data = (line + "\n").encode("ascii")
        self._bytes += len(data)
        if not self._write(data) and ev == "stats":
            self._write_last(data)

    def _write(self, data):
        """False when there was no room for it; what there is of it then becomes a line that nobody understands."""
        if self._broken:
            data = b"\n" + data
        try:
            while data:
                data = data[os.write(self._fd, data):]
                self._broken = True
        except OSError:
            return False
        self._broken = False
        return True

    def _write_last(self, data):
        """Into a file that has its room already."""
        try:
            fd = os.open(self._last, os.O_WRONLY | os.O_CLOEXEC)
            try:
                if len(data) <= os.fstat(fd).st_size:
                    os.pwrite(fd, data, 0)
            finally:
                os.close(fd)
        except OSError:
            pass

    def _relative(self, path):
        return path[len(self._project):] if path and path.startswith(self._project) else path

    # plays and tasks

    def v2_playbook_on_start(self, playbook):
        self._emit("playbook_start", file=self._relative(os.path.abspath(playbook._file_name)))

    def v2_playbook_on_play_start(self, play):
        self._started.clear()
        self._emit("play_start", play=play.get_name(), check=bool(play.check_mode))

    def v2_playbook_on_no_hosts_matched(self):
        self._emit("no_hosts_matched")

    def v2_playbook_on_no_hosts_remaining(self):
        self._emit("no_hosts_remaining")

    def _task(self, task, handler=False):
        no_log = task.no_log
        self._emit(
            "task_start",
            task=cut(task.get_name()),
            task_id=str(task._uuid),
            action=getattr(task, "resolved_action", None) or task.action,
            path=self._relative(task.get_path()),
            role=task._role.get_name() if task._role else None,
            handler=handler,
            # Written as a template it is not resolved here: believe that it hides something.
            no_log=True if isinstance(no_log, str) else bool(no_log),
        )

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._task(task)

    def v2_playbook_on_handler_task_start(self, task):
        self._task(task, True)

    def v2_playbook_on_notify(self, handler, host):
        self._emit("notify", handler=cut(handler.get_name()), host=host.get_name())

    def v2_playbook_on_include(self, included_file):
        self._emit(
            "include",
            file=self._relative(str(included_file._filename)),
            hosts=[host.get_name() for host in included_file._hosts],
        )

    def v2_playbook_on_stats(self, stats):
        self._emit("stats", hosts={host: stats.summarize(host) for host in sorted(stats.processed)})

    # results

    def v2_runner_on_start(self, host, task):
        name, task_id = host.get_name(), str(task._uuid)
        self._started[name, task_id] = time.monotonic()
        self._emit("host_start", host=name, task_id=task_id)

    def _result(self, ev, result, keep=KEEP, **more):
        values = result._result
        host, task_id = result._host.get_name(), str(result._task._uuid)
        started = self._started.get((host, task_id))
        details = None
        if self._bytes <= self._cap:
            details = {name: field(values[name]) for name in keep if name in values}
        self._emit(
            ev,
            host=host,
            task_id=task_id,
            changed=bool(values.get("changed")),
            ms=None if started is None else round((time.monotonic() - started) * 1000),
            res=details,
            **more,
        )

    def _item(self, result):
        try:
            return cut(str(self._get_item_label(result._result)))
        except Exception:
            return None

    def v2_runner_on_ok(self, result):
        self._result("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result("failed", result, KEEP_FAILED, ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result):
        self._result("skipped", result)

    def v2_runner_on_unreachable(self, result):
        self._result("unreachable", result)

    def v2_runner_retry(self, result):
        self._result("retry", result)

    def v2_runner_item_on_ok(self, result):
        self._result("item_ok", result, item=self._item(result))

    def v2_runner_item_on_failed(self, result):
        self._result("item_failed", result, KEEP_FAILED, item=self._item(result))

    def v2_runner_item_on_skipped(self, result):
        self._result("item_skipped", result, item=self._item(result))

    def v2_on_file_diff(self, result):
        values = result._result
        found = values.get("results") if result._task.loop and "results" in values else [values]
        diffs = []
        for one in found:
            if isinstance(one, dict) and one.get("diff") and one.get("changed"):
                diff = one["diff"]
                diffs.extend(diff if isinstance(diff, list) else [diff])
        diffs = [self._diff(diff) for diff in diffs[:100] if isinstance(diff, dict)]
        if diffs:
            self._emit("diff", host=result._host.get_name(), task_id=str(result._task._uuid), diffs=diffs)

    @staticmethod
    def _diff(diff):
        """Only the texts: the plain before and after, not Ansible's coloured rendering of them."""
        found = {}
        for name in ("before_header", "after_header", "before", "after", "prepared"):
            value = diff.get(name)
            if value is not None:
                found[name] = cut(value) if isinstance(value, str) else cut(dump(value))
        return found
