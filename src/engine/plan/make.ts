import { WrittenPlaybook, type Unit } from "../../contracts/catalogue.ts";
import { thisMachine } from "../../ansible/closure/reach.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { Agent } from "../../contracts/agent.ts";
import type { PlanManifest, PlanStep, StepManifest } from "../../contracts/plan.ts";
import type { Parallel, RiskTier } from "../../contracts/vocabulary.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { hashPlan, hashStep, type Sha256Hex } from "../../domain/plan-hash.ts";
import { decideRisk, highestRisk, isReadingOperation } from "../../domain/risk.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { PlanRetry } from "../core-tables.ts";
import { ansibleTasksOf, playsOf, type StepDraft } from "../request/draft.ts";
import { saidBy } from "../request/world.ts";
import type { Tx } from "../schema.ts";
import { listAgents } from "../agents/sql.ts";
import { estimateStep } from "./estimate.ts";
import { compareResources } from "./resources.ts";
import { listSettings } from "./settings.ts";
import { expectStepChoices, type ChoiceDeps } from "./choices.ts";
import { freezeStep, operationsFolder, type FreezeDeps, type StepChoice } from "./freeze.ts";
import { findHistory, type UnitHistory } from "./history-sql.ts";
import { listOwnModules } from "./own-modules.ts";
import { findReach, type Reached } from "./reach.ts";
import { findRestart, refuseRestartBeforeOthers, type RestartHere } from "./restart.ts";
import { insertPlan, nextRevision } from "./sql.ts";
import { decidePreviewableAfter } from "./previewable.ts";
import { supersedeOthers } from "./supersede-sql.ts";
import { tellPlan } from "./state.ts";
import { describeVault } from "./vault-words.ts";
import { summarise } from "./summary.ts";
import { findStepWayBack } from "./way-back.ts";

export interface PlanDeps extends CoreDeps, FreezeDeps, ChoiceDeps {
  readonly sha256: Sha256Hex;
  /** True for the machine that Chiffon itself runs on. */
  readonly isThisMachine: (host: { name: string; connection: string; address: string }) => boolean;
  /** Longest time that one step may take, in seconds. */
  readonly stepTimeoutSeconds: number;
}

export interface FrozenStep {
  readonly manifest: StepManifest;
  readonly shown: PlanStep;
}

/** Freezes every step of a draft: snapshots, versions, risk. Reads much and changes nothing but the snapshot store. */
export async function freezeSteps(deps: PlanDeps, drafts: readonly StepDraft[]): Promise<FrozenStep[]> {
  const frozen: FrozenStep[] = [];
  const agents = drafts.some((draft) => draft.unit.needs !== undefined) ? await listAgents(deps.db) : [];
  const looked = await Promise.all(drafts.map((draft) => lookAhead(deps, draft)));
  refuseRestartBeforeOthers(looked.map(({ draft, restart }) => ({ ...draft, restart })));
  for (const { draft, reached, restart } of looked) {
    const { manifest, files, open } = await freezeStep(deps, choiceOf(deps, draft, { reached, restart }));
    refuseOther(deps.catalogues.findOther(draft.place.read.repository, files));
    const history = await findHistory(deps.db, draft.unit.id);
    const choices = await expectStepChoices(deps, draft, history.expected !== null);
    const extra = { choices, ...extrasOf(draft, { agents, history }) };
    const found = {
      manifest,
      reached,
      restart,
      fileCount: files.length,
      open,
      ownModules: listOwnModules(files),
      history,
      extra,
    };
    const shown = showStep(deps, draft, found);
    const { units } = draft.place.read.catalogue;
    const wayBack = await findStepWayBack(deps.db, shown, { unit: draft.unit, units, until: null });
    frozen.push({ manifest, shown: { ...shown, wayBack } });
  }
  // Known only when all steps are: which of them bring the services that a later one is about.
  const all = frozen.map((each) => each.shown);
  return frozen.map(({ manifest, shown }) => ({
    manifest,
    shown: { ...shown, previewableAfter: decidePreviewableAfter(shown, all) },
  }));
}

interface Ahead {
  readonly draft: StepDraft;
  readonly reached: Reached;
  readonly restart: RestartHere | undefined;
}

async function lookAhead(deps: PlanDeps, draft: StepDraft): Promise<Ahead> {
  const reached = await findReach(deps, draft);
  return { draft, reached, restart: findRestart(deps, draft, reached) };
}

/** What the plan says was read from files; it must be those that it runs. */
function refuseOther(path: string | undefined): void {
  if (path !== undefined)
    throw new ChiffonError("conflict", `${path} was changed while the plan was being made`, {
      hint: "Ask again.",
    });
}

