import type { Actor } from "../../contracts/actor.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { AnswerRequest, NewRequest, Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainText } from "../../domain/plain-text.ts";
import { splitRequest } from "../../understand/split.ts";
import { recordAudit } from "../audit/record.ts";
import { linkRequest, tellPhase, type Origin } from "../converse/link-sql.ts";
import type { Caller } from "../engine.ts";
import { acceptHostKeys, type OfferedKey } from "../host-keys/sql.ts";
import type { ResolveDeps } from "../inventory/resolve.ts";
import { findReach } from "../plan/reach.ts";
import { freezeSteps, storePlan, type PlanDeps } from "../plan/make.ts";
import { resolveId } from "../plan/sql.ts";
import type { Tx } from "../schema.ts";
import { leaveOut } from "./answers.ts";
import type { Draft } from "./draft.ts";
import { draftWithHosts } from "./draft-with-hosts.ts";
import { addFactSteps } from "./fact-steps.ts";
import { findHostKeyQuestions, type HostKeyDeps } from "./host-key-questions.ts";
import { fingerprintsOf, secretQuestion } from "./questions.ts";
import { readPortals } from "./portals.ts";
import { getRequest, insertRequest, lockOpenRequest, updateRequest } from "./sql.ts";
import { findNearestProblem } from "./nothing-fits.ts";
import { matchWishes, type MatchDeps } from "./match-wishes.ts";
import { createWorld, listHostNames, listNames, type World } from "./world.ts";
import { listOperations } from "../../ansible/operations/operations.ts";
import { failpoint } from "../../ports/failpoint.ts";

export interface RequestDeps extends PlanDeps, HostKeyDeps, MatchDeps, ResolveDeps {
  readonly snapshots: PlanDeps["snapshots"];
  /** Takes known secret values out of a text. */
  readonly redact: (text: string) => Promise<string>;
  readonly ensureSecrets: (
    tx: Tx,
    wish: { declarations: StepSecrets; actor: Actor },
  ) => Promise<{ missing: string[] }>;
}

export type StepSecrets = readonly { name: string; generate: number | null; service: string }[];

/** Records a request and makes its plan, or the questions that stand in the way, at once: without a model that takes milliseconds. */
export async function createRequest(
  deps: RequestDeps,
  caller: Caller,
  body: NewRequest & {
    readonly origin?: Origin;
    readonly intents?: readonly MatchedIntent[];
    /** What is settled about those intents beforehand. */
    readonly answered?: readonly Question[];
  },
): Promise<Request> {
  const text = await deps.redact(plainText(body.text));
  const id = deps.newId();
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    const { replica } = deps;
    await insertRequest(tx, { id, body: { ...body, text }, by: caller.actor, at, replica });
    await recordAudit(tx, {
      at,
      kind: "request.created",
      actor: caller.actor,
      requestId: id,
      data: { text_sha256: deps.sha256(text), priority: body.priority },
    });
    if (body.origin) await linkRequest(tx, { requestId: id, origin: body.origin, at });
  });
  const blank = { id, actor: caller.actor, intents: [], answered: body.answered ?? [], keys: [] };
  failpoint("request.stored");
  try {
    const read = await readText(deps, text, body.intents);
    failpoint("request.matched");
    if (body.origin) {
      const told = { requestId: id, phase: "matched" as const, at: deps.clock.now() };
      await deps.db.transaction().execute((tx) => tellPhase(tx, told));
    }
    return await planOrAsk(deps, { ...blank, ...read });
  } catch (error) {
    // Also after a fault of our own: nobody must wait for a request that nothing reads any more.
    const told = ChiffonError.is(error) ? error : undefined;
    const message =
      told?.message ?? "a fault of Chiffon kept it from reading this request; its log says more";
    const problem = { message, hint: told?.hint ?? "ask again when that is mended" };
    const failed = await settle(deps, blank, { status: "failed", problem, questions: [] });
    if (told) return failed;
    throw error;
  }
}

/** @param known what is meant, where the text only says it for people */
async function readText(
  deps: RequestDeps,
  text: string,
  known?: readonly MatchedIntent[],
): Promise<Pick<Work, "world" | "intents">> {
  const world = createWorld(await deps.catalogues.read(), listOperations());
  if (known) return { world, intents: known };
  const wishes = splitRequest(text, { names: listNames(world), hosts: listHostNames(world) });
  const intents = addFactSteps(await matchWishes(deps, world, wishes), { world });
  return { world: await readPortals(world, intents), intents };
}

