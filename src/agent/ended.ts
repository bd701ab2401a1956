import type { FinishedAttempt, LostAttempt } from "../ansible/process/attempt-result.ts";
import { sweepAttempt } from "../ansible/process/processes.ts";
import { sweepRemote, type RemoteSweep } from "../ansible/process/remote-sweep.ts";
import type { AttemptEnd } from "../ansible/process/supervise.ts";
import type { ExecutorDeps } from "./executor-deps.ts";
import type { HeldOrder } from "./order-store.ts";
import { hasRestarted } from "./restart.ts";

/** How an attempt ended on this agent. `restarted`: it restarted this machine, as it was meant to. */
export type Ended =
  | FinishedAttempt
  | (LostAttempt & { killed: number; remote: RemoteSweep | null })
  | { kind: "restarted" }
  | { kind: "detached" };

/**
 * Looks at an attempt whose supervisor has ended. When that was killed, its playbook may live on: it is stopped at once, whether the
 * server listens or not.
 * @throws what `signal` is aborted with
 */
export async function closeEnd(
  of: { deps: ExecutorDeps; held: HeldOrder; signal: AbortSignal },
  end: AttemptEnd,
): Promise<Ended> {
  const { deps, held, signal } = of;
  if (end.kind === "detached") return end;
  const { killed } = end.kind === "lost" ? await sweepAttempt(held.marker) : { killed: 0 };
  if (await hasRestarted(deps, { held, end, signal })) return { kind: "restarted" };
  if (end.kind === "finished") return end;
  return { ...end, killed, remote: await sweepRemote(deps.orders.runDir(held), await deps.tools(), signal) };
}
