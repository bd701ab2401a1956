import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { findCapacity } from "../../domain/capacity.ts";
import { exampleStep, hash, ids, makePlan, makeRun } from "../testing/examples.ts";
import { useOwnMachine } from "../testing/own-machine.ts";
import { runCli } from "../testing/run-cli.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;

describe("looking", () => {
  test("at plans, runs, playbooks and agents works without a sub-command, and as JSON", async () => {
    for (const thing of ["plan", "run", "playbooks", "agents"]) {
      expect((await chiffon([thing])).stdout.split("\n").length).toBeGreaterThan(2);
      const list: unknown = JSON.parse((await chiffon([thing, "--json"])).stdout);
      expect(list).toHaveLength(1);
    }
  });

  test("at one of them takes the beginning of an id or a name", async () => {
    const { run, agent } = machine.server.engine.ids;
    expect((await chiffon(["run", "show", run.slice(0, 8)])).stdout).toContain("status-page  running");
    expect((await chiffon(["run", "logs", run.slice(0, 8)])).stdout).toBe("PLAY [all]\n");
    expect((await chiffon(["agents", "show", agent.slice(0, 6)])).stdout).toContain(agent);
    expect((await chiffon(["playbooks", "show", "status-page"])).stdout).toContain(
      "playbooks/status page.yml",
    );
    expect(await chiffon(["agents", "show", "nobody"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("chiffon agents list"),
    });
  });

  test("shows a run per host and Ansible task, with the time of what still runs", async () => {
    const cell = {
      taskId: ids.task,
      attempt: 1,
      name: "Install",
      source: "a.yml:3",
      module: "copy",
      message: null,
    };
    const attempt = {
      number: 1,
      fence: 1,
      agentId: ids.agent,
      state: "running",
      outcome: null,
      exitCode: null,
      error: null,
      recap: null,
      resources: null,
      leasedAt: "2026-11-22T12:00:00.000Z",
      startedAt: "2026-11-22T12:00:00.000Z",
      endedAt: null,
    };
    const [task] = makeRun().tasks;
    Object.assign(machine.server.engine.runs, {
      get: async () => makeRun({ tasks: [{ ...task, attempts: [attempt] } as never] }),
      hosts: async () => [
        {
          ...cell,
          key: "1",
          host: "web1",
          status: "changed",
          startedAt: "2026-11-22T12:00:00.000Z",
          endedAt: "2026-11-22T12:00:02.000Z",
        },
        {
          ...cell,
          key: "1",
          host: "web2",
          status: "running",
          startedAt: new Date(Date.now() - 125_000).toISOString(),
          endedAt: null,
        },
      ],
    });
    const shown = await chiffon(["run", "show", ids.run]);
    expect(shown.stdout).toMatch(/Ansible task +web1 +web2/);
    expect(shown.stdout).toMatch(/Install +changed 2\.0 s +running 2 min 0[5-9] s/);
    expect(JSON.parse((await chiffon(["run", "show", ids.run, "--json"])).stdout)).toMatchObject({
      id: ids.run,
      hosts: [{ host: "web1" }, { host: "web2" }],
    });
  });

  test("tells which machines have so much free, and of the others why not", async () => {
    const { agents, ids: known } = machine.server.engine;
    const seen = await agents.get(known.agent);
    const metrics = {
      cpu_load_1min: 0,
      cpu_load_5min: 0,
      cpu_load_15min: 0,
      cpu_cores_physical: 8,
      cpu_cores_available: 6,
      memory_total_gb: 32,
      memory_available_gb: 8,
      gpus: [],
      disk: { path: "/", total_gb: 100, available_gb: 50 },
      os: "test",
    };
    const capacity: typeof agents.capacity = async (needs) => findCapacity([{ ...seen, metrics }], needs);
    Object.assign(agents, { capacity });
    const free = await chiffon(["capacity", "--cores", "2"]);
    expect(free).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/here +infra +25 % +6 of 8 +8\.0 of 32\.0 GB +-/),
    });
    const none = await chiffon(["capacity", "--vram-gb", "4096"]);
    expect(none).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "No agent has that free.\nnot here (infra): it has no graphics processor\n",
    });
    expect(JSON.parse((await chiffon(["capacity", "--json"])).stdout)).toMatchObject({
      needs: { gpu_vram_gb: 0, cpu_cores: 0 },
      agents: [{ name: "here" }],
    });
    expect((await chiffon(["capacity", "--cores", "many"])).code).toBe(2);
  });

  test("cancels a run with its reason", async () => {
    expect(
      (await chiffon(["run", "cancel", machine.server.engine.ids.run, "--reason", "wrong host"])).code,
    ).toBe(0);
    expect(calls("runs.cancel")).toEqual([[machine.server.engine.ids.run, "wrong host"]]);
  });

  test("cancels one step of a run, by its number, and says what becomes of it", async () => {
    const { run, task } = machine.server.engine.ids;
    expect(await chiffon(["run", "cancel", run, "--step", "1", "--reason", "wrong host"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^step 1 of run \w{8} cancelled/),
    });
    expect(calls("tasks.cancel")).toEqual([[task, "wrong host"]]);
    expect(await chiffon(["run", "cancel", run, "--step", "4"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("has no step 4: its steps are 1 to 1"),
    });
    expect(calls("runs.cancel")).toEqual([]);
  });

  test("verifies the audit log: whole is 0, anything else is 1 with the exact finding", async () => {
    const whole = await chiffon(["audit", "verify"]);
    expect(whole).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok: 3 records, 1 checkpoint\nroot a{64}\n/),
    });
    const finding = { kind: "changed", index: 17, message: "the record's bytes are not what was sealed" };
    Object.assign(machine.server.engine.audit, { verify: async () => ({ ok: false, finding }) });
    const broken = await chiffon(["audit", "verify"]);
    expect(broken).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("NOT ok: changed at record 17\nthe record's bytes"),
    });
    expect(JSON.parse((await chiffon(["audit", "verify", "--json"])).stdout)).toEqual({ ok: false, finding });
  });

  test("asks the audit log with all conditions, and takes times as people say them", async () => {
    const before = Date.now();
    await chiffon([
      "audit",
      "query",
      "--status",
      "failed,unknown",
      "--service",
      "kuma",
      "--since",
      "7d",
      "-q",
      "x",
      "--limit",
      "5",
    ]);
    const [query] = calls("audit.query")[0] as [{ since: string }];
    expect(query).toMatchObject({ status: "failed,unknown", service: "kuma", q: "x", limit: 5 });
    expect(before - Date.parse(query.since)).toBeLessThanOrEqual(7 * 86_400_000);
    expect((await chiffon(["audit", "query", "--since", "yesterday"])).code).toBe(2);
  });

  test("keeps control characters of a repository away from the terminal", async () => {
    const summary = { ...makePlan(), requestText: "\u001b[2Jevil\u202e", summary: "\u001b]0;x\u0007" };
    Object.assign(machine.server.engine.plans, {
      list: async () => ({ items: [summary], next: null }),
      get: async () => makePlan({ requestText: "\u001b[2Jevil\u202e\u009b", steps: [exampleStep] }),
    });
    for (const args of [["plan"], ["plan", "show", ids.plan], ["plan", "show", ids.plan, "--json"]]) {
      const { stdout } = await chiffon(args);
      expect(stdout).toContain("evil");
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    }
  });
});

