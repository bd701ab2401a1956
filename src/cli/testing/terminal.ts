import { spawn } from "node:child_process";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

/*
 * A command on a pseudo-terminal, as a person has it.
 */

export interface Terminal extends AsyncDisposable {
  /** What was shown so far, without control sequences. */
  shown(): string;
  /** Resolves when the text was shown (after what earlier calls saw); rejects when the command ends before. */
  see(text: string): Promise<void>;
  type(keys: string): void;
  /** The exit code. */
  readonly ended: Promise<number>;
}

/** Relays between its own streams and the terminal; the exit code of the command is its own. */
const relay = `
import os, pty, select, sys, struct, fcntl, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
inputs = [fd, 0]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if data:
            os.write(fd, data)
        else:
            inputs.remove(0)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`;

export function openTerminal(command: readonly string[], env: Readonly<Record<string, string>>): Terminal {
  const child = spawn("python3", ["-c", relay, ...command], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "/",
      TERM: "xterm",
      // Half of what a short command takes is reading its source files; the second one finds them compiled.
      NODE_COMPILE_CACHE: path.resolve(import.meta.dirname, "../../../node_modules/.cache/chiffon/compiled"),
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  let seenTo = 0;
  let over = false;
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const look of waiting) look();
  };
  const text = (): string => stripVTControlCharacters(raw).replaceAll("\r", "");
  child.stdout.on("data", (chunk: Buffer) => {
    raw += chunk.toString("utf8");
    tell();
  });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number>((resolve) => {
    child.on("close", (code) => {
      over = true;
      tell();
      resolve(code ?? -1);
    });
  });
  return {
    shown: text,
    see: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = text().indexOf(wanted, seenTo);
          if (at >= 0) {
            seenTo = at + wanted.length;
            waiting.delete(look);
            resolve();
          } else if (over) {
            waiting.delete(look);
            reject(new Error(`"${wanted}" was never shown:\n${text()}`));
          }
        };
        waiting.add(look);
        look();
      }),
    type: (keys) => void child.stdin.write(keys),
    ended,
    [Symbol.asyncDispose]: async () => {
      if (!over) child.kill("SIGKILL");
      await ended;
    },
  };
}
