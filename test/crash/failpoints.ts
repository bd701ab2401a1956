import { readFile } from "node:fs/promises";
import path from "node:path";
import { failpointLog, type FaultAction } from "../../src/compose/failpoints.ts";
import type { FailpointName } from "../../src/ports/failpoint.ts";
import type { House } from "./house.ts";
import { waitUntil } from "../support/server.ts";
import { cancelOnce, changeSource, refuseOnce, runOnce, type Done } from "./jobs.ts";
import { judge } from "./oracle.ts";

export const faultActions: readonly FaultAction[] = ["kill", "pause", "error"];

/** Moments before anything runs: a fault of our own there ends the attempt, and says that nothing ran. */
const preparing: ReadonlySet<FailpointName> = new Set(["attempt.snapshot-verified", "attempt.prepared"]);

/** Breaks the server once at that moment, and looks whether the work came out right all the same. Undefined = it did. */
export async function tryFailpoint(
  house: House,
  fault: { name: FailpointName; action: FaultAction },
): Promise<string | undefined> {
  const spec = `${fault.name}:${fault.action}`;
  await house.restart({ CHIFFON_FAILPOINT: spec });
  const { done, judged: seen } = await doJob(house, fault.name);
  const judged = fault.action === "error" && preparing.has(fault.name) ? judgeRefused(done) : seen;
  const log = path.join(house.world.data, failpointLog);
  const isNoted = async () =>
    (await readFile(log, "utf8").catch(() => "")).includes(`${fault.name} ${fault.action}\n`);
  // Some moments come after the end of the run that leads to them.
  if (!(await waitUntil(isNoted, 10_000).catch(() => false))) return "never reached";
  return judged ?? (done.marks > 1 ? "doubled" : undefined);
}

function judgeRefused({ run, marks }: Done): string | undefined {
  const isTold = run.state === "failed" && marks === 0 && run.reason?.includes("nothing ran") === true;
  return isTold ? undefined : `wrong: it is ${run.state} (${run.reason ?? ""}), ${marks} marks`;
}

async function doJob(house: House, name: FailpointName): Promise<{ done: Done; judged: string | undefined }> {
  if (name === "attempt.refused") {
    const done = await refuseOnce(house);
    const isRefused = done.run.state === "failed" && done.marks === 0;
    return { done, judged: isRefused ? undefined : `wrong: it is ${done.run.state}, ${done.marks} marks` };
  }
  if (name.startsWith("snapshot.")) await changeSource(house);
  const cancelled = name.startsWith("cancel.");
  const done = cancelled ? await cancelOnce(house) : await runOnce(house);
  return { done, judged: judge({ ...done, broke: "server", cancelled }) };
}
