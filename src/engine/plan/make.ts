import type { Actor } from "../../contracts/actor.ts";
import type { PlanManifest, PlanStep, StepManifest } from "../../contracts/plan.ts";
import type { RiskTier } from "../../contracts/vocabulary.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";
import { hashPlan, hashStep, type Sha256Hex } from "../../domain/plan-hash.ts";
import { decideRisk, highestRisk } from "../../domain/risk.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { StepDraft } from "../request/draft.ts";
import type { Tx } from "../schema.ts";
import { expectStepChoices, type ChoiceDeps } from "./choices.ts";
import { freezeStep, operationsFolder, type FreezeDeps, type StepChoice } from "./freeze.ts";
import { findHistory } from "./history-sql.ts";
import { insertPlan, nextRevision } from "./sql.ts";
import { decidePreviewableAfter } from "./previewable.ts";
import { supersedeOthers } from "./supersede-sql.ts";
import { tellPlan } from "./state.ts";
import { summarise } from "./summary.ts";
import { findStepWayBack } from "./way-back.ts";

export interface PlanDeps extends CoreDeps, FreezeDeps, ChoiceDeps {
  readonly sha256: Sha256Hex;
  /** True for the machine that Chiffon itself runs on. */
  readonly isThisMachine: (host: { name: string; connection: string; address: string }) => boolean;
  /** Longest time that one step may take, in seconds. */
  readonly stepTimeoutSeconds: number;
}

interface FrozenStep {
  readonly manifest: StepManifest;
  readonly shown: PlanStep;
}

/** Freezes every step of a draft: snapshots, versions, risk. Reads much and changes nothing but the snapshot store. */
export async function freezeSteps(deps: PlanDeps, drafts: readonly StepDraft[]): Promise<FrozenStep[]> {
  const frozen: FrozenStep[] = [];
  for (const draft of drafts) {
    const { manifest, files } = await freezeStep(deps, choiceOf(deps, draft));
    const history = await findHistory(deps.db, draft.unit.id);
    const choices = await expectStepChoices(deps, draft, history.expected !== null);
    const found = { manifest, fileCount: files.length, history, choices };
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

function choiceOf(deps: PlanDeps, draft: StepDraft): StepChoice {
  const { unit, place } = draft;
  const operation = unit.kind === "operation";
  return {
    step: draft.index,
    unit: unit.id,
    repository: place.read.repository.name,
    project: operation ? "." : unit.project,
    playbook: operation ? `${operationsFolder}/${unit.playbook}` : unit.playbook,
    inventory: place.inventory.path,
    hosts: draft.hosts.map((host) => host.name),
    // For a whole playbook a tag would leave tasks out, and switch on those that are tagged "never".
    tags: unit.kind === "role" || unit.kind === "tasks" ? unit.tags : [],
    startAt: null,
    vars: Object.fromEntries(
      draft.vars.map((each) => [each.name, each.value as JsonValue]),
    ) as StepManifest["vars"],
    secrets: unit.secrets.map((secret) => ({ name: secret.name })),
    become: unit.plays.some((play) => play.become || play.ansibleTasks.some((task) => task.become)),
    check: false,
    timeoutSeconds: deps.stepTimeoutSeconds,
    after: [...draft.after],
    condition: draft.condition,
    addresses: draft.hosts
      .filter((host) => host.connection === "ssh")
      .map((host) => ({ address: host.address, port: host.port })),
  };
}

function showStep(
  deps: PlanDeps,
  draft: StepDraft,
  found: {
    manifest: StepManifest;
    fileCount: number;
    history: Awaited<ReturnType<typeof findHistory>>;
    choices: NonNullable<PlanStep["choices"]>;
  },
): PlanStep {
  const { unit, intent } = draft;
  const { manifest } = found;
  const candidate = intent.candidates.find((each) => each.id === unit.id);
  const ansibleTasks = unit.plays.flatMap((play) => play.ansibleTasks);
  const { become } = manifest;
  const risk = riskOf(deps, draft, { become, lastRunFailed: found.history.lastRunFailed });
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
    },
    inventory: manifest.inventory,
    hosts: manifest.hosts,
    tags: manifest.tags,
    vars: draft.vars.map(({ name, value, source }) => ({
      name,
      value: value as PlanStep["vars"][number]["value"],
      source,
    })),
    choices: found.choices,
    secrets: manifest.secrets.map((secret) => secret.name),
    become,
    after: manifest.after,
    condition: manifest.condition,
    ansibleTasks,
    decidedAtRunTime: [
      ...draft.listing.dynamic,
      ...draft.unused.map(
        (name) => `"${name}" from the sentence is not used: no variable of the unit fits it`,
      ),
    ],
    previewable: ansibleTasks.length === 0 ? 1 : seen / ansibleTasks.length,
    previewableAfter: [],
    snapshot: manifest.snapshot,
    fileCount: found.fileCount,
    expected: found.history.expected,
    risk: risk.tier,
    riskReasons: risk.reasons,
  };
}

function riskOf(
  deps: PlanDeps,
  { unit, intent, hosts, allHosts }: StepDraft,
  known: { become: boolean; lastRunFailed: boolean },
): ReturnType<typeof decideRisk> {
  return decideRisk({
    verb: intent.verb,
    operation: unit.kind === "operation" ? unit.name : null,
    hosts: hosts.length,
    allHosts,
    thisMachine: hosts.some((host) => deps.isThisMachine(host)),
    ansibleTasks: unit.plays.flatMap((play) => play.ansibleTasks),
    ...known,
  });
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
  plan: { requestId: string; frozen: readonly FrozenStep[]; notes: string[]; by: Actor },
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
    document: { steps, notes: plan.notes, riskReasons },
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
        snapshot: step.snapshot,
        vars: step.vars.map((each) => each.name),
      })),
    },
  });
  await tellPlan(tx, { planId: id, state: "proposed", at });
  return id;
}
