import type { SnapshotFile } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { createBreather } from "../catalogue/breather.ts";
import { checkList } from "./check-list.ts";
import { fetchMissing, type ReadBlob } from "./fetch-blobs.ts";
import { changedMeanwhile, isTreeWhole, makeTree, openTree, type OpenSnapshot, type Trees } from "./trees.ts";
import { verifyFiles } from "./verify.ts";

/** A snapshot that lies elsewhere. */
export interface ReceiveOptions {
  digest: string;
  /** Its files, as the side that has it lists them. */
  files: readonly SnapshotFile[];
  read: ReadBlob;
  /** Ends the wait for a side that hangs. */
  signal: AbortSignal;
}

/** @throws ChiffonError as {@link SnapshotStore.receive} says */
export async function receive(trees: Trees, options: ReceiveOptions): Promise<OpenSnapshot> {
  const { digest, read, signal } = options;
  const files = checkList(digest, options.files);
  try {
    if (!(await isTreeWhole(trees, digest, files))) {
      await fetchMissing(files, { root: trees.root, blobs: trees.blobs, read, signal });
      const check = (treeDir: string) => checkReceived(treeDir, files, signal);
      await makeTree(trees, { digest, files }, { breather: createBreather(signal), check });
    }
  } catch (error) {
    if (ChiffonError.is(error) || !signal.aborted) throw error;
    throw givenUp(digest, error);
  }
  return openTree(trees, digest);
}

/* What was fetched was compared on its way; this is what lies on the disk now, content that was there before included. */
async function checkReceived(
  treeDir: string,
  files: readonly SnapshotFile[],
  signal: AbortSignal,
): Promise<void> {
  const wrong = await verifyFiles(treeDir, files, { signal });
  if (wrong !== undefined) throw changedMeanwhile(wrong);
}

function givenUp(digest: string, cause: unknown): ChiffonError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ChiffonError(
    "server-unreachable",
    `The files of the snapshot ${digest.slice(0, 12)} did not come: ${why}`,
    { hint: "Nothing runs without them. Look whether the server can be reached, and run it again.", cause },
  );
}
