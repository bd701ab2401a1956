import { spawn } from "node:child_process";
import { childEnvironment } from "./binaries.ts";
import type { Owner } from "./owner.ts";

/**
 * Waits for the end of its standard input, which the kernel closes when our process ends in whatever way, then stops
 * PostgreSQL. It compares the process's start time first: a server that is gone by then may have given its pid away.
 * A line before the end means that we have stopped the server ourselves.
 */
const script = `
read -r line && exit 0
started() {
  if [ -r "/proc/$1/stat" ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
    set -- \${stat##*)}
    [ "$1" = Z ] || echo "\${20}"
  else
    ps -o lstart= -p "$1" 2>/dev/null
  fi
}
same() { [ "$(started "$pid")" = "$start" ]; }
pid=$1; start=$2; tries=0
[ -n "$start" ] || exit 0
same || exit 0
kill -s "$3" "$pid"
while same; do
  tries=$((tries + 1))
  [ $tries -gt 100 ] && { kill -s QUIT "$pid"; exit 0; }
  sleep 0.1
done
`;

export interface WatchdogOptions {
  readonly pid: number;
  readonly startTime: string;
  readonly owner: Owner | undefined;
  readonly stopSignal: "INT" | "QUIT";
}

/** Guards a server against our own sudden death; disposing it calls the guard off. */
export function startWatchdog(options: WatchdogOptions): Disposable {
  const args = ["-c", script, "chiffon-watchdog", String(options.pid), options.startTime, options.stopSignal];
  const guard = spawn("/bin/sh", args, {
    ...options.owner,
    cwd: "/",
    env: childEnvironment,
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // Ctrl-C in the terminal must not end it
  });
  guard.on("error", () => undefined); // without /bin/sh there is no guard; the next start takes over what is left
  guard.stdin.on("error", () => undefined);
  guard.unref();
  return { [Symbol.dispose]: () => void guard.stdin.end("done\n") };
}
