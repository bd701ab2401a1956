import type { Database } from "./schema.ts";

export async function countOpenTasks(db: Database): Promise<number> {
  const row = await db
    .selectFrom("task")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("state", "in", ["ready", "leased", "running"])
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function countOnline(db: Database): Promise<number> {
  const row = await db
    .selectFrom("agent")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("status", "=", "online")
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
