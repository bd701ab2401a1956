import { appendFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { ChiffonError } from "../domain/errors.ts";
import { armFailpoints, failpointNames, type FailpointName } from "../ports/failpoint.ts";

const actions = ["kill", "pause", "error"] as const;
export type FaultAction = (typeof actions)[number];

/** Where a fault is noted before it happens, in the data directory: `NAME ACTION`, a line each. */
export const failpointLog = "failpoints.log";

/**
 * Lets this process die (SIGKILL), sleep (SIGSTOP) or fail (an error behind what was done) at a failpoint, once. For tests only.
 * @param spec `NAME:ACTION`
 */
export function armFailpoint(spec: string, dataDir: string): void {
  const { name: wanted, action } = parseFailpoint(spec);
  armFailpoints((name) => {
    if (name !== wanted) return;
    armFailpoints(undefined);
    appendFileSync(path.join(dataDir, failpointLog), `${name} ${action}\n`);
    if (action === "error") throw new Error(`failpoint ${name}`);
    process.kill(process.pid, action === "kill" ? "SIGKILL" : "SIGSTOP");
  });
}

/** @throws ChiffonError `bad-input` */
export function parseFailpoint(spec: string): { name: FailpointName; action: FaultAction } {
  const [given, how] = spec.split(":");
  const name = failpointNames.find((each) => each === given);
  const action = actions.find((each) => each === how);
  if (name !== undefined && action !== undefined) return { name, action };
  throw new ChiffonError("bad-input", `"${spec}" is no failpoint`, {
    hint: `Give NAME:ACTION with one of ${actions.join(", ")}.`,
  });
}
