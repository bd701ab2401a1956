import type { Agent } from "../contracts/agent.ts";
import { listOperations } from "../ansible/operations/operations.ts";
import type { InclusionProof } from "../contracts/audit.ts";
import { findCapacity } from "../domain/capacity.ts";
import { ChiffonError } from "../domain/errors.ts";
import { revokeAgent } from "./agents/connection.ts";
import { drainAgent } from "./agents/drain.ts";
import { inviteAgent } from "./agents/join.ts";
import { findAgentRow, listAgents, toAgent } from "./agents/sql.ts";
import { approvePlan, rejectPlan, type ApproveDeps } from "./approve/approve.ts";
import { continueRun } from "./approve/continue.ts";
import { exportLog } from "./audit/export.ts";
import { proveRecord } from "./audit/proof.ts";
import { findCheckpointNow, listTaskRecords, queryAudit } from "./audit/query.ts";
import { recordAudit } from "./audit/record.ts";
import { discardDeadLetter, listDeadLetters, replayDeadLetter } from "./bus/dead-letters.ts";
import { cancelTask } from "./cancel/cancel-task.ts";
import { createConversations } from "./converse/conversations.ts";
import type { Caller, Engine } from "./engine.ts";
import { countOnline, countOpenTasks } from "./health-sql.ts";
import { requestFacts } from "./machines/facts.ts";
import { checkMachines, listMachines, type MachinesDeps } from "./machines/machines.ts";
import { listAliases, removeAlias } from "./learn/aliases.ts";
import { dispatchUnit } from "./manual/dispatch.ts";
import { markRun } from "./mark/mark.ts";
import { probeRun } from "./probe/probe.ts";
import { pauseRun, resumeRun } from "./pause/pause.ts";
import { comparePlan } from "./plan/compare.ts";
import { getPlan, listPlans, resolveId } from "./plan/sql.ts";
import { getUnit, listPlaybooks } from "./playbooks.ts";
import type { Previews } from "./preview/previews.ts";
import type { Repositories } from "./repositories/repositories.ts";
import { getRepositoryView, listRepositories } from "./repositories/view.ts";
import { answerRequest, createRequest, type RequestDeps } from "./request/create.ts";
import { revisePlan } from "./request/revise.ts";
import { getRequest } from "./request/sql.ts";
import { createWorld } from "./request/world.ts";
import { retryRun } from "./retry/retry.ts";
import { rollbackRun } from "./rollback/rollback.ts";
import { applyRunEvent } from "./run/apply.ts";
import { createMovedOn } from "./run/moved-on.ts";
import { noSuchRun } from "./run/sql.ts";
import { getRun, getTask, listHostResults, listRuns, readLog } from "./run/view-sql.ts";
import type { SecretVault } from "./secrets/vault.ts";
import type { Viewers } from "./stream/viewers.ts";
import { getTrust, revokeTrust, trustRepository, type TrustDeps } from "./trust/trust.ts";
import { readEvents } from "./stream/sql.ts";
import { failpoint } from "../ports/failpoint.ts";

export interface EngineDeps
  extends ApproveDeps, RequestDeps, MachinesDeps, Pick<TrustDeps, "sandboxProblem"> {
  readonly repositories: Repositories;
  readonly previews: Previews;
  readonly viewers: Viewers;
  readonly vault: SecretVault;
  readonly verifyLog: (signal: AbortSignal) => ReturnType<Engine["audit"]["verify"]>;
  /** Gives everything that was recorded so far its number and a checkpoint. */
  readonly sealLog: () => Promise<void>;
  /** `SHA256:…` of the key by which agents know this server. */
  readonly serverKeyFingerprint: string;
  /** The key of the checkpoints as one line. */
  readonly logKey: string;
}

/** The use cases, wired to their dependencies. */
export function createEngine(deps: EngineDeps): Engine {
  const { db } = deps;
  const movedOn = createMovedOn(deps);
  return {
    requests: {
      create: (caller, body) => createRequest(deps, caller, body),
      answer: (caller, id, body) => answerRequest(deps, caller, { id, body }),
      dispatch: (caller, body) => dispatchUnit(deps, caller, body),
      get: async (id) => getRequest(db, await resolveId(db, "request", id)),
    },
    conversations: createConversations(deps, {
      reject: (caller, id, reason) => rejectPlan(deps, caller, { id, reason }),
      cancel: (caller, id, reason) => cancelRun(deps, caller, { id, reason }),
    }),
    plans: plansOf(deps),
    runs: {
      list: (options) => listRuns(db, options),
      get: async (id) => await movedOn.tell(await getRun(db, await resolveId(db, "run", id))),
      hosts: async (id) => listHostResults(db, await resolveId(db, "run", id)),
      log: async (id, after, limit) => readLog(db, await resolveId(db, "run", id), { after, limit }),
      cancel: (caller, id, reason) => cancelRun(deps, caller, { id, reason }),
      pause: (caller, id, reason) => pauseRun(deps, caller, { id, reason }),
      resume: (caller, id) => resumeRun(deps, caller, { id }),
      probe: (caller, id, step) => probeRun(deps, caller, { id, step }),
      mark: (caller, id, body) => markRun(deps, caller, { id, body }),
      continue: (caller, id, body) => continueRun(deps, caller, { id, body }),
      rollback: (caller, id) => rollbackRun(deps, caller, { id }),
      retry: (caller, id, from) => retryRun(deps, caller, { id, from }),
    },
    tasks: tasksOf(deps),
    agents: agentsOf(deps),
    deadLetters: {
      list: () => listDeadLetters(db),
      replay: (caller, id) => replayDeadLetter(deps, caller, id),
      discard: (caller, id) => discardDeadLetter(deps, caller, id),
    },
    playbooks: playbooksOf(deps),
    aliases: aliasesOf(deps),
    events: {
      read: (topic, after, limit) => {
        deps.viewers.polled(topic);
        return readEvents(db, topic, { after, limit });
      },
      watch: (topic, onHint) => deps.viewers.watch(topic, onHint),
    },
    audit: {
      query: (query) => queryAudit(db, query),
      task: (taskId) => listTaskRecords(db, taskId),
      checkpoint: () => findCheckpointNow(db),
      proof: (index, size) => proofOf(deps, index, size),
      export: () => exportOf(deps),
      verify: (signal) => deps.verifyLog(signal),
    },
    secrets: secretsOf(deps.vault),
    repositories: repositoriesOf(deps),
    machines: machinesOf(deps),
    health: async () => ({
      database: true,
      checkpointSize: (await findCheckpointNow(db))?.size ?? 0,
      runningTasks: await countOpenTasks(db),
      agentsOnline: await countOnline(db),
    }),
  };
}