function choiceOf(deps: PlanDeps, draft: StepDraft, { reached, restart }: Omit<Ahead, "draft">): StepChoice {
  const { unit, place } = draft;
  const operation = unit.kind === "operation";
  const parallel = parallelOf(unit);
  return {
    step: draft.index,
    unit: unit.id,
    repository: place.read.repository.name,
    project: operation ? "." : unit.project,
    playbook: operation ? `${operationsFolder}/${unit.playbook}` : (unit.written?.path ?? unit.playbook),
    ...(unit.written === undefined ? {} : { written: { from: unit.written.from, text: unit.written.text } }),
    inventory: place.inventory.path,
    said: saidBy(place),
    hosts: draft.hosts.map((host) => host.name),
    delegates: reached.delegates.map((delegate) => delegate.host).toSorted(),
    // For a whole playbook a tag would leave tasks out, and switch on those that are tagged "never".
    tags: unit.kind === "role" || unit.kind === "tasks" ? unit.tags : [],
    startAt: draft.startAt ?? null,
    vars: Object.fromEntries(
      draft.vars.map((each) => [each.name, each.value as JsonValue]),
    ) as StepManifest["vars"],
    secrets: unit.secrets.map((secret) => ({ name: secret.name })),
    become: playsOf(unit).some(
      (play) => play.become || [...play.ansibleTasks, ...(play.handlers ?? [])].some((task) => task.become),
    ),
    check: false,
    timeoutSeconds: deps.stepTimeoutSeconds,
    after: [...draft.after],
    condition: draft.condition,
    ...(parallel === undefined ? {} : { parallel }),
    ...(restart?.expected === true ? { restartsHere: [...restart.sources] } : {}),
    addresses: [...draft.hosts, ...reached.hosts]
      .filter((host) => host.connection === "ssh")
      .map((host) => ({ address: host.address, port: host.port })),
  };
}

/** What may work on the hosts of the step meanwhile. A playbook's tasks may do more than is listed: only operations count as reading. */
function parallelOf(unit: Unit): Parallel | undefined {
  return unit.kind === "operation" && isReadingOperation(unit.name) ? "read" : unit.parallel;
}

/** What freezing found out about a step. */
interface Found {
  readonly manifest: StepManifest;
  readonly reached: Reached;
  readonly restart: RestartHere | undefined;
  readonly fileCount: number;
  /** What freezing could not fix. */
  readonly open: readonly string[];
  readonly ownModules: readonly string[];
  readonly history: UnitHistory;
  readonly extra: Extras;
}

function showStep(deps: PlanDeps, draft: StepDraft, found: Found): PlanStep {
  const { unit, intent } = draft;
  const { manifest } = found;
  const candidate = intent.candidates.find((each) => each.id === unit.id);
  const ansibleTasks = ansibleTasksOf(draft);
  const { become } = manifest;
  const risk = riskOf(deps, draft, { ...found, become, lastRunFailed: found.history.lastRunFailed });
  const seen = ansibleTasks.filter((task) => task.previewable && !task.dynamic).length;
  return {
    index: draft.index,
    text: intent.text,
    verb: intent.verb,
    target: intent.target,
    services: servicesOf(draft),
    unit: {
      id: unit.id,
      kind: unit.kind,
      name: unit.name,
      // What Ansible gets: the tags beside it say which part of it runs.
      path: unit.kind === "operation" ? unit.path : unit.playbook,
      repository: draft.place.read.repository.name,
      confidence: candidate?.confidence ?? intent.confidence,
      evidence: candidate?.evidence ?? "chosen by you",
      sha256: unit.sha256,
    },
    ...(unit.written === undefined ? {} : { written: WrittenPlaybook.parse(unit.written) }),
    inventory: manifest.inventory,
    hosts: manifest.hosts,
    delegates: found.reached.delegates,
    tags: manifest.tags,
    vars: draft.vars.map(({ value, ...rest }) => ({
      ...rest,
      value: value as PlanStep["vars"][number]["value"],
    })),
    ...found.extra,
    secrets: manifest.secrets.map((secret) => secret.name),
    become,
    after: manifest.after,
    condition: manifest.condition,
    ...(draft.startAt === undefined ? {} : { startAt: draft.startAt }),
    ansibleTasks,
    decidedAtRunTime: openOf(draft, found),
    previewable: ansibleTasks.length === 0 ? 1 : seen / ansibleTasks.length,
    previewableAfter: [],
    snapshot: manifest.snapshot,
    fileCount: found.fileCount,
    expected: found.history.expected,
    risk: risk.tier,
    riskReasons: risk.reasons,
  };
}

function openOf({ listing, unused }: StepDraft, { reached, open }: Found): string[] {
  const left = unused.map(
    (name) => `"${name}" from the sentence is not used: no variable of the unit fits it`,
  );
  return [...listing.dynamic, ...reached.notes, ...open, ...left];
}

function vaultOf({ unit, place, hosts, vars }: StepDraft): Pick<PlanStep, "vault"> {
  const passed = [...vars, ...unit.secrets].map((each) => each.name);
  const vault = describeVault({ unit, inventory: place.inventory, hosts, passed });
  return vault === undefined ? {} : { vault };
}

type Extras = Pick<PlanStep, "vault" | "choices" | "settings" | "resources" | "locks" | "estimate">;

