import type { Command } from "commander";
import { isEnded, isSettled } from "../../domain/run/states.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { parseStep } from "../parse-step.ts";
import { createRunOutput } from "../run-output.ts";
import { continueCommand, describePreview, getPreview } from "../preview-view.ts";
import { describeRun } from "../run-view.ts";
import { duration, localTime, oneLine, shortId, table } from "../text.ts";
import { watchRun } from "../watch.ts";
import { goOn, withPlanFlags, type PlanFlags } from "./ask.ts";
import { registerContinue } from "./continue-run.ts";
import { registerMark } from "./mark-run.ts";
import { registerPause } from "./pause-run.ts";
import { registerProbe } from "./probe-run.ts";
import { describeRetry, registerRetry } from "./retry-run.ts";
import { limitOption } from "./shared.ts";

/** `run`: look at runs, follow and cancel them. */
export function registerRuns(program: Command, context: CliContext): void {
  const runs = program
    .command("run")
    .description("look at runs; follow, pause, cancel, retry and take them back");
  describe(runs.command("list", { isDefault: true }), "runs, newest first", ["chiffon run list --limit 10"])
    .addOption(limitOption())
    .action(act(context, listRuns));
  describe(runs.command("show <run>"), "a run with its tasks, and the result per host and Ansible task", [
    "chiffon run show 1a2b3c4d",
  ]).action(act(context, showRun));
  describe(
    runs.command("watch <run>"),
    "follow a run: Ansible's output on stdout (--json: its events), the exit code is its outcome. Ctrl-C stops watching, not the run",
    ["chiffon run watch 1a2b3c4d"],
  ).action(
    act(context, async (session, flags: CommonFlags, id: string) => {
      const run = await session.api.runs.get(id);
      return (await watchRun(session, run, flags.json === true ? "events" : "output")).exitCode;
    }),
  );
  describe(runs.command("logs <run>"), "Ansible's own output of a run (--json: one object per piece)", [
    "chiffon run logs 1a2b3c4d",
    "chiffon run logs 1a2b3c4d -f",
  ])
    .option("-f, --follow", "go on until the run has ended")
    .option("--after <offset>", "begin behind this many characters", parseOffset, 0)
    .action(act(context, showLog));
  registerContinue(runs, context);
  registerPause(runs, context);
  registerProbe(runs, context);
  registerMark(runs, context);
  registerRetry(runs, context);
  withPlanFlags(
    describe(
      runs.command("rollback <run>"),
      "ask for a run to be taken back: makes a plan of the way back of each step that changed something; nothing runs before that plan is approved",
      ["chiffon run rollback 1a2b3c4d", "chiffon run rollback 1a2b3c4d --wait"],
    ),
  ).action(
    act(context, async (session, flags: PlanFlags, id: string) =>
      goOn(session, { request: await session.api.runs.rollback(id), answers: [], flags }),
    ),
  );
  describe(runs.command("cancel <run>"), "stop a run, or one step of it", [
    'chiffon run cancel 1a2b3c4d --reason "wrong host"',
    "chiffon run cancel 1a2b3c4d --step 2",
  ])
    .option("--step <number>", "only this step: what waits for it is skipped, the rest goes on", parseStep)
    .option("--reason <text>", "why; recorded and shown")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(act(context, cancelRun));
}

