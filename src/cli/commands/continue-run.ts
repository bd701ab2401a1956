import { InvalidArgumentError, type Command } from "commander";
import type { Plan } from "../../contracts/plan.ts";
import type { Run, RunStop } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isEnded } from "../../domain/run/states.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { continueCommand, describePreview, getPreview, type Preview } from "../preview-view.ts";
import { oneLine, shortId } from "../text.ts";
import { watchRun } from "../watch.ts";
import { getTypedName } from "./typed-name.ts";

interface ContinueFlags extends CommonFlags {
  readonly hash?: string;
  readonly step?: number;
  readonly type?: string;
  readonly comment?: string;
  readonly wait?: boolean;
  readonly user?: string;
}

/** `run continue`: the second approval of a step before which a run has stopped. */
export function registerContinue(runs: Command, context: CliContext): void {
  describe(
    runs.command("continue <run>"),
    "approve the step before which a run has stopped, bound to its preview. Needs --hash, or a terminal, which shows the preview and asks",
    ["chiffon run continue 1a2b3c4d", "chiffon run continue 1a2b3c4d --hash 9f86d081884c --wait"],
  )
    .option("--hash <prefix>", "beginning of the stop's hash, 8 characters or more, as run show prints it")
    .option("--step <number>", "which step, where the run waits before several; the first is 1", parseStep)
    .option("--type <name>", "the name that plans of high risk ask to type")
    .option("--comment <text>", "recorded with the approval")
    .option("--wait", "follow the run; the exit code is its outcome")
    .option("--user <name>", "whose password is asked for, where one is needed")
    .action(act(context, continueRun));
}

async function continueRun(session: Session, flags: ContinueFlags, id: string): Promise<number> {
  const { api, out, me } = session;
  if (flags.hash !== undefined && !/^[0-9a-f]{8,64}$/i.test(flags.hash))
    throw new UsageError("--hash takes 8 to 64 hexadecimal digits: the beginning of the stop's hash");
  const shown = await getShown(session, flags, id);
  const { run, stop } = shown;
  const typed = await decide(session, shown, flags);
  if (typed === undefined) {
    out.note(`Nothing was approved. The run still waits: ${me} run show ${shortId(run.id)}`);
    return exitCodes.waiting;
  }
  const gone = await withPassword(session, { user: flags.user }, () =>
    api.runs.continue(run.id, {
      step: stop.step,
      hash: stop.hash,
      ...(typed.name === null ? {} : { typed: typed.name }),
      ...(flags.comment === undefined ? {} : { comment: flags.comment }),
    }),
  );
  out.note(`step ${stop.step + 1} of run ${shortId(run.id)} approved`);
  if (flags.wait === true) {
    const watched = await watchRun(session, gone, out.json ? "nothing" : "output");
    if (out.json) out.object(watched.run);
    return watched.exitCode;
  }
  if (out.json) out.object(gone);
  else out.note(`Watch:    ${me} run watch ${shortId(run.id)}`);
  return exitCodes.ok;
}

interface Shown {
  readonly run: Run;
  readonly stop: RunStop;
  readonly plan: Plan;
  readonly preview: Preview | undefined;
}

/** The stop that is meant, with what its preview has shown; on a terminal the preview is waited for. */
async function getShown(session: Session, flags: ContinueFlags, id: string): Promise<Shown> {
  const { api, out, context, me } = session;
  let run = await api.runs.get(id);
  const first = pickStop(run, flags, me);
  const running = first.previewRunId === null ? undefined : await api.runs.get(first.previewRunId);
  if (first.state === "waiting" && running !== undefined && !isEnded(running.state)) {
    if (!context.isTerminal || out.json)
      throw new ChiffonError("conflict", `The preview of step ${first.step + 1} has not ended yet.`, {
        hint: `Wait for it: ${me} run watch ${shortId(running.id)}`,
      });
    out.note(`The preview of step ${first.step + 1} still runs.`);
    await watchRun(session, running, "nothing");
    run = await api.runs.get(run.id);
  }
  const stop = pickStop(run, { ...flags, step: first.step + 1 }, me);
  return { run, stop, plan: await api.plans.get(run.planId), preview: await getPreview(api, stop) };
}

function pickStop(run: Run, { step, hash }: ContinueFlags, me: string): RunStop {
  const given = step === undefined ? undefined : run.stops.find((stop) => stop.step === step - 1);
  if (given !== undefined && given.state !== "ahead") return given;
  const waiting = run.stops.filter((stop) => stop.state === "waiting");
  const meant =
    hash === undefined ? [] : run.stops.filter((stop) => stop.hash.startsWith(hash.toLowerCase()));
  const [only, second] = meant.length > 0 ? meant : waiting;
  if (step === undefined && only !== undefined && second === undefined) return only;
  if (step === undefined && second !== undefined) {
    const steps = waiting.map((stop) => stop.step + 1).join(", ");
    throw new UsageError(`the run waits before the steps ${steps}: say which with --step`);
  }
  const where = step === undefined ? "at no stop" : `not before step ${step}`;
  const reason = run.reason === null ? "" : `: ${oneLine(run.reason)}`;
  throw new ChiffonError("conflict", `Run ${shortId(run.id)} waits ${where}. It is ${run.state}${reason}.`, {
    hint: `Look at it: ${me} run show ${shortId(run.id)}`,
  });
}

/** The name that was typed, null where none is asked for; undefined when the person does not want it. */
async function decide(
  session: Session,
  { run, stop, plan, preview }: Shown,
  flags: ContinueFlags,
): Promise<{ name: string | null } | undefined> {
  const { context, out, ask, me } = session;
  const wanted = plan.approvalForm.typed;
  if (flags.hash === undefined) {
    if (!context.isTerminal || out.json)
      throw new UsageError(
        `without a terminal it needs --hash; read the preview first: ${me} run show ${shortId(run.id)}`,
      );
    const seen = { now: Date.now(), style: out.style, width: out.width };
    if (preview !== undefined) out.note(...describePreview(preview, seen), "");
  } else if (!stop.hash.startsWith(flags.hash.toLowerCase()))
    throw new ChiffonError("hash-mismatch", `The stop's hash is ${stop.hash}, and --hash is ${flags.hash}.`, {
      hint: `It is not the preview that you read. Read it: ${me} run show ${shortId(run.id)}`,
    });
  if (stop.state === "approved") return { name: flags.type ?? null };
  const command = continueCommand(run, stop, { me, typed: wanted });
  if (wanted !== null)
    return { name: await getTypedName(session, { risk: plan.risk, wanted, given: flags.type, command }) };
  if (flags.hash !== undefined) return { name: flags.type ?? null };
  return (await ask.confirm(`Run step ${stop.step + 1} now?`)) ? { name: null } : undefined;
}

function parseStep(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 2) return number;
  throw new InvalidArgumentError("the number of a step, from 2");
}
