import { applyRunEvent } from "../run/apply.ts";
import { nextFence } from "../run/sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import {
  listExecutors,
  listHeldHosts,
  listReady,
  lockPlacement,
  type Candidate,
  type ReadyTask,
} from "./sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

/**
 * Gives each ready task to an agent, or tells what it waits for. Returns when to look again (the nearest back-off), in
 * milliseconds since 1970, or undefined when only an event can change something.
 */
export async function placeReadyTasks(deps: CoreDeps): Promise<number | undefined> {
  const next = await deps.db.transaction().execute(async (tx) => {
    await lockPlacement(tx);
    failpoint("place.locked");
    const ready = await listReady(tx);
    if (ready.length === 0) return undefined;
    const now = deps.clock.now().getTime();
    const held = await listHeldHosts(tx, new Date(now - deps.waits.orphanLimit));
    const locks = new Map(held.map((each) => [each.host, each.run_id]));
    const agents = (await listExecutors(tx)).map((agent) => ({ ...agent }));
    let next: number | undefined;
    for (const task of ready) {
      const due = task.not_before?.getTime() ?? 0;
      if (due > now) {
        next = Math.min(next ?? due, due);
        continue;
      }
      await placeOne(deps, tx, { task, locks, agents });
    }
    failpoint("place.before-commit");
    return next;
  });
  failpoint("place.committed");
  return next;
}

async function placeOne(
  deps: CoreDeps,
  tx: Tx,
  world: { task: ReadyTask; locks: Map<string, string>; agents: Candidate[] },
): Promise<void> {
  const { task, locks, agents } = world;
  const lockedHost = task.hosts.find((host) => locks.has(host));
  const agent = agents.toSorted((a, b) => a.busy - b.busy)[0];
  if (lockedHost !== undefined || !agent) {
    const reason =
      lockedHost === undefined
        ? "waiting for an agent that executes Ansible: none is online"
        : `waiting for host ${lockedHost}: locked by run ${locks.get(lockedHost)?.slice(0, 8)}`;
    await applyRunEvent(deps, tx, {
      runId: task.run_id,
      event: { type: "waiting", taskId: task.id, reason },
    });
    return;
  }
  const fence = await nextFence(tx);
  const leaseUntil = deps.clock.now().getTime() + deps.waits.beginWithin;
  await applyRunEvent(deps, tx, {
    runId: task.run_id,
    event: { type: "placed", taskId: task.id, agentId: agent.id, fence, leaseUntil },
  });
  for (const host of task.hosts) locks.set(host, task.run_id);
  agents.splice(agents.indexOf(agent), 1, { ...agent, busy: agent.busy + 1 });
}
