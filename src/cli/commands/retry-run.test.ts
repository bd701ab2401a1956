import { expect, test } from "vitest";
import type { Run } from "../../contracts/run.ts";
import { ids, makeRun } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;

test("run retry says what of the run is meant", async () => {
  const { run } = machine.server.engine.ids;
  for (const flags of [
    [],
    ["--failed-hosts"],
    ["--from-step", "2"],
    ["--from-task", "Install"],
    ["--from-task", "Install", "--from-step", "1"],
  ])
    await chiffon(["run", "retry", run, ...flags]);
  expect(calls("runs.retry")).toEqual([
    [run, "failed-hosts"],
    [run, "failed-hosts"],
    [run, { step: 1 }],
    [run, { ansibleTask: "Install" }],
    [run, { ansibleTask: "Install", step: 0 }],
  ]);
  expect((await chiffon(["run", "retry", run, "--failed-hosts", "--from-step", "1"])).code).toBe(2);
  expect((await chiffon(["run", "retry", run, "--from-step", "0"])).code).toBe(2);
});

function serve(state: Run["state"], tasks: readonly Run["tasks"][number]["state"][]): void {
  const [task] = makeRun().tasks as [Run["tasks"][number]];
  const run = makeRun({ state, tasks: tasks.map((each, step) => ({ ...task, step, state: each })) });
  Object.assign(machine.server.engine.runs, { get: async () => run, hosts: async () => [] });
}

test("a run that failed says how it is retried, and one of unknown end only after a look at its hosts", async () => {
  serve("failed", ["succeeded", "failed"]);
  const failed = await chiffon(["run", "show", ids.run]);
  expect(failed.stderr).toContain("run retry e6775852 --failed-hosts");
  expect(failed.stderr).toContain("--from-step 2");
  expect(failed.stderr).not.toContain("Look at its hosts");

  serve("unknown", ["unknown", "pending"]);
  const unknown = await chiffon(["run", "show", ids.run]);
  expect(unknown.stderr).toMatch(/Look at its hosts first[^]*run cancel e6775852[^]*run retry e6775852/);

  serve("succeeded", ["succeeded"]);
  expect((await chiffon(["run", "show", ids.run])).stderr).not.toContain("retry");
});
