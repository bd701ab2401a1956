import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../../contracts/plan.ts";
import type { Run } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Session } from "../command.ts";
import { exitCodeOfPlan } from "../exit-codes.ts";
import { oneLine, shortId } from "../text.ts";
import { watchRun } from "../watch.ts";

const pause = 2_000;
/** How long a server that does not answer is waited for. */
const patience = 120_000;

/** Waits until somebody has decided about the plan. */
export async function waitForDecision(session: Session, plan: Plan): Promise<Plan> {
  const { api, out, context } = session;
  if (plan.state === "proposed") {
    out.note(
      `Waiting until somebody approves or rejects plan ${shortId(plan.id)}. Ctrl-C stops the waiting; the plan stays.`,
    );
  }
  let now = plan;
  let answeredAt = performance.now();
  while (now.state === "proposed" || now.state === "draft") {
    await sleep(pause, undefined, { signal: context.signal });
    try {
      now = await api.plans.get(plan.id);
      answeredAt = performance.now();
    } catch (error) {
      const away = ChiffonError.is(error) && error.code === "server-unreachable";
      if (!away || performance.now() - answeredAt > patience) throw error;
    }
  }
  return now;
}

export interface Finished {
  readonly exitCode: number;
  readonly run: Run | null;
}

/** Follows the run of a decided plan to its end. */
export async function finishPlan(session: Session, plan: Plan): Promise<Finished> {
  const { api, out } = session;
  if (plan.runId !== null) {
    const watched = await watchRun(session, await api.runs.get(plan.runId), out.json ? "nothing" : "output");
    return { exitCode: watched.exitCode, run: watched.run };
  }
  const by = plan.approval === null ? "" : ` by ${oneLine(plan.approval.by)}`;
  out.note(
    `plan ${shortId(plan.id)} ${plan.state}${by}${plan.reason === null ? "" : `: ${oneLine(plan.reason)}`}`,
  );
  return { exitCode: exitCodeOfPlan(plan.state), run: null };
}
