import { createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import path from "node:path";

const largest = 20_000_000;

/** The server's own log, one JSON object a line, in `<data>/chiffon.log`; the one before is kept as `chiffon.log.1`. */
export async function openLogFile(dataDir: string): Promise<{ write(line: string): void } & AsyncDisposable> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "chiffon.log");
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > largest) await rename(file, `${file}.1`);
  const stream = createWriteStream(file, { flags: "a", mode: 0o600 });
  // A full disk must not end the server: what matters is refused where the record cannot be written.
  stream.on("error", () => {});
  return {
    write: (line) => void stream.write(line),
    [Symbol.asyncDispose]: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}
