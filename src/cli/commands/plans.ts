import { InvalidArgumentError, Option, type Command } from "commander";
import { PlanState, type Plan } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { approveCommand, describePlan, nextSteps } from "../plan-card.ts";
import { localTime, shortId, table } from "../text.ts";
import { registerDiff } from "./plan-diff.ts";
import { previewCommand, previewSummary } from "../plan-preview-view.ts";
import { registerPreview } from "./plan-preview.ts";
import { registerMake } from "./plan-make.ts";
import { registerRevise } from "./plan-revise.ts";
import { finishPlan } from "./wait-for-plan.ts";
import { limitOption } from "./shared.ts";
import { getTypedName } from "./typed-name.ts";

interface ApproveFlags extends CommonFlags {
  readonly hash?: string;
  readonly type?: string;
  readonly stopBefore: readonly number[];
  readonly comment?: string;
  readonly wait?: boolean;
  readonly user?: string;
}

/** `plan`: look at plans and decide about them. */
export function registerPlans(program: Command, context: CliContext): void {
  const plans = program.command("plan").description("look at plans, approve and reject them");
  describe(plans.command("list", { isDefault: true }), "plans, newest first", [
    "chiffon plan list --state proposed",
  ])
    .addOption(new Option("--state <state>", "only plans in this state").choices(PlanState.options))
    .addOption(limitOption())
    .action(act(context, listPlans));
  describe(plans.command("show <plan>"), "a plan with everything that its approval covers", [
    "chiffon plan show 1a2b3c4d",
  ]).action(
    act(context, async (session, _flags: CommonFlags, id: string) => {
      const { api, out, me } = session;
      const plan = await api.plans.get(id);
      if (out.json) out.object(plan);
      else {
        out.data(...describePlan(plan, out.style, { tasks: true }), ...(await previewLines(session, plan)));
        out.note("", ...nextSteps(plan, me, session.context.isTerminal));
      }
      return exitCodes.ok;
    }),
  );
  registerApprove(plans, context);
  registerMake(plans, context);
  registerRevise(plans, context);
  registerDiff(plans, context);
  registerPreview(plans, context);
  describe(plans.command("reject <plan>"), "reject a plan; it can never run", [
    'chiffon plan reject 1a2b3c4d --reason "not before Monday"',
  ])
    .requiredOption("--reason <text>", "why; recorded and shown")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(
      act(context, async (session, flags: CommonFlags & { reason: string; user?: string }, id: string) => {
        const { api, out } = session;
        const plan = await withPassword(session, { user: flags.user }, () =>
          api.plans.reject(id, flags.reason),
        );
        if (out.json) out.object(plan);
        else out.data(`plan ${shortId(plan.id)} ${plan.state}`);
        return exitCodes.ok;
      }),
    );
}

/** How the preview of each step stands; plans that were decided long ago have none. */
async function previewLines({ api, me }: Session, plan: Plan): Promise<string[]> {
  if (plan.state !== "proposed" && plan.state !== "approved") return [];
  const { steps } = await api.plans.preview(plan.id).catch((error: unknown) => {
    // A server of an earlier version has no previews.
    if (ChiffonError.is(error) && error.code === "not-found") return { steps: [] };
    throw error;
  });
  const shown = steps.filter((step) => plan.state === "proposed" || step.state !== "none");
  if (shown.length === 0) return [];
  return [
    "",
    `Preview:  ${previewCommand(plan, me)}`,
    ...shown.flatMap((step) => {
      const [first = "", ...more] = previewSummary(step);
      return [`     step ${step.step + 1}: ${first}`, ...more.map((line) => `       ${line}`)];
    }),
  ];
}

function registerApprove(plans: Command, context: CliContext): void {
  describe(
    plans.command("approve <plan>"),
    "approve exactly the plan that was shown; it runs once. Needs --hash, or a terminal, which shows the plan and asks",
    ["chiffon plan approve 1a2b3c4d", "chiffon plan approve 1a2b3c4d --hash 9f86d081884c --wait"],
  )
    .option("--hash <prefix>", "beginning of the plan's hash, 8 characters or more, as plan show prints it")
    .option("--type <name>", "the name that plans of high risk ask to type")
    .addOption(
      new Option(
        "--stop-before <step>",
        "stop before this step, show its preview and ask again; the first is 1",
      )
        .argParser(collectStep)
        .default([], "nowhere"),
    )
    .option("--comment <text>", "recorded with the approval")
    .option("--wait", "follow the run; the exit code is its outcome")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(act(context, approve));
}

