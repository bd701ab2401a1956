import { afterAll, beforeAll, expect, test } from "vitest";
import { chiffon, listProcesses, waitUntil } from "../support/server.ts";
import { tryFailpoint } from "../crash/failpoints.ts";
import { openHouse, type House } from "../crash/house.ts";
import { killOnce } from "../crash/kills.ts";

/* A share of what `npm run crash` does. */
let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const { world } = house;
  await house[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
});

test("[P1] kill -9 of server, database, supervisor or playbook at any moment of a run loses and doubles nothing", async () => {
  // The victims come in turn, the moments are spread over the run.
  const turns = [0.1, 0.5, 0.8, 0.9].flatMap((victim) => [0.05, 0.45].map((moment) => [victim, moment]));
  const wrong: string[] = [];
  const hit = new Set<string>();
  for (const numbers of turns) {
    const left = [...numbers];
    const done = await killOnce(house, () => left.shift() ?? 0);
    if (done.hit) hit.add(done.victim);
    if (done.wrong !== undefined) wrong.push(`${done.victim} at ${numbers[1]}: ${done.wrong}`);
  }
  expect(wrong).toEqual([]);
  expect([...hit].toSorted()).toEqual(["database", "playbook", "server", "supervisor"]);
});

test.each([
  { name: "approve.before-commit", action: "kill" },
  { name: "approve.committed", action: "error" },
  { name: "relay.delivered", action: "kill" },
  { name: "order.held", action: "pause" },
  { name: "attempt.word", action: "kill" },
  { name: "result.saved", action: "error" },
  { name: "attempt.reported", action: "kill" },
] as const)("[P1] a server that breaks at $name ($action) finishes the work all the same", async (fault) => {
  expect(await tryFailpoint(house, fault)).toBeUndefined();
});

test("[P5] after all of that the record is whole", async () => {
  await house.restart();
  const verified = await chiffon(house.world, ["audit", "verify"]);
  expect(verified.stdout).toMatch(/^ok: \d+ records/);
  expect(house.repairs.started).toBeGreaterThan(4);
  expect(house.repairs.woken).toBeGreaterThan(0);
});