describe("watching", () => {
  const event = (seq: number, body: object): object => ({
    topic: `run:${ids.run}`,
    seq,
    at: "2026-11-22T12:00:00.000Z",
    ...body,
  });
  const output = (seq: number, text: string): object =>
    event(seq, {
      type: "output",
      data: { taskId: ids.task, attempt: 1, offset: 0, length: text.length, text },
    });
  const state = (seq: number, value: string, reason: string | null = null): object =>
    event(seq, { type: "run.state", data: { state: value, reason } });
  const serve = (events: object[], end: string): void => {
    let asked = 0;
    Object.assign(machine.server.engine.events, {
      read: async (_topic: string, after: number, limit: number) => events.slice(after, after + limit),
    });
    // Running at the first looks, ended at the last one.
    Object.assign(machine.server.engine.runs, {
      get: async () => makeRun(++asked > 2 ? { state: end as never, reason: "the agent is gone" } : {}),
    });
  };

  test("writes Ansible's output to stdout, what happens to stderr, and exits as the run ended", async () => {
    serve(
      [state(1, "running"), output(2, "TASK [one]\nok: [we"), output(3, "b1]\n"), state(4, "unknown")],
      "unknown",
    );
    expect(await chiffon(["run", "watch", "e6775852"])).toEqual({
      code: 5,
      stdout: "TASK [one]\nok: [web1]\n",
      stderr: "run running\nrun e6775852 unknown: the agent is gone\n",
    });
  });

  test("gives the events themselves as NDJSON", async () => {
    const events = [state(1, "running"), output(2, "x\n"), state(3, "succeeded")];
    serve(events, "succeeded");
    const watched = await chiffon(["run", "watch", "e6775852", "--json"]);
    expect(watched.code).toBe(0);
    expect(
      watched.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  const reason = "removed after 90 days on 2027-02-20";
  const gone = { at: "2027-02-20T12:00:00.000Z", reason, bytes: 812 };

  test("says of a run whose output was removed after its time since when, and knows the rest of it", async () => {
    const removed = event(9, { type: "events.removed", data: { through: 9, reason } });
    Object.assign(machine.server.engine.events, {
      read: async (_topic: string, after: number) => (after < 9 ? [removed] : []),
    });
    Object.assign(machine.server.engine.runs, {
      get: async () => makeRun({ state: "failed", reason: "step 1 failed", lastSeq: 9, removed: gone }),
      log: async () => ({ text: "", next: 0, end: true, removed: gone }),
      hosts: async () => [],
    });
    expect(await chiffon(["run", "watch", "e6775852"])).toEqual({
      code: 1,
      stdout: "",
      stderr: `output and events of this run: ${reason}\nrun e6775852 failed: step 1 failed\n`,
    });
    expect(await chiffon(["run", "logs", "e6775852"])).toEqual({
      code: 0,
      stdout: "",
      stderr: `The output of this run was ${reason}. Its record and results stay.\n`,
    });
    expect(JSON.parse((await chiffon(["run", "logs", "e6775852", "--json"])).stdout)).toMatchObject({
      removed: gone,
    });
    const shown = await chiffon(["run", "show", "e6775852"]);
    expect(shown.stdout).toContain(`Output:   ${reason}\n`);
    expect(shown.stderr).not.toContain("run logs");
  });

  test("follows the run of an approval with --wait", async () => {
    serve([output(1, "x\n"), state(2, "failed")], "failed");
    const approved = makePlan({ state: "approved", runId: ids.run });
    Object.assign(machine.server.engine.plans, {
      get: async () => makePlan(),
      approve: async () => approved,
    });
    const done = await chiffon(["plan", "approve", "15c4a236", "--hash", hash, "--wait"]);
    expect(done).toMatchObject({ code: 1, stdout: "x\n" });
  });

  test("ends silently when nobody reads stdout any more, and the run goes on", async () => {
    serve([output(1, "one\n"), output(2, "two\n")], "running");
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const watched = await runCli(["run", "watch", "e6775852"], {
      config: { dataDir: machine.dataDir },
      stdout,
    });
    expect(watched).toEqual({ code: 1, stdout: "", stderr: "" });
    expect(calls("runs.cancel")).toEqual([]);
  });
});
