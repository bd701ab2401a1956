import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Plan } from "../../contracts/plan.ts";
import type { Request } from "../../contracts/request.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodeOfPlan, exitCodes } from "../exit-codes.ts";
import { describePlan, nextSteps } from "../plan-card.ts";
import { oneLine } from "../text.ts";
import { askQuestions, describeQuestions, openQuestions, parseAnswer } from "./questions.ts";
import { finishPlan, waitForDecision } from "./wait-for-plan.ts";

/** What may follow a command that makes a plan. */
export interface PlanFlags extends CommonFlags {
  readonly wait?: boolean;
  readonly planOnly?: boolean;
}

interface AskFlags extends PlanFlags {
  readonly priority: number;
  readonly answer: readonly string[];
}

interface AnswerFlags extends PlanFlags {
  readonly always?: boolean;
}

type Answers = ReturnType<typeof parseAnswer>[];

/** `ask` and `answer`: from a sentence to a plan. */
export function registerAsk(program: Command, context: CliContext): void {
  withPlanFlags(
    describe(
      program.command("ask <text...>"),
      "ask for a change in plain words and get a plan; nothing runs before it is approved",
      [
        'chiffon ask "Deploy the status page"',
        'chiffon ask "Restart nginx on web1" --wait',
        'chiffon ask "Update the status page" --plan-only --json',
      ],
    ),
  )
    .option("--priority <number>", "1 (can wait) to 5 (most urgent)", parsePriority, 3)
    .addOption(
      new Option("--answer <id=value>", "answer to a question that will come; may be given several times")
        .argParser(collect)
        .default([], "none"),
    )
    .action(
      act(context, async (session, flags: AskFlags, words: string[]) => {
        const answers = flags.answer.map(parseAnswer);
        const body = { text: words.join(" "), priority: flags.priority, highValue: false };
        return goOn(session, { request: await session.api.requests.create(body), answers, flags });
      }),
    );
  withPlanFlags(
    describe(program.command("answer <request> <id=value...>"), "answer the questions of a request", [
      "chiffon answer 3f1b0f6e-6f2c-4b53-9f0c-0d6f5d2f6b1a unit:0=homelab:playbooks/status-page.yml",
    ]),
  )
    .option("--always", "take the playbook that is chosen here for these words from now on, without asking")
    .action(
      act(context, async (session, flags: AnswerFlags, ...[id, given]: [string, string[]]) => {
        const answers = given.map(parseAnswer).map((answer) => keepAlways(answer, flags));
        const request = await session.api.requests.answer(id, { answers });
        return goOn(session, { request, answers: [], flags });
      }),
    );
}

/** "Always" is said about choices of playbooks; ids of such questions begin with `unit:`. */
function keepAlways(
  answer: Answers[number],
  { always }: AnswerFlags,
): Answers[number] & { readonly always?: boolean } {
  return always === true && answer.question.startsWith("unit:") ? { ...answer, always } : answer;
}

export function withPlanFlags(command: Command): Command {
  return command
    .option(
      "--wait",
      "wait until somebody approves or rejects the plan, then follow its run; the exit code is its outcome",
    )
    .option("--plan-only", "exit with 0 when there is a plan, and not with 6");
}

/** A request on its way to a plan. */
interface Asked {
  readonly request: Request;
  readonly answers: Answers;
  readonly flags: PlanFlags;
}

/** Asks what is open where there is a terminal, then shows the plan, or says why there is none. Returns the exit code. */
export async function goOn(session: Session, asked: Asked): Promise<number> {
  const { api, out, me } = session;
  const request = await settle(session, asked);
  switch (request.status) {
    case "planned":
      if (request.planId !== null)
        return showPlan(session, { request, plan: await api.plans.get(request.planId), flags: asked.flags });
      return fail(session, request);
    case "needs_clarification":
      if (out.json) out.object({ request, plan: null, run: null });
      else out.data(...describeQuestions(request, me));
      return exitCodes.waiting;
    case "failed":
    case "parsing":
      return fail(session, request);
    default:
      return request.status satisfies never;
  }
}

/** Answers what can be answered, until there is a plan or a person is needed. */
async function settle(session: Session, { request: asked, answers }: Asked): Promise<Request> {
  const { api, out, context } = session;
  let request = asked;
  let left = answers;
  for (;;) {
    while (request.status === "parsing") {
      await sleep(500, undefined, { signal: context.signal });
      request = await api.requests.get(request.id);
    }
    const open = openQuestions(request);
    if (request.status !== "needs_clarification" || open.length === 0) break;
    const ids = new Set(open.map((question) => question.id));
    const fitting = left.filter((answer) => ids.has(answer.question));
    left = left.filter((answer) => !ids.has(answer.question));
    if (fitting.length > 0) request = await api.requests.answer(request.id, { answers: fitting });
    else if (context.isTerminal && !out.json) {
      request = await api.requests.answer(request.id, { answers: await askQuestions(session, open) });
    } else break;
  }
  for (const answer of left)
    out.note(`Nothing asked for "${oneLine(answer.question)}"; this answer was not used.`);
  return request;
}

function fail({ out }: Session, request: Request): number {
  if (out.json) out.object({ request, plan: null, run: null });
  out.note(
    `chiffon: ${oneLine(request.problem?.message ?? "There is no plan, and the server does not say why.")}`,
  );
  if (request.problem !== null) out.note(`  ${oneLine(request.problem.hint)}`);
  return exitCodes.failed;
}

async function showPlan(
  session: Session,
  { request, plan, flags }: { request: Request; plan: Plan; flags: PlanFlags },
): Promise<number> {
  const { out, me } = session;
  if (!out.json) out.data(...describePlan(plan, out.style));
  if (flags.wait === true) {
    const decided = await waitForDecision(session, plan);
    const { exitCode, run } = await finishPlan(session, decided);
    if (out.json) out.object({ request, plan: decided, run });
    return exitCode;
  }
  if (out.json) out.object({ request, plan, run: null });
  else out.note("", ...nextSteps(plan, me, session.context.isTerminal));
  return flags.planOnly === true ? exitCodes.ok : exitCodeOfPlan(plan.state);
}

function parsePriority(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 5) return number;
  throw new InvalidArgumentError("a priority is a number from 1 to 5");
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}
