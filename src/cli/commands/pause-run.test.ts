import { expect, test } from "vitest";
import type { Run } from "../../contracts/run.ts";
import { ids, makeRun } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;
const pause = "paused by ada: lunch";

function serve(change: Partial<Run>): void {
  const run = makeRun({ state: "paused", reason: pause, pause, ...change });
  Object.assign(machine.server.engine.runs, { get: async () => run, hosts: async () => [] });
}

test("run pause and run resume hold a run with a reason and let it go on", async () => {
  const { run } = machine.server.engine.ids;
  const paused = await chiffon(["run", "pause", run, "--reason", "lunch"]);
  expect(paused).toMatchObject({ code: 0, stderr: expect.stringContaining("chiffon run resume") });
  expect((await chiffon(["run", "pause", run, "--json"])).stdout).toContain(run);
  expect(calls("runs.pause")).toEqual([
    [run, "lunch"],
    [run, null],
  ]);
  expect(await chiffon(["run", "resume", run])).toMatchObject({ code: 0 });
  expect(calls("runs.resume")).toEqual([[run]]);
});

test("a paused run is shown with its reason and how it goes on, and exit code 6", async () => {
  serve({});
  const shown = await chiffon(["run", "show", ids.run]);
  expect(shown).toMatchObject({ code: 6, stdout: expect.stringContaining(`paused: ${pause}`) });
  expect(shown.stderr).toContain("chiffon run resume e6775852");
});
