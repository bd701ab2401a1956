import { expect, test } from "vitest";
import { createTestCore, type TestCore } from "../testing.ts";
import { createAccess } from "./access.ts";
import type { TicketHolder } from "./tickets.ts";

const serverOf = ({ db, deps: { clock } }: TestCore) => createAccess({ db, clock });

const holder: TicketHolder = {
  identity: {
    kind: "cli",
    actor: { kind: "user", name: "ada", id: null },
    permissions: new Set(["read", "approve"]),
    strong: true,
    key: "cli",
    sessionId: null,
    password: { until: new Date("2026-11-22T12:15:00.000Z"), user: "ada" },
  },
  via: "bearer",
};

test("a ticket of one server opens the stream at another, once and within 30 seconds; the database holds no ticket", async () => {
  await using core = await createTestCore();
  const [here, there] = [serverOf(core).tickets, serverOf(core).tickets];
  const { ticket } = await here.issue(holder);
  expect(await there.take("another")).toBeUndefined();
  const taken = await Promise.all([here, there, here, there].map((each) => each.take(ticket)));
  expect(taken.filter(Boolean)).toEqual([holder]);

  const late = await here.issue(holder);
  core.advance(30_000);
  expect(await there.take(late.ticket)).toBeUndefined();
  const kept = await here.issue(holder);
  const rows = await core.db.selectFrom("live_ticket").selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(kept.ticket);
});

test("a thousand tickets that nobody uses are enough, until they are old", async () => {
  await using core = await createTestCore();
  const { tickets } = serverOf(core);
  for (let index = 0; index < 1_000; index += 1) await tickets.issue(holder);
  await expect(tickets.issue(holder)).rejects.toMatchObject({ code: "too-many-requests" });
  core.advance(30_000);
  expect((await tickets.issue(holder)).ticket).toHaveLength(43);
});
