import type { Verb } from "../../contracts/vocabulary.ts";
import type { DoneStep } from "./facts-sql.ts";

const past: Readonly<Record<Verb, string>> = {
  deploy: "deployed",
  configure: "configured",
  update: "updated",
  restart: "restarted",
  stop: "stopped",
  start: "started",
  status: "looked at",
  remove: "removed",
  backup: "backed up",
  restore: "restored",
  check: "checked",
  rollback: "rolled back",
  other: "run",
};
/** What shows that something is there; of the others only `remove` says anything about it. */
const leaves: ReadonlySet<Verb> = new Set([
  "deploy",
  "configure",
  "update",
  "restart",
  "stop",
  "start",
  "restore",
  "rollback",
  "other",
]);

/** `2026-11-22 12:00 UTC` */
export function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function namesOf(step: DoneStep): readonly string[] {
  return step.services.length > 0 ? step.services : [step.name];
}

function byPlan(step: DoneStep): string {
  return `plan ${step.plan_id.slice(0, 8)}${step.by === null ? "" : `, approved by ${step.by}`}`;
}

function pastOf(step: DoneStep): string {
  switch (step.state) {
    case "succeeded":
      return past[step.verb];
    case "failed":
      return `not ${past[step.verb]}, it failed`;
    case "unknown":
      return `perhaps ${past[step.verb]}, nobody knows how it ended`;
    default:
      return step.state satisfies never;
  }
}

/** One step as a line: `status-page deployed on web1 (plan 1a2b3c4d, approved by ada)`. */
function describeStep(step: DoneStep, withHosts: boolean): string {
  const where = withHosts ? ` on ${step.hosts.join(", ")}` : "";
  return `${namesOf(step).join(", ")} ${pastOf(step)}${where} (${byPlan(step)})`;
}

/** What is on a host (null: on which host), each service with what was done to it last; what was removed is left out. */
function describeServices(steps: readonly DoneStep[], host: string | null): string[] {
  const last = new Map<string, string | undefined>();
  for (const step of steps) {
    if (step.verb !== "remove" && !leaves.has(step.verb)) continue;
    const hosts = host === null ? step.hosts : [host];
    for (const service of namesOf(step))
      for (const each of hosts) {
        const key = `${service}\0${each}`;
        if (last.has(key)) continue;
        const where = host === null ? ` on ${each}` : "";
        const line = `${service}: ${past[step.verb]}${where} ${timeOf(step.ended_at)} (${byPlan(step)})`;
        last.set(key, step.verb === "remove" ? undefined : line);
      }
  }
  return [...last.values()].filter((line) => line !== undefined);
}

export const describeHost = { step: describeStep, services: describeServices };

/** The last of each kind of thing that was done to a service, newest first. */
export function describeService(steps: readonly DoneStep[]): string[] {
  const lines = new Map<string, string>();
  for (const step of steps) {
    const key = `${step.verb}\0${step.state}\0${step.hosts.join()}`;
    const line = `${pastOf(step)} on ${step.hosts.join(", ")} ${timeOf(step.ended_at)} (${byPlan(step)})`;
    if (!lines.has(key)) lines.set(key, line);
  }
  return [...lines.values()];
}
