import { hash } from "node:crypto";
import { constants, lstatSync, readFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { Sha256 } from "../../contracts/vocabulary.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isCode, type BlobStore } from "./blobs.ts";
import { readPieces } from "./read-pieces.ts";

/** The content of a stored file in pieces, as it lies there: who takes it compares it with the digest. */
export async function* readStored(
  blobs: Pick<BlobStore, "pathOf">,
  sha256: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using file = Sha256.safeParse(sha256).success ? await openFile(blobs.pathOf(sha256)) : undefined;
  if (file === undefined || !(await file.stat()).isFile()) {
    throw new ChiffonError("not-found", `There is no stored file with the digest ${sha256.slice(0, 12)}.`, {
      hint: "Its snapshot was removed. Ask again to make a new plan.",
    });
  }
  yield* readPieces(file, signal);
}

const maxTextBytes = 1_048_576;

/** The text of a stored file; undefined when it is not there, no text, too long, or not what the digest says. */
export function readStoredText(blobs: Pick<BlobStore, "pathOf">, sha256: string): string | undefined {
  if (!Sha256.safeParse(sha256).success) return undefined;
  const path = blobs.pathOf(sha256);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > maxTextBytes) return undefined;
  try {
    const bytes = readFileSync(path);
    return bytes.includes(0) || hash("sha256", bytes) !== sha256 ? undefined : bytes.toString("utf8");
  } catch {
    return undefined;
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isCode(error, ["ENOENT", "ELOOP"])) return undefined;
    throw error;
  }
}
