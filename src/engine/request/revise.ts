import { listOperations } from "../../ansible/operations/operations.ts";
import type { Intent } from "../../contracts/intent.ts";
import type { RevisePlan, StepEdit } from "../../contracts/plan.ts";
import type { Question, Request } from "../../contracts/request.ts";
import type { JsonObject } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainText } from "../../domain/plain-text.ts";
import { readChange, type Change, type Planned } from "../../understand/change.ts";
import { partsOfChange } from "../../understand/talk-revision.ts";
import { wordsOf } from "../../understand/words.ts";
import { recordAudit } from "../audit/record.ts";
import type { Caller } from "../engine.ts";
import { getPlan, resolveId } from "../plan/sql.ts";
import { planOrAsk, type RequestDeps } from "./create.ts";
import { addFactSteps } from "./fact-steps.ts";
import { answersOf, isLeftOut, leftOut } from "./answers.ts";
import { applyEdits, withoutSpared, type Revised } from "./edit-values.ts";
import { draftSteps, type Draft } from "./draft.ts";
import { draftWithHosts } from "./draft-with-hosts.ts";
import { matchWishes } from "./match-wishes.ts";
import { findNearestProblem } from "./nothing-fits.ts";
import { readPortals } from "./portals.ts";
import { getRequest, reopenRequest, restorePlanned } from "./sql.ts";
import { createWorld, findUnit, listHostNames, listNames, type World } from "./world.ts";

const revisable = new Set(["proposed", "rejected", "stale", "expired"]);

/**
 * Makes the next revision of a plan from words such as "on web2" or "without step 2", or from values. What cannot be
 * understood or planned throws, and leaves plan and request as they were.
 */
export async function revisePlan(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string; body: RevisePlan },
): Promise<Request> {
  const plan = await getPlan(deps.db, await resolveId(deps.db, "plan", given.id));
  if (!revisable.has(plan.state))
    throw new ChiffonError("conflict", `this plan is ${plan.state}: it cannot be changed any more`, {
      hint: "ask for what you want as a new request",
    });
  if (plan.retryOf !== undefined)
    throw new ChiffonError("conflict", "this plan tries a part of a run again: it cannot be changed", {
      hint: `retry another part (chiffon run retry ${plan.retryOf.runId.slice(0, 8)}), or ask for what you want as a new request`,
    });
  const request = await getRequest(deps.db, plan.requestId);
  if (request.planId !== plan.id)
    throw new ChiffonError("conflict", "there is a newer revision of this plan", {
      hint: request.planId === null ? "answer its questions first" : `look at ${request.planId.slice(0, 8)}`,
    });
  const wish = { request, body: given.body };
  const { revised, world, said } = await readWish(deps, caller, wish);
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    await reopenRequest(tx, { id: request.id, planId: plan.id, replica: deps.replica });
    await recordAudit(tx, {
      at,
      kind: "plan.change-asked",
      actor: caller.actor,
      requestId: request.id,
      planId: plan.id,
      data: { ...said, revision: plan.revision },
    });
  });
  try {
    return await planOrAsk(deps, { id: request.id, actor: caller.actor, world, keys: [], ...revised });
  } catch (error) {
    await restorePlanned(deps.db, { id: request.id, planId: plan.id });
    throw error;
  }
}

/** What is wanted now, in which world, and what the record says of it: never a value. */
async function readWish(
  deps: RequestDeps,
  caller: Caller,
  { request, body: { instruction = "", edits } }: { request: Request; body: RevisePlan },
): Promise<{ revised: Revised; world: World; said: JsonObject }> {
  const now = await createWorldOf(deps, caller, request);
  if (edits !== undefined) {
    const world = await readPortals(now, request.intents);
    const wanted = Array.isArray(edits) ? edits : [edits];
    await refuseSecretValues(deps, wanted);
    const revised = applyEdits(request, wanted, world);
    refuseWhatCannotBe(request, { revised, world });
    return { revised, world, said: { edits: wanted.map(inRecord) } };
  }
  const words = await deps.redact(plainText(instruction));
  const revised = await revise(deps, request, { instruction: words, world: now });
  const world = await readPortals(now, revised.intents);
  refuseWhatCannotBe(request, { revised, world });
  return { revised, world, said: { instruction_sha256: deps.sha256(words) } };
}

/** The repositories as they are now, with what the dynamic inventories of this plan say now. */
async function createWorldOf(deps: RequestDeps, { actor }: Caller, request: Request): Promise<World> {
  const read = createWorld(await deps.catalogues.read(), listOperations());
  const planned = { intents: request.intents, answers: answersOf(request.questions), world: read };
  return (await draftWithHosts(deps, actor, planned)).world;
}

/** A secret in a value would be stored and shown with the plan. */
export async function refuseSecretValues(
  deps: RequestDeps,
  edits: readonly Pick<StepEdit, "vars">[],
): Promise<void> {
  const text = JSON.stringify(edits.map((edit) => edit.vars ?? {}));
  if ((await deps.redact(text)) === text) return;
  throw new ChiffonError("bad-input", "one of the values holds the value of a secret", {
    hint: "let the playbook declare that secret (# chiffon:secret=NAME) instead of passing its value in the open",
  });
}

const inRecord = ({ step, vars = {}, hosts = [], skip }: StepEdit): JsonObject => ({
  step,
  vars: Object.keys(vars).slice(0, 100),
  hosts: hosts.slice(0, 100),
  skip: skip === true,
});

