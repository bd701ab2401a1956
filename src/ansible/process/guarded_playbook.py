"""Runs `ansible-playbook` for a preview: nothing that the playbook says can take it out of check mode.

Usage: python3 guarded_playbook.py ANSIBLE-PLAYBOOK ARGUMENT...; CHIFFON_GUARD has the settings as JSON:
  trusted      true: only the check mode is held. false: also nothing of the repository's own code is loaded (plug-ins, modules,
               collections), no lookup runs a program or asks the network, and ssh gets no option that runs something here.
  connections  the connection plug-ins that an untrusted run may use
  hidden       paths that the sandbox hides: tasks that ask about them are noted
  snapshot     the folder that holds the repository's files
  log          what was held back is appended here, one JSON object a line

What is replaced here are functions of Ansible itself. When one of them is not there (a version that we do not know) the preview
does not start: that is an AttributeError or ImportError before a playbook is read.
"""

import json
import os
import re
import sys

settings = json.loads(os.environ.pop("CHIFFON_GUARD"))
snapshot = os.path.realpath(settings["snapshot"])
hidden = [path.rstrip("/") for path in settings["hidden"]]
# Ansible's own temporary files lie there.
run_directory = os.path.dirname(settings["log"]) + os.sep

# They compute, or read files (of which there are none but the repository's in the sandbox). Not: pipe, lines, url, password.
LOOKUPS = frozenset((
    "config", "csvfile", "dict", "env", "file", "fileglob", "first_found", "indexed_items", "ini", "inventory_hostnames", "items",
    "list", "nested", "random_choice", "sequence", "subelements", "template", "together", "unvault", "varnames", "vars", "flattened",
))
# What talks to services of this machine whose sockets and processes a sandbox hides.
SERVICES = re.compile(
    r"^(?:.*\.)?(?:service|systemd|systemd_service|sysvinit|service_facts|supervisorctl|pids|docker_\w+|podman_\w+|pm2|runit)$")
# With one of these options ssh starts a program on this machine, or reads a file that may say so.
SSH_RUNS = re.compile(rb"(?i)ProxyCommand|LocalCommand|KnownHostsCommand|PKCS11Provider|SecurityKeyProvider|XAuthLocation|^-[FI]|^Include")


def append(kind, task, host, what):
    line = json.dumps({"kind": kind, "task": task, "host": host, "what": what[:1000]}) + "\n"
    fd = os.open(settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)


def inside(path):
    real = os.path.realpath(os.fsdecode(path))
    return real == snapshot or real.startswith(snapshot + os.sep)


def passed_by_check_mode(result):
    """Whether it, or an item of its loop, says that it was skipped because of check mode. With no_log nobody outside sees that."""
    items = [one for one in result.get("results") or [] if isinstance(one, dict)]
    return any(one.get("skipped") and re.search("(?i)check[ _]mode", str(one.get("msg"))) for one in items or [result])


def hold_check_mode():
    """Every task, whatever it, its block, its role or its play says, is executed in check mode."""
    from ansible.executor.task_executor import TaskExecutor
    run = TaskExecutor.run
    drops_become = bool(hidden) and os.getuid() == 0

    def run_checked(self):
        task = self._task
        if task.check_mode is not True:
            append("unchecked", task.get_path(), self._host.get_name(), str(task.check_mode))
        task.check_mode = True
        # What `until` waits for does not come about in check mode.
        task.retries = 0
        # In the sandbox sudo has no rights; root is root without it.
        if drops_become and task.become and task.become_user in (None, "root"):
            task.become = False
        result = run(self)
        if isinstance(result, dict) and task.no_log and passed_by_check_mode(result):
            append("uncheckable", task.get_path(), self._host.get_name(), "it is not done in check mode")
        return result

    TaskExecutor.run = run_checked


def note_hidden():
    """Notes the tasks that ask about what the sandbox hides."""
    from ansible.plugins.action import ActionBase
    run = ActionBase.run

    def texts(value, depth=0):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict) and depth < 5:
            for one in value.values():
                yield from texts(one, depth + 1)
        elif isinstance(value, (list, tuple)) and depth < 5:
            for one in value:
                yield from texts(one, depth + 1)

    def is_hidden(text):
        if text.startswith(run_directory):
            return False
        return text.startswith("~") or any(text == path or text.startswith(path + "/") for path in hidden)

    def run_noting(self, tmp=None, task_vars=None):
        host = (task_vars or {}).get("inventory_hostname")
        if SERVICES.match(self._task.action):
            append("hidden", self._task.get_path(), host, "the services of this machine")
        else:
            for text in texts(self._task.args):
                if len(text) < 4096 and not inside(text) and is_hidden(text):
                    append("hidden", self._task.get_path(), host, text)
                    break
        return run(self, tmp, task_vars)

    ActionBase.run = run_noting


def load_only_ansible():
    """No plug-in, module or collection from the repository."""
    from ansible.plugins.loader import PluginLoader
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
    add = PluginLoader.add_directory

    def add_other(self, directory, with_subdir=False):
        if directory and inside(directory):
            append("refused", None, None, "plug-ins in %s" % os.fsdecode(directory))
            return None
        return add(self, directory, with_subdir)

    PluginLoader.add_directory = add_other
    _AnsibleCollectionFinder.set_playbook_paths  # must be there
    _AnsibleCollectionFinder.set_playbook_paths = lambda self, paths: None


def look_up_only_harmless():
    from ansible.errors import AnsibleError
    from ansible.plugins.loader import connection_loader, lookup_loader
    get, get_connection = lookup_loader.get, connection_loader.get_with_context

    def get_harmless(name, *args, **kwargs):
        if re.sub(r"^ansible\.(builtin|legacy)\.", "", name) not in LOOKUPS:
            append("refused", None, None, "lookup %s" % name)
            raise AnsibleError("the lookup '%s' runs something on this machine: it needs trust in the repository" % name)
        return get(name, *args, **kwargs)

    def get_allowed(name, *args, **kwargs):
        if re.sub(r"^ansible\.(builtin|legacy)\.", "", name) not in settings["connections"]:
            append("refused", None, None, "connection %s" % name)
            raise AnsibleError("the connection '%s' is not one of the chosen hosts': it needs trust in the repository" % name)
        return get_connection(name, *args, **kwargs)

    lookup_loader.get = get_harmless
    connection_loader.get_with_context = get_allowed


def connect_plainly():
    """ssh is ssh, and starts nothing here."""
    from ansible.errors import AnsibleError
    from ansible.plugins.connection.ssh import Connection
    build = Connection._build_command

    def build_plain(self, binary, subsystem, *other):
        command = build(self, binary, subsystem, *other)
        words = [os.fsencode(word) for word in command]
        program = os.fsdecode(binary)
        if os.path.basename(program) not in ("ssh", "sftp", "scp") or (os.sep in program and inside(program)):
            raise AnsibleError("'%s' in the place of ssh needs trust in the repository" % program)
        for word in words[1:]:
            if SSH_RUNS.search(word):
                raise AnsibleError("an ssh option that runs a program on this machine needs trust in the repository")
        return command

    Connection._build_command = build_plain


def main():
    sys.argv = sys.argv[1:]
    hold_check_mode()
    if hidden:
        note_hidden()
    if not settings["trusted"]:
        load_only_ansible()
        look_up_only_harmless()
        connect_plainly()
    from ansible.cli.playbook import main as playbook
    playbook()


if __name__ == "__main__":
    main()
