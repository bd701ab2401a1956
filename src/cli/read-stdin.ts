import type { Readable } from "node:stream";
import { ChiffonError } from "../domain/errors.ts";

const largest = 262_144;

/** All of stdin as text, without the line end at its end. */
export async function readStdin(stdin: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => {
    stdin.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > largest) {
        throw new ChiffonError("too-large", "What comes by stdin is larger than 256 KiB.", {
          hint: "Send only the value.",
        });
      }
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