/** Takes a person's answers and goes on from there. What throws leaves the request as it was: it can be answered again. */
export async function answerRequest(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string; body: AnswerRequest },
): Promise<Request> {
  const id = await resolveId(deps.db, "request", given.id);
  const request = await getRequest(deps.db, id);
  if (request.status !== "needs_clarification")
    throw new ChiffonError("conflict", "this request has no open question", {
      hint: request.planId === null ? "ask again" : `its plan is ${request.planId.slice(0, 8)}`,
    });
  const body = await cleanAnswers(deps, given.body);
  const answered = takeAnswers(request.questions, body);
  const fresh = new Set(body.answers.map((each) => each.question));
  const keys = await collectAcceptedKeys(
    deps,
    answered.filter((question) => fresh.has(question.id)),
  );
  const now = createWorld(await deps.catalogues.read(), listOperations());
  const world = await readPortals(now, request.intents);
  return await planOrAsk(deps, { id, actor: caller.actor, world, intents: request.intents, answered, keys });
}

/** A secret in an answer would be stored and shown with the plan, so it is refused rather than silently changed. */
async function cleanAnswers(deps: Pick<RequestDeps, "redact">, body: AnswerRequest): Promise<AnswerRequest> {
  const answers = body.answers.map((each) => ({ ...each, value: plainText(each.value) }));
  for (const { question, value } of answers)
    if ((await deps.redact(value)) !== value)
      throw new ChiffonError("bad-input", `the answer to ${question} holds the value of a secret`, {
        hint: "let the playbook declare that secret (# chiffon:secret=NAME) instead of passing its value in the open",
      });
  return { answers };
}

/** A request that is being worked on. */
export interface Work {
  readonly id: string;
  readonly actor: Actor;
  readonly world: World;
  readonly intents: readonly MatchedIntent[];
  /** All questions so far, with their answers. */
  readonly answered: readonly Question[];
  readonly keys: readonly OfferedKey[];
}

/** Makes the plan of these intents, or the questions that stand in its way. */
export async function planOrAsk(deps: RequestDeps, work: Work): Promise<Request> {
  const nothing = findNearestProblem(work.intents, work.world);
  if (nothing) return await settle(deps, work, { status: "failed", problem: nothing, questions: [] });
  if (work.keys.length > 0) await keepKeys(deps, work);
  const answers = new Map(
    work.answered.flatMap((each) => (each.answer === null ? [] : [[each.id, each.answer]])),
  );
  const { intents, world } = work;
  const { draft } = await draftWithHosts(deps, work.actor, { intents, answers, world });
  if (draft.problem)
    return await settle(deps, work, { status: "failed", problem: draft.problem, questions: [] });
  const questions = [...draft.questions, ...(await openQuestions(deps, work, draft))];
  if (questions.length > 0)
    return await settle(deps, work, { status: "needs_clarification", problem: null, questions });
  return await makePlan(deps, work, draft);
}

async function openQuestions(deps: RequestDeps, work: Work, draft: Draft): Promise<Question[]> {
  if (draft.questions.length > 0) return [];
  const declarations = draft.steps.flatMap((step) =>
    step.unit.secrets.map((secret) => ({ ...secret, service: step.unit.name })),
  );
  const missing =
    declarations.length === 0
      ? []
      : await deps.db
          .transaction()
          .execute((tx) => deps.ensureSecrets(tx, { declarations, actor: work.actor }))
          .then((made) => made.missing);
  const secrets = missing.flatMap((name) => {
    const step = draft.steps.find((each) => each.unit.secrets.some((secret) => secret.name === name));
    return step ? [secretQuestion(step.unit, name)] : [];
  });
  const steps = await Promise.all(
    draft.steps.map(async (step) => ({ ...step, reached: (await findReach(deps, step)).hosts })),
  );
  return [...secrets, ...(await findHostKeyQuestions(deps, steps))];
}

async function makePlan(deps: RequestDeps, work: Work, draft: Draft): Promise<Request> {
  const frozen = await freezeSteps(deps, draft.steps);
  failpoint("plan.frozen");
  await deps.db.transaction().execute(async (tx) => {
    await lockOpenRequest(tx, work.id);
    const planId = await storePlan(deps, tx, {
      requestId: work.id,
      frozen,
      notes: draft.notes,
      by: work.actor,
    });
    await updateRequest(tx, work.id, {
      status: "planned",
      intents: work.intents,
      questions: work.answered,
      problem: null,
      planId,
    });
    await tellPhase(tx, { requestId: work.id, phase: "planned", at: deps.clock.now() });
    failpoint("plan.before-commit");
  });
  failpoint("plan.committed");
  return await getRequest(deps.db, work.id);
}

