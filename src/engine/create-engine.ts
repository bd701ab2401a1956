import { ChiffonError } from "../domain/errors.ts";
import { findAgentRow, listAgents, toAgent } from "./agents/sql.ts";
import { approvePlan, rejectPlan, type ApproveDeps } from "./approve/approve.ts";
import { findCheckpointNow, listTaskRecords, queryAudit } from "./audit/query.ts";
import { recordAudit } from "./audit/record.ts";
import type { Caller, Engine } from "./engine.ts";
import { countOnline, countOpenTasks } from "./health-sql.ts";
import { getPlan, listPlans, resolveId } from "./plan/sql.ts";
import { getUnit, listPlaybooks } from "./playbooks.ts";
import { answerRequest, createRequest, type RequestDeps } from "./request/create.ts";
import { getRequest } from "./request/sql.ts";
import { applyRunEvent } from "./run/apply.ts";
import { getRun, getTask, listHostResults, listRuns, readLog } from "./run/view-sql.ts";
import type { SecretVault } from "./secrets/vault.ts";
import type { Hub } from "./stream/hub.ts";
import { readEvents } from "./stream/sql.ts";

export interface EngineDeps extends ApproveDeps, RequestDeps {
  readonly hub: Hub;
  readonly vault: SecretVault;
  readonly verifyLog: (signal: AbortSignal) => ReturnType<Engine["audit"]["verify"]>;
}

/** The use cases, wired to their dependencies. */
export function createEngine(deps: EngineDeps): Engine {
  const { db } = deps;
  return {
    requests: {
      create: (caller, body) => createRequest(deps, caller, body),
      answer: (caller, id, body) => answerRequest(deps, caller, { id, body }),
      get: async (id) => getRequest(db, await resolveId(db, "request", id)),
    },
    plans: {
      list: (options) => listPlans(db, options),
      get: async (id) => getPlan(db, await resolveId(db, "plan", id)),
      approve: (caller, id, body) => approvePlan(deps, caller, { id, body }),
      reject: (caller, id, reason) => rejectPlan(deps, caller, { id, reason }),
    },
    runs: {
      list: (options) => listRuns(db, options),
      get: async (id) => getRun(db, await resolveId(db, "run", id)),
      hosts: async (id) => listHostResults(db, await resolveId(db, "run", id)),
      log: async (id, after, limit) => readLog(db, await resolveId(db, "run", id), { after, limit }),
      cancel: (caller, id, reason) => cancelRun(deps, caller, { id, reason }),
    },
    tasks: { get: async (id) => getTask(db, await resolveId(db, "task", id)) },
    agents: {
      list: async ({ type, status }) =>
        (await listAgents(db)).filter(
          (agent) => (type ?? agent.type) === agent.type && (status ?? agent.status) === agent.status,
        ),
      get: async (id) => {
        const row = await findAgentRow(db, id);
        if (!row)
          throw new ChiffonError("not-found", `there is no agent ${id}`, {
            hint: "chiffon agents shows all",
          });
        return toAgent(row);
      },
    },
    playbooks: playbooksOf(deps),
    events: {
      read: (topic, after, limit) => readEvents(db, topic, { after, limit }),
      watch: (topic, onHint) => deps.hub.watch(topic, onHint),
    },
    audit: {
      query: (query) => queryAudit(db, query),
      task: (taskId) => listTaskRecords(db, taskId),
      checkpoint: () => findCheckpointNow(db),
      verify: (signal) => deps.verifyLog(signal),
    },
    secrets: secretsOf(deps.vault),
    health: async () => ({
      database: true,
      checkpointSize: (await findCheckpointNow(db))?.size ?? 0,
      runningTasks: await countOpenTasks(db),
      agentsOnline: await countOnline(db),
    }),
  };
}

function playbooksOf(deps: EngineDeps): Engine["playbooks"] {
  const read = async () => (await deps.catalogues.read()).map((each) => each.catalogue);
  return {
    list: async (options) => listPlaybooks(await read(), options),
    get: async (id) => getUnit(await read(), id),
    // Every reading looks at the files: there is nothing to throw away.
    refresh: async () => void (await read()),
  };
}

function secretsOf(vault: SecretVault): Engine["secrets"] {
  return {
    async list() {
      return (await vault.list()).map((secret) => ({
        name: secret.name,
        version: secret.version,
        updatedAt: secret.changedAt.toISOString(),
        origin: secret.origin,
      }));
    },
    set: async (caller, name, value) => void (await vault.set({ name, value, actor: caller.actor })),
    remove: (caller, name) => vault.remove({ name, actor: caller.actor }),
    reveal: async (caller, name) => (await vault.reveal({ name, actor: caller.actor })).value,
  };
}

async function cancelRun(deps: EngineDeps, caller: Caller, given: { id: string; reason: string }) {
  const id = await resolveId(deps.db, "run", given.id);
  await deps.db.transaction().execute(async (tx) => {
    const reason = `cancelled by ${caller.actor.name}${given.reason === "" ? "" : `: ${given.reason}`}`;
    const applied = await applyRunEvent(deps, tx, { runId: id, event: { type: "cancel", reason } });
    if (!applied) throw new ChiffonError("not-found", `there is no run ${id}`);
    if (applied.before === applied.after) return;
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "run.cancel-requested",
      actor: caller.actor,
      runId: id,
      data: { reason: given.reason },
    });
  });
  return await getRun(deps.db, id);
}
