import type { SnapshotFile } from "../contracts/plan.ts";
import type { AgentError } from "../contracts/run.ts";
import { ChiffonError } from "../domain/errors.ts";
import { untilAborted } from "../domain/until-aborted.ts";
import type { Blobs, ExecutorDeps, OpenSnapshot, Order } from "./executor-deps.ts";

type Deps = Pick<ExecutorDeps, "snapshots" | "blobs" | "waits">;

/**
 * The frozen files of the order's step, compared with the approved digest; they come from the server where they are not on this
 * machine yet. A fault when they are others than those that were approved.
 * @throws ChiffonError when they are nowhere to be had
 */
export async function openApproved(
  deps: Deps,
  order: Order,
  signal: AbortSignal,
): Promise<{ snapshot: OpenSnapshot } | { fault: AgentError }> {
  const digest = order.parameters.step.snapshot;
  const not = (message: string) => ({ fault: { code: 5007, message } as const });
  try {
    const snapshot = await open(deps, order, signal);
    if (deps.snapshots.digest(snapshot.files) !== digest)
      return not("the snapshot differs from the approved one");
    // Also what was added: Ansible would read a new group_vars file that no list names.
    const tree = await deps.snapshots.verify(digest);
    return tree.ok ? { snapshot } : not(`${tree.path} in the snapshot was changed: ${tree.reason}`);
  } catch (error) {
    if (!ChiffonError.is(error) || !["hash-mismatch", "bad-input"].includes(error.code)) throw error;
    return not(`nothing ran: ${error.message}`);
  }
}

async function open(
  { snapshots, blobs, waits }: Deps,
  order: Order,
  signal: AbortSignal,
): Promise<OpenSnapshot> {
  const digest = order.parameters.step.snapshot;
  try {
    return await snapshots.open(digest);
  } catch (error) {
    if (!ChiffonError.is(error) || error.code !== "not-found") throw error;
  }
  // Nobody renews the lease meanwhile: it must not take as long as one.
  const until = AbortSignal.any([signal, AbortSignal.timeout(waits.beginWithin)]);
  const files = order.inputs ?? (await askForList(blobs, digest, until));
  return await snapshots.receive({ digest, files, read: blobs.read, signal: until });
}

async function askForList(
  blobs: Blobs,
  digest: string,
  signal: AbortSignal,
): Promise<readonly SnapshotFile[]> {
  try {
    return await untilAborted(blobs.list(digest, signal), signal);
  } catch (cause) {
    if (ChiffonError.is(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ChiffonError(
      "server-unreachable",
      `The list of files of the snapshot ${digest.slice(0, 12)} did not come: ${why}`,
      { hint: "Look whether the server can be reached, and run it again.", cause },
    );
  }
}
