import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page, PageOptions } from "./engine.ts";
import { listPlans } from "./plan/sql.ts";
import { listRuns } from "./run/view-sql.ts";
import { createRunOf, createTestCore, type TestCore } from "./testing.ts";

let core: TestCore;

beforeAll(async () => {
  core = await createTestCore();
  // The clock stands still: all of them are from the same millisecond.
  for (let count = 0; count < 5; count += 1) await createRunOf(core, { steps: [{ hosts: ["web1"] }] });
  core.advance(1_000);
  await createRunOf(core, { steps: [{ hosts: ["web1"] }] });
});
afterAll(async () => {
  await core[Symbol.asyncDispose]();
});

type List = (options: PageOptions) => Promise<Page<{ id: string; createdAt: string }>>;
const lists: [string, List][] = [
  ["plans", (options) => listPlans(core.db, options)],
  ["runs", (options) => listRuns(core.db, options)],
];

test.each(lists)(
  "pages of %s that were made at the same moment follow one another without gap or repeat",
  async (_, list) => {
    const whole = await list({ limit: 50 });
    expect([whole.items.length, whole.next]).toEqual([6, null]);
    const seen: string[] = [];
    let page = await list({ limit: 2 });
    for (;;) {
      seen.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      page = await list({ limit: 2, cursor: page.next });
    }
    expect(seen).toEqual(whole.items.map(({ id }) => id));
    expect(whole.items[0]?.createdAt).toBe("2026-11-22T12:00:01.000Z");
  },
);

test.each(lists)("a cursor that is none of the list of %s is refused", async (_, list) => {
  for (const cursor of [
    "",
    "x",
    "2026-11-22T12:00:00.000Z",
    "2026-11-22T12:00:00.000Z~'; --",
    `~${"0".repeat(36)}`,
  ])
    await expect(list({ limit: 2, cursor })).rejects.toMatchObject({ code: "bad-input" });
});