async function settle(
  deps: RequestDeps,
  work: Pick<Work, "id" | "intents" | "answered">,
  end: {
    status: "failed" | "needs_clarification";
    problem: Request["problem"];
    questions: readonly Question[];
  },
): Promise<Request> {
  const open = new Set(end.questions.map((question) => question.id));
  await deps.db.transaction().execute(async (tx) => {
    await lockOpenRequest(tx, work.id);
    await updateRequest(tx, work.id, {
      status: end.status,
      intents: work.intents,
      questions: [...work.answered.filter((each) => !open.has(each.id)), ...end.questions],
      problem: end.problem,
      planId: null,
    });
    await tellPhase(tx, { requestId: work.id, phase: end.status, at: deps.clock.now() });
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: `request.${end.status}`,
      actor: { kind: "system", name: "chiffon", id: null },
      requestId: work.id,
      status: end.status,
      data: {
        questions: end.questions.map((question) => question.id),
        problem: end.problem?.message ?? null,
      },
    });
  });
  return await getRequest(deps.db, work.id);
}

/** The questions with the given answers filled in; throws for an answer that no question allows. */
function takeAnswers(questions: readonly Question[], body: AnswerRequest): Question[] {
  const given = new Map(body.answers.map((each) => [each.question, each]));
  for (const id of given.keys())
    if (!questions.some((question) => question.id === id))
      throw new ChiffonError("bad-input", `there is no question "${id.slice(0, 80)}"`, {
        hint: `open questions: ${questions
          .filter((each) => each.answer === null)
          .map((each) => each.id)
          .join(", ")}`,
      });
  return questions.map((question) => {
    const answer = given.get(question.id);
    if (answer === undefined) return question;
    const { value } = answer;
    if (!question.free && !question.options.some((option) => option.value === value))
      throw new ChiffonError("bad-input", `"${value.slice(0, 80)}" is no answer to: ${question.text}`, {
        hint: `choose one of: ${question.options.map((option) => option.value).join(", ")}`,
      });
    return { ...question, answer: value, ...keptAlways(question, answer) };
  });
}

/** "Always" is a word about units: of nothing else can be known what it would mean next time. */
function keptAlways(
  question: Question,
  { value, always }: AnswerRequest["answers"][number],
): Pick<Question, "always"> {
  if (always !== true) return {};
  if (question.kind === "unit" && value !== leaveOut) return { always };
  throw new ChiffonError("bad-input", `the answer to ${question.id} cannot be kept for always`, {
    hint: "only the choice of a playbook can; answer this one without it",
  });
}

/** The keys that were just accepted: offered again now, and only with exactly the fingerprints of the answer. */
async function collectAcceptedKeys(deps: HostKeyDeps, answered: readonly Question[]): Promise<OfferedKey[]> {
  const accepted: OfferedKey[] = [];
  for (const question of answered) {
    if (question.kind !== "host_key" || question.answer === null) continue;
    if (question.answer === "no")
      throw new ChiffonError("bad-input", "the host's key was not accepted, so nothing can run there", {
        hint: "check the machine and ask again",
      });
    const [, address = "", port = "22"] = /^host_key:(.*):(\d+)$/.exec(question.id) ?? [];
    const keys = await deps.scanHostKeys({ address, port: Number(port) });
    if (keys.length === 0)
      throw new ChiffonError("bad-input", `${address}, port ${port}, does not answer by SSH any more`, {
        hint: "check that it is on and reachable from this machine, then answer again",
      });
    if (fingerprintsOf(keys) !== question.answer)
      throw new ChiffonError("conflict", `${address} now offers another key than the one that was accepted`, {
        hint: "somebody may be between you and it. Check the machine, then ask again",
      });
    accepted.push(...keys);
  }
  return accepted;
}

async function keepKeys(deps: RequestDeps, work: Work): Promise<void> {
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    await acceptHostKeys(tx, { keys: work.keys, by: work.actor, at });
    await recordAudit(tx, {
      at,
      kind: "host-key.accepted",
      actor: work.actor,
      requestId: work.id,
      data: { keys: work.keys.map(({ address, port, fingerprint }) => ({ address, port, fingerprint })) },
    });
  });
}
