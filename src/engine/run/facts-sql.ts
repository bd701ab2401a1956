import { HostFacts } from "../../contracts/fact.ts";
import type { Tx } from "../schema.ts";
import type { TaskRow } from "./sql.ts";

/** The ansibleTask of Chiffon's own playbook that tells facts for conditions; see ansible/operations/playbooks/facts.yml. */
const told = "Show what conditions compare";

/** What the steps told that conditions of this run compare, by task and host. It is read from the results of their hosts. */
export async function loadFacts(
  tx: Tx,
  tasks: readonly TaskRow[],
): Promise<ReadonlyMap<string, Readonly<Record<string, HostFacts>>>> {
  const steps = new Set(
    tasks.flatMap(({ condition }) => (condition?.kind === "fact" ? [condition.step] : [])),
  );
  const subjects = tasks.filter((task) => steps.has(task.step)).map((task) => task.id);
  if (subjects.length === 0) return new Map();
  const rows = await tx
    .selectFrom("host_result")
    .innerJoin("ansible_task", (join) =>
      join
        .onRef("ansible_task.task_id", "=", "host_result.task_id")
        .onRef("ansible_task.attempt", "=", "host_result.attempt")
        .onRef("ansible_task.key", "=", "host_result.key"),
    )
    .select(["host_result.task_id", "host_result.host", "host_result.message"])
    .where("host_result.task_id", "in", subjects)
    .where("host_result.status", "=", "ok")
    .where("ansible_task.name", "=", told)
    // Of several attempts the last one counts.
    .orderBy("host_result.attempt")
    .execute();
  const found = new Map<string, Record<string, HostFacts>>();
  for (const { task_id, host, message } of rows) {
    const facts = parseFacts(message);
    if (facts !== undefined) found.set(task_id, { ...found.get(task_id), [host]: facts });
  }
  return found;
}

function parseFacts(message: string | null): HostFacts | undefined {
  try {
    return HostFacts.safeParse(JSON.parse(message ?? "")).data;
  } catch {
    // Cut, or with a secret taken out: then nobody knows.
    return undefined;
  }
}
