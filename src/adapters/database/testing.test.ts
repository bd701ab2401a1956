import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "./open.ts";
import { createTestDatabase } from "./testing.ts";

test("each caller gets an empty database of its own", async () => {
  await using one = await createTestDatabase();
  await using two = await createTestDatabase();
  await using first = openDatabase<unknown>(one);
  await using second = openDatabase<unknown>(two);
  await sql`CREATE TABLE mark (id bigint)`.execute(first.db);
  await sql`INSERT INTO mark VALUES (42)`.execute(first.db);
  const seen = await sql<{ id: number }>`SELECT id FROM mark`.execute(first.db);
  expect(seen.rows).toEqual([{ id: 42 }]);
  await expect(sql`SELECT id FROM mark`.execute(second.db)).rejects.toThrow(/does not exist/);
});
