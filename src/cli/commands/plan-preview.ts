import { setTimeout as delay } from "node:timers/promises";
import { Option, type Command } from "commander";
import type { PlanPreview } from "../../contracts/preview.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { describePlanPreview, previewProgress } from "../plan-preview-view.ts";
import { createStatusLine } from "../status-line.ts";
import { shortId } from "../text.ts";
import { parseStep } from "../parse-step.ts";

interface Flags extends CommonFlags {
  readonly step?: number;
  readonly again?: boolean;
  readonly cancel?: boolean;
}

const lookEvery = 1_000;

/** `plan preview`: what a plan would change, before anybody has approved it. */
export function registerPreview(plans: Command, context: CliContext): void {
  describe(
    plans.command("preview <plan>"),
    "show what it would change, per host and Ansible task, and what cannot be known; looks at the hosts in check mode when nobody has yet",
    ["chiffon plan preview 1a2b3c4d", "chiffon plan preview 1a2b3c4d --again --json"],
  )
    .addOption(new Option("--step <number>", "only this step; the first is 1").argParser(parseStep))
    .option("--again", "look again, although there is a preview")
    .option("--cancel", "stop the one that runs")
    .action(act(context, preview));
}

async function preview(session: Session, flags: Flags, id: string): Promise<number> {
  const { api, out } = session;
  const plan = await api.plans.get(id);
  if (flags.cancel === true) {
    const stopped = await api.plans.cancelPreview(plan.id);
    if (out.json) out.object(stopped);
    else out.note(`the preview of plan ${shortId(plan.id)} does not run any more`);
    return exitCodes.ok;
  }
  const steps = flags.step === undefined ? undefined : [flags.step - 1];
  let found = await api.plans.preview(plan.id);
  if (plan.state === "proposed" && (flags.again === true || isUnseen(found, steps)))
    found = await api.plans.startPreview(plan.id, steps === undefined ? {} : { steps });
  if (isRunning(found))
    out.note("looking at the hosts in check mode; nothing is changed. Ctrl-C: it goes on without you");
  found = await waitForEnd(session, found);
  const shown =
    steps === undefined
      ? found
      : { ...found, steps: found.steps.filter((step) => steps.includes(step.step)) };
  if (out.json) out.object(shown);
  else out.data(...describePlanPreview(shown, plan, out.style));
  return shown.steps.some((step) => step.state === "unavailable") ? exitCodes.failed : exitCodes.ok;
}

/** On a terminal it shows meanwhile where it is. */
async function waitForEnd({ api, context }: Session, begun: PlanPreview): Promise<PlanPreview> {
  let found = begun;
  using _status = createStatusLine(context.stderr, () => previewProgress(found));
  while (isRunning(found)) {
    await delay(lookEvery, undefined, { signal: context.signal });
    found = await api.plans.preview(found.planId);
  }
  return found;
}

function isRunning(preview: PlanPreview): boolean {
  return preview.steps.some((step) => step.state === "running");
}

/* What could not be looked at before may be possible now, after somebody has trusted the repository. */
function isUnseen(preview: PlanPreview, wanted: readonly number[] | undefined): boolean {
  return preview.steps
    .filter((step) => wanted === undefined || wanted.includes(step.step))
    .some((step) => step.state === "none" || step.state === "unavailable" || step.state === "cancelled");
}
