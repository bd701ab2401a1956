import { sql } from "kysely";
import { expect, test } from "vitest";
import { json } from "./json.ts";
import { openDatabase } from "./open.ts";
import { createTestDatabase } from "./testing.ts";

test("arrays, strings, numbers and null survive a jsonb column", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  for (const value of [["a", { b: [1, 2] }], "text", 'quo"te', 7, null, true, { nested: [null] }]) {
    const { rows } = await sql<{ back: unknown }>`SELECT ${json(value)}::jsonb AS back`.execute(opened.db);
    expect(rows[0]?.back).toEqual(value);
  }
});

test("a NUL character, which PostgreSQL refuses, becomes the replacement character", async () => {
  await using at = await createTestDatabase();
  await using opened = openDatabase<unknown>(at);
  const { rows } = await sql<{ back: unknown }>`SELECT ${json({ a: "x\0y" })}::jsonb AS back`.execute(
    opened.db,
  );
  expect(rows[0]?.back).toEqual({ a: "x\uFFFDy" });
});

test("what has no JSON form is refused", () => {
  expect(() => json(undefined)).toThrow(TypeError);
});
