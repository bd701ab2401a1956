#!/bin/sh
# Makes what compose.yaml takes as secrets, once: what is there stays. `docker/secrets.sh [DIR]`, default docker/secrets.
# The folder is closed to others; the files in it are not, because the users inside the containers have to read them.
set -eu
dir=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$dir"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
  if [ -e "$dir/$1" ]; then cat > /dev/null; else cat > "$dir/$1"; chmod 0444 "$dir/$1"; fi
}

random | make database_password
printf 'postgresql://chiffon:%s@postgres:5432/chiffon\n' "$(cat "$dir/database_password")" | make database_url
password=$(random)
printf 'default_user = chiffon\ndefault_pass = %s\n' "$password" | make rabbitmq_conf
password=$(sed -n 's/^default_pass = //p' "$dir/rabbitmq_conf")
printf 'amqp://chiffon:%s@rabbitmq:5672\n' "$password" | make rabbitmq_url
# `chiffon agents invite --json` goes in here; its owner writes it.
: | make agent_invitation
chmod 0644 "$dir/agent_invitation"
