import type { InventoryHost } from "../../contracts/catalogue.ts";
import type { PlanStep } from "../../contracts/plan.ts";

/* Stated on the card: an assumption, not a measurement. Seconds. */
const start = 1;
const perTaskLocal = 1;
const perTaskRemote = 1.5;

/** How long a step may take when nothing is known about its unit: by the number of Ansible tasks and hosts alone. */
export function estimateStep(
  ansibleTasks: number,
  hosts: readonly Pick<InventoryHost, "connection">[],
): NonNullable<PlanStep["estimate"]> {
  const local = hosts.filter((host) => host.connection === "local").length;
  const remote = hosts.length - local;
  const seconds = start + ansibleTasks * (local * perTaskLocal + remote * perTaskRemote);
  const parts = [
    ...(local > 0 ? [`${ansibleTasks} Ansible tasks x ${local} here x ${perTaskLocal} s`] : []),
    ...(remote > 0 ? [`${ansibleTasks} Ansible tasks x ${remote} by SSH x ${perTaskRemote} s`] : []),
  ];
  const text = `estimate, no history: ${[`${start} s`, ...parts].join(" + ")}`;
  return { ms: Math.round(seconds * 1_000), text };
}