/** What people are told beside what is hashed: values, locks, time and resources. */
function extrasOf(
  draft: StepDraft,
  { agents, history }: { agents: readonly Agent[]; history: UnitHistory },
): Extras {
  const { unit, hosts, place } = draft;
  const { needs, choices } = unit;
  const parallel = parallelOf(unit);
  const count = playsOf(unit).reduce((sum, play) => sum + play.ansibleTasks.length, 0);
  const inventory = place.inventory.hosts.map((host) => host.name);
  return {
    ...vaultOf(draft),
    settings: listSettings(draft),
    // What placement takes for the step.
    locks: hosts.map((host) => ({
      host: host.name,
      services: servicesOf(draft),
      ...(parallel === undefined ? {} : { parallel }),
    })),
    estimate: history.expected === null ? estimateStep(count, hosts) : null,
    ...(needs === undefined
      ? {}
      : { resources: compareResources({ unit: { needs, choices }, hosts, inventory, agents }) }),
  };
}

function riskOf(
  deps: PlanDeps,
  draft: StepDraft,
  known: Pick<Found, "manifest" | "reached" | "restart" | "ownModules"> & {
    become: boolean;
    lastRunFailed: boolean;
  },
): ReturnType<typeof decideRisk> {
  const { become, lastRunFailed, manifest, reached, ownModules } = known;
  const { unit, intent, hosts, allHosts } = draft;
  const tasks = playsOf(unit).flatMap((play) => play.ansibleTasks);
  const others = reached.hosts.filter((host) => host.name !== thisMachine);
  return decideRisk({
    verb: intent.verb,
    operation: unit.kind === "operation" ? unit.name : null,
    hosts: hosts.length + others.length,
    delegates: others.map((host) => host.name),
    allHosts,
    // As far as it may reach, not as far as it means to: the guard lets exactly this through.
    thisMachine: manifest.runsHere || [...hosts, ...reached.hosts].some((host) => deps.isThisMachine(host)),
    ansibleTasks: tasks,
    handlers: playsOf(unit).flatMap((play) => play.handlers ?? []),
    restartsHere: known.restart !== undefined,
    become,
    lastRunFailed,
    services: Math.max(servicesOf(draft).length, countRoles(tasks)),
    ownModules,
  });
}

/** Roles whose tasks are among these, as the places of the tasks tell. */
function countRoles(tasks: readonly { source: string }[]): number {
  const roles = tasks.flatMap(({ source }) => /(?:^|\/)roles\/([^/]+)\//.exec(source)?.[1] ?? []);
  return new Set(roles).size;
}

/** An operation is about the service of the sentence; a playbook about what it says itself. */
function servicesOf({ unit, intent, vars }: StepDraft): string[] {
  if (unit.kind !== "operation") return unit.services;
  const service = vars.find((each) => each.name === "chiffon_service")?.value;
  return [typeof service === "string" ? service : intent.target].filter((name) => name !== "");
}

/** Stores a plan of frozen steps as the newest revision of its request; older open ones are superseded. */
export async function storePlan(
  deps: PlanDeps,
  tx: Tx,
  plan: { requestId: string; frozen: readonly FrozenStep[]; notes: string[]; by: Actor; retry?: PlanRetry },
): Promise<string> {
  const at = deps.clock.now();
  const id = deps.newId();
  const revision = await nextRevision(tx, plan.requestId);
  const steps = plan.frozen.map((each) => each.shown);
  const manifest: PlanManifest = {
    format: "chiffon-plan-1",
    planId: id,
    requestId: plan.requestId,
    revision,
    steps: plan.frozen.map((each) => hashStep(each.manifest, deps.sha256)),
  };
  const hash = hashPlan(manifest, deps.sha256);
  const risk: RiskTier = highestRisk(steps.map((step) => step.risk));
  const riskReasons = [
    ...new Set(steps.filter((step) => step.risk === risk).flatMap((step) => step.riskReasons)),
  ];
  await supersedeOthers(deps, tx, plan.requestId);
  await insertPlan(tx, {
    id,
    request_id: plan.requestId,
    revision,
    state: "proposed",
    hash,
    summary: summarise(steps),
    risk,
    document: {
      steps,
      notes: plan.notes,
      riskReasons,
      ...(plan.retry === undefined ? {} : { retry: plan.retry }),
    },
    manifests: { plan: manifest, steps: plan.frozen.map((each) => each.manifest) },
    created_by: plan.by,
    created_at: at,
  });
  await recordAudit(tx, {
    at,
    kind: "plan.proposed",
    actor: plan.by,
    requestId: plan.requestId,
    planId: id,
    services: [...new Set(steps.flatMap((step) => step.services))],
    status: "proposed",
    data: {
      plan_hash: hash,
      revision,
      risk,
      steps: steps.map((step) => ({
        unit: step.unit.id,
        hosts: step.hosts,
        delegates: (step.delegates ?? []).map((delegate) => delegate.host),
        snapshot: step.snapshot,
        vars: step.vars.map((each) => each.name),
      })),
    },
  });
  await tellPlan(tx, { planId: id, state: "proposed", at });
  return id;
}
