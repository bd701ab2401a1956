"""Writes numbered lines through OutputLog on a small disk that is full now and then; says as a line of JSON what came of it.

Usage: python3 write_log.py FOLDER RESULTS SEED..., with an empty folder on that disk; each log goes to RESULTS/SEED.
"""

import json
import os
import random
import resource
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import supervision  # noqa: E402

CAPS = (4000000, 600000, 30000)


def fill(room):
    """Leaves about so many bytes free, in whole pages."""
    with open("ballast", "ab", buffering=0) as file:
        while supervision.write_some(file.fileno(), b"x" * 4096) == 4096:
            pass
        file.truncate(max(0, file.tell() - room // 4096 * 4096))


def limit(log, room):
    """So many bytes more for output.log: unlike a disk, a limit cuts a write at any byte."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.fstat(log.fd).st_size + room, resource.RLIM_INFINITY))


def free():
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if os.path.exists("ballast"):
        os.unlink("ballast")


def change(chance, log):
    """The disk gets full, or has room again."""
    free()
    kind = chance.random()
    if kind < 0.25:
        fill(chance.choice((0, 0, 4096, 20000)))
    elif kind < 0.6:
        limit(log, chance.choice((0, 3, 20, 45, 60, 5000)))


def write(seed):
    chance = random.Random(seed)
    cap = CAPS[seed % len(CAPS)]
    log = supervision.OutputLog(cap)
    line = 0
    for _ in range(chance.randrange(1, 12)):
        change(chance, log)
        for _ in range(chance.randrange(1, 9)):
            count = chance.choice((1, 9, 400, 3000, 12000))
            text = b"".join(b"%07d\n" % number for number in range(line, line + count))
            line += count
            while text:
                size = chance.randrange(1, 65536)
                log.write(text[:size])
                text = text[size:]
    log.close()
    free()
    print(json.dumps({"seed": seed, "cap": cap, "received": log.received, "kept": log.kept, "rest": log.rest().decode()}))


folder, results, *seeds = sys.argv[1:]
size = os.statvfs(folder)
if size.f_blocks * size.f_frsize > 1 << 26:
    sys.exit("this disk is too large to be filled")
os.chdir(folder)
for name in seeds:
    write(int(name))
    if os.listdir(".") != ["output.log"]:
        sys.exit("left behind: %s" % os.listdir("."))
    shutil.move("output.log", os.path.join(results, name))