async function listPlans(
  { api, out }: Session,
  flags: CommonFlags & { state?: PlanState; limit: number },
): Promise<number> {
  const { items } = await api.plans.list({
    limit: flags.limit,
    ...(flags.state === undefined ? {} : { state: flags.state }),
  });
  if (out.json) out.object(items);
  else if (items.length === 0)
    out.note('There are no plans. Ask for something: chiffon ask "Deploy the status page"');
  else {
    const columns = [
      { title: "plan" },
      { title: "state" },
      { title: "risk" },
      { title: "made" },
      { title: "what", flexible: true },
    ];
    const rows = items.map((plan) => [
      shortId(plan.id),
      plan.state,
      plan.risk,
      localTime(plan.createdAt),
      `${plan.summary} ("${plan.requestText}")`,
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

async function approve(session: Session, flags: ApproveFlags, id: string): Promise<number> {
  const { api, out, me } = session;
  if (flags.hash !== undefined && !/^[0-9a-f]{8,64}$/i.test(flags.hash)) {
    throw new UsageError("--hash takes 8 to 64 hexadecimal digits: the beginning of the plan's hash");
  }
  const plan = await api.plans.get(id);
  if (plan.state !== "proposed" && plan.state !== "approved") throw decided(plan, me);
  const typed = await decide(session, { plan, flags });
  if (typed === undefined) {
    out.note(`Nothing was approved. The plan still waits: ${me} plan show ${shortId(plan.id)}`);
    return exitCodes.waiting;
  }
  const approved = await withPassword(session, { user: flags.user }, () =>
    api.plans.approve(plan.id, {
      hash: plan.hash,
      ...(typed.name === null ? {} : { typed: typed.name }),
      ...(flags.comment === undefined ? {} : { comment: flags.comment }),
      ...(flags.stopBefore.length === 0 ? {} : { stopBefore: flags.stopBefore.map((step) => step - 1) }),
    }),
  );
  out.note(`plan ${shortId(approved.id)} approved`);
  if (flags.wait === true) {
    const { exitCode, run } = await finishPlan(session, approved);
    if (out.json) out.object(run ?? approved);
    return exitCode;
  }
  if (out.json) out.object(approved);
  else {
    if (approved.runId !== null) out.data(approved.runId);
    out.note(...nextSteps(approved, me, session.context.isTerminal));
  }
  return exitCodes.ok;
}

/** The name that was typed, null where none is asked for; undefined when the person does not want it. */
async function decide(
  session: Session,
  { plan, flags }: { plan: Plan; flags: ApproveFlags },
): Promise<{ name: string | null } | undefined> {
  const { context, out, ask, me } = session;
  const wanted = plan.approvalForm.typed;
  if (flags.hash === undefined) {
    if (!context.isTerminal || out.json) {
      throw new UsageError(
        `without a terminal the approval needs --hash; read the plan first: ${me} plan show ${shortId(plan.id)}`,
      );
    }
    out.note(...describePlan(plan, out.style, { tasks: true }), "");
  } else if (!plan.hash.startsWith(flags.hash.toLowerCase())) {
    throw new ChiffonError("hash-mismatch", `The plan's hash is ${plan.hash}, and --hash is ${flags.hash}.`, {
      hint: `It is not the plan that you read. Read it: ${me} plan show ${shortId(plan.id)}`,
    });
  }
  if (plan.state === "approved") return { name: flags.type ?? null };
  if (wanted !== null) {
    const command = approveCommand(plan, me, { typed: true });
    return { name: await getTypedName(session, { risk: plan.risk, wanted, given: flags.type, command }) };
  }
  if (flags.hash !== undefined) return { name: flags.type ?? null };
  return (await ask.confirm("Approve exactly this plan? It runs at once.")) ? { name: null } : undefined;
}

function collectStep(text: string, steps: readonly number[]): readonly number[] {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 2) return [...steps, number];
  throw new InvalidArgumentError("the number of a step, from 2: nothing comes before the first");
}

function decided(plan: Plan, me: string): ChiffonError {
  const reason = plan.reason === null ? "" : `: ${plan.reason}`;
  const code = plan.state === "stale" ? "plan-stale" : plan.state === "expired" ? "plan-expired" : "conflict";
  return new ChiffonError(code, `Plan ${shortId(plan.id)} is ${plan.state}${reason}.`, {
    hint: nextSteps(plan, me)[0] ?? `Look at it: ${me} plan show ${shortId(plan.id)}`,
  });
}
