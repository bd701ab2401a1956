import { expect, test } from "vitest";
import { getRun } from "../run/view-sql.ts";
import { createTestCore, createTestRun } from "../testing.ts";
import { createTestAgent } from "../track/testing.ts";
import { settleSilence } from "./silence.ts";
import { createSleepWatch } from "./sleep-watch.ts";
import { listAgents } from "./sql.ts";

test("a server that slept itself gives its agents the whole time again", async () => {
  await using core = await createTestCore();
  const { deps } = core;
  const listening = createSleepWatch(deps);
  core.advance(deps.waits.tick);
  expect(listening()).toEqual(deps.listeningSince);

  core.advance(3_600_000);
  expect(listening()).toEqual(deps.clock.now());
  const woke = deps.clock.now();
  core.advance(deps.waits.tick);
  expect(listening()).toEqual(woke);
});

test("a server whose machine sleeps while it looks for what is silent takes nobody for lost", async () => {
  await using core = await createTestCore();
  const { deps } = core;
  const agent = await createTestAgent(core);
  const { runId } = await createTestRun(core, [["web1"]]);
  await agent.begin();
  const states = async () => [
    (await listAgents(core.db))[0]?.status,
    ...(await getRun(core.db, runId)).tasks.map(({ state }) => state),
  ];
  const slept = deps.waits.silence + 1;
  // After so many looks at the clock it sleeps: before all, between attempts and agents, not at all.
  for (const looks of [1, 3, 5]) {
    let left = looks;
    const clock = {
      now: () => new Date(deps.clock.now().getTime() + (left-- > 0 ? 0 : slept)),
    };
    await settleSilence({ ...deps, clock }, createSleepWatch({ ...deps, clock }));
    expect([looks, ...(await states())]).toEqual([looks, "online", "running"]);
  }
  core.advance(slept);
  await settleSilence(deps, () => deps.listeningSince);
  expect(await states()).toEqual(["offline", "unknown"]);
});
