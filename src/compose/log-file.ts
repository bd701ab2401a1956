import { randomUUID } from "node:crypto";
import { createWriteStream, openSync, renameSync, type WriteStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";

const defaultLargest = 20_000_000;

/** The server's own log, one JSON object a line, in `<data>/chiffon.log`; the one before is kept as `chiffon.log.1`. */
export async function openLogFile(
  dataDir: string,
  options: { largest?: number } = {},
): Promise<{ write(line: string): void } & AsyncDisposable> {
  const { largest = defaultLargest } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "chiffon.log");
  let size = (await stat(file).catch(() => undefined))?.size ?? 0;
  let stream: WriteStream | undefined;
  return {
    write(line) {
      if (size > largest) {
        stream?.end();
        stream = undefined;
        size = 0;
        keepOld(file);
      }
      if (stream === undefined || stream.destroyed) stream = append(file);
      size += Buffer.byteLength(line);
      stream?.write(line);
    },
    [Symbol.asyncDispose]: async () => {
      const last = stream;
      if (last !== undefined && !last.destroyed)
        await new Promise<void>((resolve) => last.end(() => resolve()));
    },
  };
}

/**
 * Opened at once, so that a rename right after it takes along what is still to be written. A full disk or a lost folder
 * ends a stream, not the server: what matters is refused where the record cannot be written.
 */
function append(file: string): WriteStream | undefined {
  try {
    return createWriteStream(file, { fd: openSync(file, "a", 0o600) }).on("error", () => {});
  } catch {
    return undefined;
  }
}

/** What was written to the old stream before still gets there: it is open. */
function keepOld(file: string): void {
  try {
    renameSync(file, `${file}.1`);
  } catch {
    // It was removed, or the disk is read-only: the log goes on in the same file.
  }
}

/** Errors of background work: logged with what they say, never with a stack to the terminal. */
export function createErrorLog(log: { write(line: string): void }): (error: unknown) => void {
  return (error) => {
    const cause =
      error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) };
    log.write(
      `${JSON.stringify({ level: 50, time: Date.now(), id: randomUUID(), msg: "background work failed", error: cause })}\n`,
    );
  };
}