function tasksOf(deps: EngineDeps): Engine["tasks"] {
  return {
    get: async (id) => getTask(deps.db, await resolveId(deps.db, "task", id)),
    cancel: (caller, id, reason) => cancelTask(deps, caller, { id, reason }),
  };
}

function aliasesOf(deps: EngineDeps): Engine["aliases"] {
  return {
    list: async () => {
      const { units, operations } = createWorld(await deps.catalogues.read(), listOperations());
      return await listAliases(deps.db, [...units, ...operations]);
    },
    remove: (caller, id) => removeAlias(deps, caller, id),
  };
}

/** A record of this moment has no checkpoint yet: then one is made. */
async function proofOf(deps: EngineDeps, index: number, size: number | undefined): Promise<InclusionProof> {
  const newest = (await findCheckpointNow(deps.db))?.size ?? 0;
  if (size === undefined && index >= newest) await deps.sealLog();
  return await proveRecord(deps.db, { index, size });
}

async function* exportOf(deps: EngineDeps): ReturnType<typeof exportLog> {
  await deps.sealLog();
  yield* exportLog(deps.db, deps.logKey);
}

function plansOf(deps: EngineDeps): Engine["plans"] {
  const { db } = deps;
  return {
    list: (options) => listPlans(db, options),
    get: async (id, caller) =>
      getPlan(db, await resolveId(db, "plan", id), caller && { actor: caller.actor, now: deps.clock.now() }),
    approve: (caller, id, body) => approvePlan(deps, caller, { id, body }),
    reject: (caller, id, reason) => rejectPlan(deps, caller, { id, reason }),
    revise: (caller, id, body) => revisePlan(deps, caller, { id, body }),
    diff: (id, against) => comparePlan(deps, { id, against }),
    preview: (id) => deps.previews.get(id),
    startPreview: (caller, id, body) => deps.previews.start(caller, id, body),
    cancelPreview: (caller, id) => deps.previews.cancel(caller, id),
  };
}

function agentsOf(deps: EngineDeps): Engine["agents"] {
  const { db } = deps;
  const get = async (id: string): Promise<Agent> => {
    const row = await findAgentRow(db, id);
    if (!row)
      throw new ChiffonError("not-found", `there is no agent ${id}`, { hint: "chiffon agents shows all" });
    return toAgent(row);
  };
  return {
    invite: (caller, body) => inviteAgent(deps, caller, body),
    drain: async (caller, id, body) => {
      await drainAgent(deps, caller, { id, ...body });
      return await get(id);
    },
    revoke: async (caller, id, reason) => {
      await revokeAgent(deps, caller, { id, reason });
      return await get(id);
    },
    list: async ({ type, status }) =>
      (await listAgents(db)).filter(
        (agent) => (type ?? agent.type) === agent.type && (status ?? agent.status) === agent.status,
      ),
    get,
    capacity: async (needs) => findCapacity(await listAgents(db), needs),
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

function repositoriesOf(deps: EngineDeps): Engine["repositories"] {
  const { repositories } = deps;
  const view = (name: string) => getRepositoryView(deps, name);
  return {
    list: () => listRepositories(deps),
    add: async (caller, body, signal) => await view(await repositories.add(caller, body, signal)),
    remove: (caller, name) => repositories.remove(caller, name),
    pull: async (caller, name, signal) => {
      await repositories.pull(caller, name, signal);
      return await view(name);
    },
    trust: (name) => getTrust(deps, name),
    giveTrust: (caller, name, hash) => trustRepository(deps, caller, { name, hash }),
    revokeTrust: (caller, name) => revokeTrust(deps, caller, name),
  };
}

function machinesOf(deps: EngineDeps): Engine["machines"] {
  return {
    list: () => listMachines(deps),
    check: (caller, body, signal) => checkMachines(deps, caller, { body, signal }),
    facts: (caller, body) => requestFacts(deps, caller, body.hosts),
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
    if (!applied) throw noSuchRun(id);
    if (applied.before === applied.after) return;
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "run.cancel-requested",
      actor: caller.actor,
      runId: id,
      data: { reason: given.reason },
    });
    failpoint("cancel.before-commit");
  });
  failpoint("cancel.committed");
  return await getRun(deps.db, id);
}
