#!/bin/sh
# `npm run demo [-- --approve] [-- --json]`: set up, then the flagship sentence from nothing to a verified record.
cd "$(dirname "$0")/.." || exit 1
node tools/setup.mjs demo "$@" || exit
PATH=$PWD/node_modules/.bin:$PATH exec node_modules/.bin/node tools/demo.mjs "$@"
