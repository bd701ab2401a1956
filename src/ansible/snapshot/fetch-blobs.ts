import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { untilAborted } from "../../domain/until-aborted.ts";
import { createBreather } from "../catalogue/breather.ts";
import type { BlobStore } from "./blobs.ts";
import { hashFile } from "./verify.ts";

/** Gives the content with this SHA-256 in pieces, from whatever side has it; nothing that it does is trusted. */
export type ReadBlob = (sha256: string, signal: AbortSignal) => AsyncIterable<Uint8Array>;

interface FetchTools {
  root: string;
  blobs: BlobStore;
  read: ReadBlob;
  signal: AbortSignal;
}

const parallel = 8;

/**
 * Fetches the content of these files that is not stored, or was damaged since. Nothing is stored before all of it
 * has come and was compared: until then it waits in a folder of its own, whose name carries our process id.
 * @throws ChiffonError `hash-mismatch` when other content came, `server-unreachable` when it did not come; the signal's reason
 */
export async function fetchMissing(files: readonly SnapshotFile[], tools: FetchTools): Promise<void> {
  const missing = await findMissing(files, tools);
  if (missing.length === 0) return;
  const folder = join(tools.root, "tmp", `fetch-${process.pid}-${randomBytes(8).toString("hex")}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    await fetchAll(missing, folder, tools);
    const breather = createBreather(tools.signal);
    for (const file of missing) {
      tools.blobs.adopt(join(folder, file.sha256), file.sha256);
      if (breather.isDue()) await breather.breathe();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function findMissing(
  files: readonly SnapshotFile[],
  { blobs, signal }: FetchTools,
): Promise<SnapshotFile[]> {
  const breather = createBreather(signal);
  const missing: SnapshotFile[] = [];
  for (const file of new Map(files.map((each) => [each.sha256, each])).values()) {
    const { sha256, size } = file;
    const isWhole = blobs.isStored(sha256, size) && (await hashFile(blobs.pathOf(sha256), size)) === sha256;
    if (!isWhole) missing.push(file);
    if (breather.isDue()) await breather.breathe();
  }
  return missing;
}

/* The first that fails ends the others; all have ended when this settles. */
async function fetchAll(files: readonly SnapshotFile[], folder: string, tools: FetchTools): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([tools.signal, stop.signal]);
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !signal.aborted; file = waiting.shift())
      await fetchOne(file, join(folder, file.sha256), { read: tools.read, signal });
  };
  await Promise.all(Array.from({ length: parallel }, () => work().catch((error) => stop.abort(error))));
  signal.throwIfAborted();
}

async function fetchOne(
  file: SnapshotFile,
  path: string,
  from: Pick<FetchTools, "read" | "signal">,
): Promise<void> {
  const digest = createHash("sha256");
  const breather = createBreather(from.signal);
  let size = 0;
  await using target = await open(path, "wx", 0o600);
  for await (const piece of piecesOf(file, from)) {
    size += piece.length;
    if (size > file.size) throw otherContent(file, `more than its ${file.size} bytes`);
    digest.update(piece);
    await target.appendFile(piece);
    if (breather.isDue()) await breather.breathe();
  }
  if (size < file.size) throw otherContent(file, `only ${size} of its ${file.size} bytes`);
  if (digest.digest("hex") !== file.sha256) throw otherContent(file, "with other content");
}

async function* piecesOf(
  file: SnapshotFile,
  { read, signal }: Pick<FetchTools, "read" | "signal">,
): AsyncGenerator<Uint8Array> {
  let pieces: AsyncIterator<Uint8Array> | undefined;
  try {
    pieces = read(file.sha256, signal)[Symbol.asyncIterator]();
    for (;;) {
      const next = await untilAborted(pieces.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw ChiffonError.is(error) ? error : notCome(file, error);
  } finally {
    // Not waited for: a side that hangs would not answer this either.
    Promise.try(() => pieces?.return?.()).catch(() => {});
  }
}

function otherContent(file: SnapshotFile, how: string): ChiffonError {
  return new ChiffonError("hash-mismatch", `The file "${file.path}" of the snapshot came ${how}.`, {
    hint: "Nothing will run from it. Ask again to make a new plan, and look who can write to the data folder of the server.",
  });
}

function notCome(file: SnapshotFile, cause: unknown): ChiffonError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ChiffonError(
    "server-unreachable",
    `The file "${file.path}" of the snapshot did not come: ${why}.`,
    {
      hint: "Look whether the server can be reached, and run it again.",
      cause,
    },
  );
}
