import { listOperations } from "../../ansible/operations/operations.ts";
import type { Intent, MatchedIntent } from "../../contracts/intent.ts";
import type { Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainText } from "../../domain/plain-text.ts";
import { readChange, type Change } from "../../understand/change.ts";
import { matchIntents } from "../../understand/match.ts";
import { recordAudit } from "../audit/record.ts";
import type { Caller } from "../engine.ts";
import { getPlan, resolveId } from "../plan/sql.ts";
import { planOrAsk, type RequestDeps } from "./create.ts";
import { draftSteps, leaveOut } from "./draft.ts";
import { findNearestProblem } from "./nothing-fits.ts";
import { readPortals } from "./portals.ts";
import { getRequest, reopenRequest, restorePlanned } from "./sql.ts";
import { createWorld, listHostNames, type World } from "./world.ts";

const revisable = new Set(["proposed", "rejected", "stale", "expired"]);

/**
 * Makes the next revision of a plan from words such as "on web2" or "without step 2". What cannot be understood or planned
 * throws, and leaves plan and request as they were.
 */
export async function revisePlan(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string; instruction: string },
): Promise<Request> {
  const plan = await getPlan(deps.db, await resolveId(deps.db, "plan", given.id));
  if (!revisable.has(plan.state))
    throw new ChiffonError("conflict", `this plan is ${plan.state}: it cannot be changed any more`, {
      hint: "ask for what you want as a new request",
    });
  const request = await getRequest(deps.db, plan.requestId);
  if (request.planId !== plan.id)
    throw new ChiffonError("conflict", "there is a newer revision of this plan", {
      hint: request.planId === null ? "answer its questions first" : `look at ${request.planId.slice(0, 8)}`,
    });
  const instruction = await deps.redact(plainText(given.instruction));
  const now = createWorld(await deps.catalogues.read(), listOperations());
  const revised = revise(request, instruction, now);
  const world = await readPortals(now, revised.intents);
  refuseWhatCannotBe(revised, world);
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    await reopenRequest(tx, { id: request.id, planId: plan.id });
    await recordAudit(tx, {
      at,
      kind: "plan.change-asked",
      actor: caller.actor,
      requestId: request.id,
      planId: plan.id,
      data: { instruction_sha256: deps.sha256(instruction), revision: plan.revision },
    });
  });
  try {
    return await planOrAsk(deps, { id: request.id, actor: caller.actor, world, keys: [], ...revised });
  } catch (error) {
    await restorePlanned(deps.db, { id: request.id, planId: plan.id });
    throw error;
  }
}

interface Revised {
  readonly intents: readonly MatchedIntent[];
  readonly answered: readonly Question[];
}

function revise(request: Request, instruction: string, world: World): Revised {
  const units = [...world.units, ...world.operations];
  const names = units.flatMap((unit) => [unit.name, ...unit.aliases]);
  const hosts = listHostNames(world);
  const change = readChange(instruction, { intents: request.intents, names, hosts });
  if (change.kind === "unclear")
    throw new ChiffonError("bad-input", `I cannot tell what to change: ${change.why}`, {
      hint: 'say for example "on web2", "port 3002", "without step 2" or "and then restart nginx"',
    });
  const intents = matchIntents(applyChange(request.intents, change), {
    units: [...world.units],
    operations: [...world.operations],
    hosts,
  });
  return { intents, answered: answersAfter(request.questions, change) };
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
              params: { ...intent.params, ...change.params },
            }
          : intent,
      );
  }
}

/** A step that is left out keeps its number, as when the answer to its question was to leave it out. */
function answersAfter(
  questions: readonly Question[],
  change: Exclude<Change, { kind: "unclear" }>,
): Question[] {
  if (change.kind === "add") return [...questions];
  const about = new Set(change.intents);
  const kept = questions.filter((question) => question.step === null || !about.has(question.step));
  if (change.kind === "alter")
    return [
      ...kept,
      ...questions.filter((question) => about.has(question.step ?? -1) && question.kind === "unit"),
    ];
  return [...kept, ...change.intents.map(leftOut)];
}

function leftOut(step: number): Question {
  const text = "Left out at a person's wish.";
  return { id: `unit:${step}`, kind: "unit", step, text, options: [], free: true, answer: leaveOut };
}

/** Found out before anything is changed: a request with a plan must not lose it to words that lead nowhere. */
function refuseWhatCannotBe({ intents, answered }: Revised, world: World): void {
  const answers = new Map(answered.flatMap((each) => (each.answer === null ? [] : [[each.id, each.answer]])));
  const problem = findNearestProblem(intents, world) ?? draftSteps(intents, answers, world).problem;
  if (problem) throw new ChiffonError("bad-input", problem.message, { hint: problem.hint });
}
