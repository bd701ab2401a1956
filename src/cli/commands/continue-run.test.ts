import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { LiveEvent } from "../../contracts/live.ts";
import type { Run } from "../../contracts/run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { at, exampleStep, ids, makePlan, makeRun } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";
import { openTerminal } from "../testing/terminal.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;
const previewId = "aa775852-0000-4000-8000-000000000006";
const stopHash = `4e07408562be${"3".repeat(52)}`;
const reason = "stopped before step 2 as asked: look at its preview and approve it to go on";

function stopped(change: Partial<Run> = {}): Run {
  return makeRun({
    state: "paused",
    reason,
    stops: [{ step: 1, state: "waiting", previewRunId: previewId, hash: stopHash }],
    ...change,
  });
}

const preview = (change: Partial<Run> = {}): Run =>
  makeRun({ id: previewId, purpose: "preview", state: "succeeded", endedAt: at, ...change });

const diff = { taskId: ids.task, attempt: 1, key: "1", host: "web1", text: "-old\n+new \u001b[31mred\n" };
const diffEvent: LiveEvent = { topic: `run:${previewId}`, seq: 1, at, type: "host.diff", data: diff };

function serve(run: Run, shown: Run = preview(), plan = makePlan()): void {
  const { engine } = machine.server;
  const note = engine.runs.continue;
  Object.assign(engine.runs, {
    get: async (id: string) => {
      const found = [run, shown].find((each) => each.id.startsWith(id));
      if (!found) throw new ChiffonError("not-found", `there is no run ${id}`);
      return found;
    },
    hosts: async () => [],
    continue: async (...args: Parameters<typeof note>) => {
      await note(args[0], engine.ids.run, args[2]);
      return { ...run, state: "running" };
    },
  });
  Object.assign(engine.plans, { get: async () => plan });
  Object.assign(engine.events, {
    read: async (topic: string, after: number) =>
      after === 0 && topic === `run:${previewId}` ? [diffEvent] : [],
  });
}

beforeEach(() => serve(stopped()));

describe("a run that waits at its stop", () => {
  test("is shown with its preview, the diff without colours of its own, the command that goes on, and exit code 6", async () => {
    const shown = await chiffon(["run", "show", ids.run]);
    expect(shown.code).toBe(6);
    expect(shown.stdout).toContain(`before step 2, waits for a person, preview aa775852, hash 4e07408562be`);
    expect(shown.stdout).toContain("Preview aa775852  succeeded");
    expect(shown.stdout).toContain("  -old\n  +new red\n");
    expect(shown.stderr).toContain("chiffon run continue e6775852 --hash 4e07408562be\n");
    expect((await chiffon(["run", "show", ids.run, "--json"])).code).toBe(6);
  });

  test("is continued with the hash that was read, and the whole of it is sent", async () => {
    const args = [
      "run",
      "continue",
      ids.run,
      "--hash",
      stopHash.slice(0, 12).toUpperCase(),
      "--comment",
      "ok",
    ];
    expect(await chiffon(args)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("chiffon run watch e6775852"),
    });
    const body = { step: 1, hash: stopHash, comment: "ok" };
    expect(calls("runs.continue")).toEqual([[machine.server.engine.ids.run, body]]);
  });

  test("goes no further without a hash, with another one, or before its preview has ended", async () => {
    expect((await chiffon(["run", "continue", ids.run])).code).toBe(2);
    expect((await chiffon(["run", "continue", ids.run, "--hash", "4e0"])).code).toBe(2);
    expect((await chiffon(["run", "continue", ids.run, "--hash", "f".repeat(8)])).code).toBe(1);
    serve(stopped(), preview({ state: "running", endedAt: null }));
    expect(await chiffon(["run", "continue", ids.run, "--hash", stopHash])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has not ended yet"),
    });
    expect(calls("runs.continue")).toEqual([]);
  });

  test("asks for the typed name of a risky plan", async () => {
    serve(stopped(), preview(), makePlan({ risk: "R3", approvalForm: { kind: "type", typed: "disks" } }));
    const args = ["run", "continue", ids.run, "--hash", stopHash];
    expect(await chiffon(args)).toMatchObject({ code: 6, stderr: expect.stringContaining("--type disks") });
    expect((await chiffon([...args, "--type", "disks"])).code).toBe(0);
    expect(calls("runs.continue")[0]?.[1]).toEqual({ step: 1, hash: stopHash, typed: "disks" });
  });

  test("on a terminal shows what the preview found before it asks, and Enter alone approves nothing", async () => {
    const main = path.resolve(import.meta.dirname, "../../main.ts");
    const command = [process.execPath, main, "run", "continue", ids.run.slice(0, 8)];
    const env = { CHIFFON_DATA: machine.dataDir, NO_COLOR: "1" };
    await using no = openTerminal(command, env);
    await no.see("+new red");
    await no.see("Run step 2 now?");
    no.type("\r");
    await no.see("Nothing was approved");
    expect(await no.ended).toBe(6);
    expect(calls("runs.continue")).toEqual([]);

    await using yes = openTerminal(command, env);
    await yes.see("Run step 2 now?");
    yes.type("y");
    expect(await yes.ended).toBe(0);
    expect(calls("runs.continue")).toHaveLength(1);
  });

  test("waits at several stops: the step or the hash says which", async () => {
    const other = { step: 2, state: "waiting" as const, previewRunId: previewId, hash: "5".repeat(64) };
    serve(stopped({ stops: [...stopped().stops, other] }));
    expect(await chiffon(["run", "continue", ids.run, "--hash", "9".repeat(12)])).toMatchObject({ code: 2 });
    expect((await chiffon(["run", "continue", ids.run, "--step", "3", "--hash", "5".repeat(12)])).code).toBe(
      0,
    );
    expect((await chiffon(["run", "continue", ids.run, "--hash", stopHash])).code).toBe(0);
    expect(calls("runs.continue").map(([, body]) => (body as { step: number }).step)).toEqual([2, 1]);
  });

  test("is said to wait nowhere when it has gone on or ended", async () => {
    serve(makeRun({ state: "failed", reason: "step 1 failed" }));
    expect(await chiffon(["run", "continue", ids.run, "--hash", stopHash])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("waits at no stop. It is failed: step 1 failed"),
    });
  });
});

describe("approving with a stop", () => {
  const plan = makePlan({
    steps: [exampleStep, { ...exampleStep, index: 1, previewableAfter: [0] }],
  });

  test("counts steps as the card does, which says what can be previewed only later", async () => {
    serve(stopped(), preview(), plan);
    const card = await chiffon(["plan", "show", ids.plan]);
    expect(card.stdout).toContain("step 2: can be previewed after step 1; 50 % can be previewed");
    expect(card.stderr).toContain("--stop-before 2\n");
    const args = ["plan", "approve", ids.plan, "--hash", plan.hash];
    await chiffon([...args, "--stop-before", "2", "--stop-before", "3"]);
    expect(calls("plans.approve").map(([, body]) => body)).toEqual([{ hash: plan.hash, stopBefore: [1, 2] }]);
    expect((await chiffon([...args, "--stop-before", "1"])).code).toBe(2);
  });
});
