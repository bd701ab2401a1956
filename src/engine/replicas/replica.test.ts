import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createTestCore } from "../testing.ts";
import { alone, inTurn } from "./locks.ts";
import { checkKeys, joinReplicas } from "./replica.ts";
import { listAlive } from "./sql.ts";

const onError = (error: unknown): never => {
  throw error;
};

test("a server starts only with the keys of its database; the message names the wrong ones and what to do", async () => {
  await using core = await createTestCore();
  const keys = { server_key: "server", audit_key: "audit", secret_check: "secret" };
  const own = { isSole: false, folder: "/srv/keys" };
  await checkKeys(core.db, keys, own);
  await checkKeys(core.db, keys, own);

  const others = { ...keys, audit_key: "another" };
  await expect(checkKeys(core.db, others, own)).rejects.toMatchObject({
    code: "setup-needed",
    message: "audit.key in /srv/keys is not the one that this database knows.",
    hint: expect.stringContaining("CHIFFON_SHARED"),
  });
  await expect(checkKeys(core.db, { ...others, server_key: "x" }, own)).rejects.toThrow(
    "server.key and audit.key in /srv/keys are not those that this database knows.",
  );
  await checkKeys(core.db, keys, own);

  // A database that nobody else can have: whoever loses a key there goes on with a new one.
  await checkKeys(core.db, others, { ...own, isSole: true });
  await checkKeys(core.db, others, own);
});

test("of many first starts at once all have the same keys, or are refused", async () => {
  await using core = await createTestCore();
  const starts = Array.from({ length: 8 }, async (_, index) => {
    const keys = { server_key: `server ${index}`, audit_key: "audit", secret_check: "secret" };
    await checkKeys(core.db, keys, { isSole: false, folder: "/srv/keys" });
  });
  const ends = await Promise.allSettled(starts);
  expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("what a server left is settled by its own next start at once, and by others when it is silent; a living one keeps its own", async () => {
  await using core = await createTestCore();
  const waits = { ...core.deps.waits, renewEvery: 20, silence: 60_000 };
  const deps = { ...core.deps, waits, onError };
  const [first, second] = [randomUUID(), randomUUID()];
  const none = () => Promise.resolve();
  await using _first = await joinReplicas({ ...deps, replica: first }, none);

  const seen: (readonly string[])[] = [];
  const settle = (alive: readonly string[]) => Promise.resolve(void seen.push(alive.toSorted()));
  await using _second = await joinReplicas({ ...deps, replica: second }, settle);
  expect(seen[0]).toEqual([first]);
  const both = [first, second].toSorted();
  await expect.poll(() => seen.at(-1)).toEqual(both);

  // Killed, not stopped: its row is there, and grows old.
  const third = randomUUID();
  await core.db
    .insertInto("replica")
    .values({ id: third, seen_at: new Date(Date.now() - 50_000) })
    .execute();
  expect(await listAlive(core.db, waits.silence)).toContain(third);
  await expect.poll(() => seen.at(-1)).toContain(third);
  await core.db
    .updateTable("replica")
    .set({ seen_at: new Date(Date.now() - 70_000) })
    .where("id", "=", third)
    .execute();
  await expect.poll(() => seen.at(-1)).toEqual(both);

  // Its own next process knows that nothing of it runs any more.
  const again: (readonly string[])[] = [];
  const settleAgain = (alive: readonly string[]) => Promise.resolve(void again.push(alive));
  await using _again = await joinReplicas({ ...deps, replica: third }, settleAgain);
  expect(again[0]).not.toContain(third);
  expect(await listAlive(core.db, waits.silence)).toContain(third);
});

test("one server at a time does what one at a time does; who shares a turn waits for who does not", async () => {
  await using core = await createTestCore();
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<string>();
  const order: string[] = [];
  const first = alone(core.db, "snapshots", () => {
    begun.resolve();
    return end.promise;
  });
  await begun.promise;
  expect(await alone(core.db, "snapshots", () => Promise.resolve("second"))).toBeUndefined();
  expect(await alone(core.db, "previews", () => Promise.resolve("another job"))).toBe("another job");
  const shared = inTurn(core.db, { name: "snapshots", shared: true }, () =>
    Promise.resolve(void order.push("shared")),
  );
  order.push("first");
  end.resolve("done");
  expect(await first).toBe("done");
  await shared;
  expect(order).toEqual(["first", "shared"]);
  const both = Promise.withResolvers<void>();
  await inTurn(core.db, { name: "snapshots", shared: true }, async () => {
    expect(await alone(core.db, "snapshots", () => Promise.resolve("no"))).toBeUndefined();
    await inTurn(core.db, { name: "snapshots", shared: true }, () => Promise.resolve(both.resolve()));
    await both.promise;
  });
});
