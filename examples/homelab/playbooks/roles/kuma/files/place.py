"""Puts a compiled version in place: `place.py FROM TO`. Files are linked where that works, else copied; TO appears whole or not at all."""

import os
import shutil
import sys


def link_or_copy(source, target):
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def main(source, target):
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part, symlinks=True, copy_function=link_or_copy)
    os.rename(part, target)


main(*sys.argv[1:])
