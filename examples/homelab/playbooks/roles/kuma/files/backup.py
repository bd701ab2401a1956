"""Packs Uptime Kuma's data while it runs: `backup.py DATA FOLDER KEEP`. SQLite itself copies the database, so that it is whole."""

import contextlib
import os
import pathlib
import sqlite3
import sys
import tarfile
import tempfile
import time

DATABASE = "kuma.db"


def main(data, folder, keep):
    data, folder = pathlib.Path(data), pathlib.Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = time.strftime("uptime-kuma-%Y%m%dT%H%M%SZ.tar.gz", time.gmtime())
    part = folder / (".part-" + name)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            copy = os.path.join(scratch, DATABASE)
            with contextlib.closing(sqlite3.connect(data / DATABASE)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                archive.add(copy, arcname="uptime-kuma/" + DATABASE)
                for entry in sorted(data.iterdir()):
                    if not entry.name.startswith(DATABASE):
                        archive.add(entry, arcname="uptime-kuma/" + entry.name)
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)
    for old in sorted(folder.glob("uptime-kuma-*T*Z.tar.gz"))[: -int(keep)]:
        old.unlink()
    print(folder / name)


main(*sys.argv[1:])
