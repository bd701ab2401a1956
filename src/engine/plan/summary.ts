import type { PlanStep } from "../../contracts/plan.ts";

/** One line that says what would happen: "2 steps on this-machine: status-page, then backup-folder". */
export function summarise(steps: readonly PlanStep[]): string {
  const hosts = [...new Set(steps.flatMap((step) => step.hosts))];
  const where = hosts.length <= 3 ? hosts.join(", ") : `${hosts.length} hosts`;
  const names = steps.map((step) => nameOf(step));
  const sequential = steps.every((step, index) => index === 0 || step.after.length > 0);
  const list = names.join(sequential ? ", then " : ", ");
  return `${steps.length} step${steps.length === 1 ? "" : "s"} on ${where}: ${list}`;
}

function nameOf(step: PlanStep): string {
  return step.unit.kind === "operation" ? `${step.unit.name} ${step.target}`.trim() : step.unit.name;
}