async function listRuns({ api, out }: Session, flags: CommonFlags & { limit: number }): Promise<number> {
  const { items } = await api.runs.list({ limit: flags.limit });
  if (out.json) out.object(items);
  else if (items.length === 0) out.note("There are no runs: a run begins when a plan is approved.");
  else {
    const columns = [
      { title: "run" },
      { title: "state" },
      { title: "started" },
      { title: "took", right: true },
      { title: "what", flexible: true },
    ];
    const rows = items.map((run) => [
      shortId(run.id),
      run.state,
      localTime(run.startedAt),
      run.startedAt === null
        ? "-"
        : duration((run.endedAt === null ? Date.now() : Date.parse(run.endedAt)) - Date.parse(run.startedAt)),
      `${run.purpose === "preview" ? "preview: " : ""}${run.requestText}${run.reason === null ? "" : ` (${run.reason})`}`,
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

async function showRun({ api, out, me }: Session, _flags: CommonFlags, id: string): Promise<number> {
  const run = await api.runs.get(id);
  const hosts = await api.runs.hosts(run.id);
  const exitCode = run.state === "paused" ? exitCodes.waiting : exitCodes.ok;
  if (out.json) {
    out.object({ ...run, hosts });
    return exitCode;
  }
  const seen = { now: Date.now(), style: out.style, width: out.width };
  out.data(...describeRun(run, { ...seen, hosts }));
  const waiting = run.stops.filter((stop) => stop.state === "waiting");
  const typed = waiting.length > 0 ? (await api.plans.get(run.planId)).approvalForm.typed : null;
  for (const stop of waiting) {
    const preview = await getPreview(api, stop);
    if (preview !== undefined) out.data("", ...describePreview(preview, seen));
    out.note("", `Go on with step ${stop.step + 1}: ${continueCommand(run, stop, { me, typed })}`);
  }
  const short = shortId(run.id);
  if (run.pause != null) out.note("", `Go on:    ${me} run resume ${short}`);
  const retry = describeRetry(run, me);
  if (retry.length > 0) out.note("", ...retry);
  if (!isEnded(run.state)) out.note("", `Watch:    ${me} run watch ${short}`);
  else if (run.removed == null) out.note("", `Output:   ${me} run logs ${short}`);
  return exitCode;
}

async function showLog(
  { api, out, context }: Session,
  flags: CommonFlags & { follow?: boolean; after: number },
  id: string,
): Promise<number> {
  const { id: runId } = await api.runs.get(id);
  const colours = context.stdout.isTTY === true && out.style("red", "x") !== "x";
  const output = createRunOutput({ colours });
  const piece = { taskId: runId, attempt: 1, offset: 0, length: 0 };
  let after = flags.after;
  for (;;) {
    const log = await api.runs.log(runId, after);
    if (out.json) out.record(log);
    else await out.text(output.push({ ...piece, text: log.text })?.text ?? "");
    if (log.removed !== undefined && !out.json)
      out.note(`The output of this run was ${oneLine(log.removed.reason)}. Its record and results stay.`);
    const stuck = log.next <= after;
    after = log.next;
    if (log.end || (stuck && flags.follow !== true)) break;
    if (stuck) await sleep(1_000, undefined, { signal: context.signal });
  }
  if (!out.json) await out.text(output.end(runId)?.text ?? "");
  return exitCodes.ok;
}

async function cancelRun(
  session: Session,
  flags: CommonFlags & { reason?: string; user?: string; step?: number },
  id: string,
): Promise<number> {
  const { api, out, me } = session;
  if (flags.step !== undefined) return await cancelStep(session, { ...flags, step: flags.step }, id);
  const run = await withPassword(session, { user: flags.user }, () => api.runs.cancel(id, flags.reason));
  if (out.json) out.object(run);
  else {
    out.data(`run ${shortId(run.id)} ${run.state}${run.reason === null ? "" : `: ${oneLine(run.reason)}`}`);
    if (!isEnded(run.state)) out.note(`It is asked to stop. Watch it: ${me} run watch ${shortId(run.id)}`);
  }
  return exitCodes.ok;
}

async function cancelStep(
  session: Session,
  flags: { reason?: string; user?: string; step: number },
  id: string,
): Promise<number> {
  const { api, out, me } = session;
  const run = await api.runs.get(id);
  const short = shortId(run.id);
  const step = run.tasks.find((each) => each.step === flags.step - 1);
  if (step === undefined)
    throw new UsageError(`run ${short} has no step ${flags.step}: its steps are 1 to ${run.tasks.length}`);
  const cancel = () => api.tasks.cancel(step.id, flags.reason);
  const task = await withPassword(session, { user: flags.user }, cancel);
  if (out.json) out.object(task);
  else {
    const reason = task.reason === null ? "" : `: ${oneLine(task.reason)}`;
    out.data(`step ${flags.step} of run ${short} ${task.state}${reason}`);
    if (!isSettled(task.state)) out.note(`It is asked to stop. Watch it: ${me} run watch ${short}`);
  }
  return exitCodes.ok;
}

function parseOffset(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("a number from 0");
}
