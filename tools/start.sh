#!/bin/sh
# `npm start [-- OPTIONS]`: set up, then become `chiffon up --demo OPTIONS`. `exec` matters: npm passes a signal on to its
# direct child only, so with a shell left in between SIGTERM would orphan the server and its database.
cd "$(dirname "$0")/.." || exit 1
node tools/setup.mjs start "$@" || exit
# --yes answers the question of the set-up; `chiffon up` does not know it.
for option do
  shift
  [ "$option" = --yes ] || set -- "$@" "$option"
done
PATH=$PWD/node_modules/.bin:$PATH exec node_modules/.bin/node src/main.ts up --demo "$@"