/** Several changes in one sentence follow one another; each is read as if it stood alone. */
async function revise(
  deps: RequestDeps,
  request: Request,
  { instruction, world }: { instruction: string; world: World },
): Promise<Revised> {
  const parts = partsOfChange(instruction, plannedWords(request, world));
  let intents: readonly Intent[] = request.intents;
  let answered = request.questions;
  let params: Readonly<Record<string, string>> = {};
  for (const part of parts.length > 0 ? parts : [instruction]) {
    const change = readChange(part, { ...plannedWords({ ...request, questions: answered }, world), intents });
    if (change.kind === "unclear")
      throw new ChiffonError("bad-input", `I cannot tell what to change: ${change.why}`, {
        hint: 'say for example "on web2", "port 3002", "without step 2" or "and then restart nginx"',
      });
    intents = applyChange(intents, change);
    answered = answersAfter(answered, change);
    if (change.kind === "alter") params = { ...params, ...change.params };
  }
  const matched = await matchWishes(deps, world, intents);
  const from = request.intents.length;
  return { intents: addFactSteps(matched, { world, from }), answered, params };
}

/** What words about a plan can name: its wishes with the variables that their units take, and the hosts. */
export function plannedWords(request: Pick<Request, "intents" | "questions">, world: World): Planned {
  const answers = answersOf(request.questions);
  const chosen = request.intents.map((intent, index) => {
    const id = answers.get(`unit:${index}`) ?? intent.candidates[0]?.id;
    return id === undefined ? undefined : findUnit(world, id);
  });
  const inventories = world.read.flatMap((each) => each.catalogue.inventories);
  const hosts = inventories.flatMap((inventory) => inventory.hosts);
  const [local, another] = new Set(hosts.flatMap((host) => (host.connection === "local" ? [host.name] : [])));
  return {
    intents: request.intents,
    names: listNames(world),
    hosts: [
      ...listHostNames(world),
      ...inventories.flatMap((inventory) => inventory.groups.map((group) => group.name)),
    ],
    variables: chosen.map((unit) => unit?.vars.map((variable) => variable.name) ?? []),
    units: chosen.map((unit) => unit?.name ?? ""),
    shown: request.intents.flatMap((_, index) => (isLeftOut(answers, index) ? [] : [index])),
    local: another === undefined && !hosts.some((host) => host.name === "localhost") ? local : undefined,
  };
}

function applyChange(before: readonly Intent[], change: Exclude<Change, { kind: "unclear" }>): Intent[] {
  switch (change.kind) {
    case "leave-out":
      return [...before];
    case "add": {
      const count = before.length;
      const last = count - 1;
      const added = change.intents.map((intent) => ({
        ...intent,
        after: intent.after.length > 0 ? intent.after.map((index) => index + count) : [last],
      }));
      return [...before, ...added];
    }
    case "alter":
      return before.map((intent, index) =>
        change.intents.includes(index)
          ? {
              ...intent,
              hosts: change.hosts.length > 0 ? [...change.hosts] : intent.hosts,
              params: {
                ...(change.hosts.length > 0 ? withoutSpared(intent.params) : intent.params),
                ...change.params,
              },
            }
          : intent,
      );
  }
}

/** Answers that still say what is wanted. */
function answersAfter(
  questions: readonly Question[],
  change: Exclude<Change, { kind: "unclear" }>,
): Question[] {
  if (change.kind === "add") return [...questions];
  const about = new Set(change.intents);
  if (change.kind === "alter")
    return questions.filter((each) => each.step === null || !about.has(each.step) || outlives(each, change));
  const kept = questions.filter((question) => question.step === null || !about.has(question.step));
  return [...kept, ...change.intents.map(leftOut)];
}

/** Whether an answer still says what is wanted: not for hosts and variables that now have other values. */
function outlives({ id, kind }: Question, change: Extract<Change, { kind: "alter" }>): boolean {
  if (kind === "hosts") return change.hosts.length === 0 && change.params["not"] === undefined;
  if (kind !== "variable") return true;
  const variable = wordsOf(id.split(":").slice(2).join(":"));
  return !Object.keys(change.params).some(
    (name) => variable.slice(-wordsOf(name).length).join() === wordsOf(name).join(),
  );
}

/** Found out before anything is changed: a request with a plan must not lose it to words that lead nowhere. */
function refuseWhatCannotBe(request: Request, now: { revised: Revised; world: World }): void {
  const { revised, world } = now;
  const draft = draftSteps(revised.intents, answersOf(revised.answered), world);
  const problem = findNearestProblem(revised.intents, world) ?? draft.problem;
  if (problem) throw new ChiffonError("bad-input", problem.message, { hint: problem.hint });
  const before = draftSteps(request.intents, answersOf(request.questions), world);
  if (draft.questions.length > 0 || essenceOf(before) !== essenceOf(draft)) return;
  const said = Object.entries(revised.params).map(([name, value]) => `"${name} ${value}"`);
  const taken = [...new Set(draft.steps.flatMap((step) => step.unit.vars.map((variable) => variable.name)))];
  const unused = draft.steps.some((step) => step.unused.length > 0) && said.length > 0;
  if (unused)
    throw new ChiffonError("bad-input", `no step of this plan takes ${said.join(" or ")}`, {
      hint:
        taken.length === 0
          ? "its playbooks have no variable that could be set"
          : `what can be set: ${taken.slice(0, 12).join(", ")}${taken.length > 12 ? ", …" : ""}`,
    });
  throw new ChiffonError("bad-input", "that would change nothing: the plan says so already", {
    hint: "read the plan once more, or say what else should be different",
  });
}

/** What a draft would do, without where it was read. */
function essenceOf({ steps }: Draft): string {
  return JSON.stringify(
    steps.map(({ unit, hosts, vars, after, condition }) => [
      unit.id,
      hosts.map((host) => host.name),
      vars.map(({ name, value }) => [name, value]),
      after,
      condition,
    ]),
  );
}
