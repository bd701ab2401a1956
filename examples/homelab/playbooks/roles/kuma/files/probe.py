"""Looks at the machine and changes nothing: how Uptime Kuma can be installed here, and who holds its port.

One argument: JSON with path, port, bind, method, cache, lock, release, repository, container.
One line of JSON is the answer; `refusal` says in one sentence why nothing can be done. Standard library only.
"""

import errno
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

OLDEST_NODE = (20, 5)
ASK_NODE = (
    "const {versions, platform, arch} = process;"
    "console.log(JSON.stringify({version: versions.node, abi: versions.modules, platform, arch}))"
)


def ask(argv, seconds=15, **environment):
    """What a program prints, or None when it is not there, fails or takes too long."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, env={**os.environ, **environment}
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def find_node():
    """The first fit Node.js of PATH. One inside some project's node_modules comes last: it goes when that project goes."""
    found = [os.path.realpath(os.path.join(folder, "node")) for folder in os.get_exec_path()]
    files = [each for each in dict.fromkeys(found) if os.access(each, os.X_OK)]
    for each in sorted(files, key=lambda name: "/node_modules/" in name):
        try:
            node = json.loads(ask([each, "-e", ASK_NODE]) or "null")
        except ValueError:
            node = None
        if node and tuple(int(part) for part in node["version"].split(".")[:2]) >= OLDEST_NODE:
            return {**node, "path": each, "headers": find_headers(each, node["version"])}
    return None


def find_headers(node, version):
    """The folder that --nodedir wants; empty where node-gyp has to fetch the headers itself."""
    for folder in (pathlib.Path(node).parent.parent, pathlib.Path("/usr"), pathlib.Path("/usr/local")):
        try:
            text = (folder / "include/node/node_version.h").read_text(encoding="utf-8")
        except OSError:
            continue
        if "#define NODE_MAJOR_VERSION %s\n" % version.split(".")[0] in text:
            return str(folder)
    return ""


def find_npm(node):
    found = shutil.which("npm")
    if not found or not node:
        return []
    real = os.path.realpath(found)
    return [node["path"], real] if real.endswith(".js") else [found]


def lacking_tools():
    """What the compiler needs and this machine lacks."""
    wanted = {"a C compiler": ("cc", "gcc", "clang"), "a C++ compiler": ("c++", "g++", "clang++"), "make": ("make",), "python3": ("python3",)}
    return [name for name, programs in wanted.items() if not any(shutil.which(program) for program in programs)]


def read_settings(path):
    try:
        return json.loads(pathlib.Path(path, "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def choose(wanted, installed, docker):
    if wanted["method"] != "auto":
        return wanted["method"]
    if installed.get("method"):
        return installed["method"]
    if docker:
        return "docker"
    if shutil.which("npm") and shutil.which("git"):
        tag = ["git", "ls-remote", "--exit-code", "--tags", wanted["repository"], "refs/tags/" + wanted["release"]]
        if ask(tag, GIT_TERMINAL_PROMPT="0", GIT_SSH_COMMAND="ssh -oBatchMode=yes") is not None:
            return "git"
    return "npm"


def refuse_method(found):
    """Why the method that was chosen cannot work here; empty when it can."""
    method, installed = found["method"], found["installed"].get("method")
    if installed and installed != method:
        return "Uptime Kuma was installed here by %s. Say kuma_method=%s, or choose another kuma_dir." % (installed, installed)
    if method == "docker":
        return "" if found["docker"] else "Docker does not answer here. Install and start it, or choose another kuma_method."
    missing = [] if found["node"] else ["Node.js 20.5 or newer"]
    if not found["cached"]:
        missing += [] if shutil.which("npm") else ["npm"]
        missing += lacking_tools() if method == "npm" else []
    if method == "git" and not shutil.which("git"):
        missing.append("git")
    if not missing:
        return ""
    return (
        "Uptime Kuma cannot be installed here: %s missing, and there is no Docker to use instead. "
        "Install Docker, or Node.js 20.5 or newer with npm and a compiler (Debian, Ubuntu: apt-get install nodejs npm build-essential python3)."
    ) % (", ".join(missing) + (" is" if len(missing) == 1 else " are"))


def is_free(bind, port):
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
            listener.listen(1)
        except OSError as error:
            return "" if error.errno == errno.EADDRINUSE else error.strerror
    return True


def listeners(port):
    """Processes that listen on the port, as far as /proc shows them to us."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = pathlib.Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        fields = [line.split() for line in lines]
        sockets |= {"socket:[%s]" % each[9] for each in fields if each[3] == "0A" and int(each[1].rsplit(":", 1)[1], 16) == port}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(entry) in sockets for entry in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                yield int(folder.name), command, os.readlink(folder / "cwd")
        except OSError:
            continue


def refuse_port(wanted, method):
    free = is_free(wanted["bind"], wanted["port"])
    if free is True:
        return ""
    place = "%s port %d" % (wanted["bind"], wanted["port"])
    if free:
        return "Uptime Kuma cannot listen on %s: %s. Choose another kuma_bind or kuma_port." % (place, free)
    holders = list(listeners(wanted["port"]))
    own = wanted["path"].rstrip("/") + "/"
    if any((cwd + "/").startswith(own) for _, _, cwd in holders):
        return ""
    if method == "docker" and ask(["docker", "inspect", "-f", "{{.State.Running}}", wanted["container"]]) == "true":
        return ""
    who = ", ".join("process %d (%s)" % (pid, command[:80]) for pid, command, _ in holders) or "another program"
    return "The port is taken: %s listens on %s. Stop it, or choose another kuma_port. Nothing was changed." % (who, place)


def main():
    wanted = json.loads(sys.argv[1])
    wanted["port"] = int(wanted["port"])
    node = find_node()
    key = "-".join([wanted["lock"][:16]] + ([node["abi"], node["platform"], node["arch"]] if node else ["none"]))
    docker = ask(["docker", "version", "--format", "{{.Server.Version}}"]) if wanted["method"] in ("auto", "docker") else None
    found = {"node": node, "npm": find_npm(node), "docker": docker or "", "installed": read_settings(wanted["path"]), "key": key}
    found["cached"] = any(os.path.exists(os.path.join(folder, key, ".complete")) for folder in (wanted["cache"], wanted["path"] + "/versions"))
    found["method"] = choose(wanted, found["installed"], docker)
    if found["method"] != "npm":
        found["cached"] = False
    found["supervisord"] = os.path.realpath(shutil.which("supervisord") or "") if shutil.which("supervisord") else ""
    found["refusal"] = refuse_method(found) or refuse_port(wanted, found["method"])
    print(json.dumps(found))


main()
