import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AuditPage, AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { EventList } from "../../src/contracts/api.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { Run, RunSummary } from "../../src/contracts/run.ts";
import { ended, playbook, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  listProcesses,
  signIn,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

let world: World;
let server: Server;
let api: Api;
let repository: string;

const sentence = "Deploy monitor and then configure portals";

/** What is installed first is what the second step works on: it cannot be previewed before. */
const installing = () => `    - name: Look whether it may be installed
      ansible.builtin.stat:
        path: ${path.join(world.dir, "broken")}
      register: broken
    - name: Refuse
      ansible.builtin.fail:
        msg: it is broken
      when: broken.stat.exists
    - name: Install
      ansible.builtin.copy:
        content: "version=1\\n"
        dest: ${path.join(world.dir, "monitor.conf")}
        mode: "0644"
`;
const configuring = () => `    - name: Wait while somebody holds it
      ansible.builtin.wait_for:
        path: ${path.join(world.dir, "hold")}
        state: absent
        timeout: 60
    - name: Add the portal
      ansible.builtin.lineinfile:
        path: ${path.join(world.dir, "monitor.conf")}
        line: portal=https://portal.example
`;

beforeAll(async () => {
  world = await createWorld();
  repository = await writeRepository(world, {
    "monitor.yml": playbook("monitor", installing()),
    "portals.yml": playbook("portals", configuring(), "# chiffon:service=monitor\n"),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterEach(async () => {
  for (const name of ["monitor.conf", "broken", "hold"])
    await rm(path.join(world.dir, name), { force: true, recursive: true });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  const left = await listProcesses(world);
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

const config = () => readFile(path.join(world.dir, "monitor.conf"), "utf8").catch(() => undefined);

/** Both playbooks are about the monitor: what is asked is answered with the first choice. */
async function plan(): Promise<Plan> {
  let request = await api.post<Request>("/requests", { text: sentence });
  if (request.status === "needs_clarification")
    request = await api.post<Request>(`/requests/${request.id}/answer`, {
      answers: request.questions.map(({ id, options }) => ({ question: id, value: options[0]?.value })),
    });
  if (request.planId === null) throw new Error(`no plan: ${JSON.stringify(request)}`);
  return await api.get<Plan>(`/plans/${request.planId}`);
}

async function approveWithStop(shown: Plan): Promise<string> {
  const { typed } = shown.approvalForm;
  const body = { hash: shown.hash, stopBefore: [1], ...(typed === null ? {} : { typed }) };
  const { runId } = await api.post<Plan>(`/plans/${shown.id}/approve`, body);
  if (runId === null) throw new Error("no run");
  return runId;
}

const stopOf = (run: Run) => {
  const [stop] = run.stops;
  if (!stop) throw new Error(`no stop: ${run.state} ${run.reason}`);
  return stop;
};

/** The run when it waits, and its preview when that has ended. */
async function stopped(runId: string): Promise<{ run: Run; preview: Run }> {
  const at = await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.state === "paused" ? run : undefined;
  }, 120_000);
  const preview = await ended(api, stopOf(at).previewRunId ?? "");
  return { run: await api.get<Run>(`/runs/${runId}`), preview };
}

const goOn = (shown: Plan, run: Run) =>
  api.post<Run>(`/runs/${run.id}/continue`, {
    step: 1,
    hash: stopOf(run).hash,
    ...(shown.approvalForm.typed === null ? {} : { typed: shown.approvalForm.typed }),
  });

async function verified(): Promise<void> {
  expect(await api.post<AuditVerifyResult>("/audit/verify")).toMatchObject({ ok: true });
}

test("a run stops before step 2, shows its diff, and succeeds after the second approval", async () => {
  const shown = await plan();
  expect(shown.steps.map((step) => step.previewableAfter)).toEqual([[], [0]]);

  const runId = await approveWithStop(shown);
  const { run, preview } = await stopped(runId);

  expect(run.reason).toBe("stopped before step 2 as asked: look at its preview and approve it to go on");
  expect(preview).toMatchObject({ purpose: "preview", state: "succeeded", planId: shown.id });
  const { items } = await api.get<EventList>(`/runs/${preview.id}/events?limit=1000`);
  const diffs = items.flatMap((event) => (event.type === "host.diff" ? [event.data.text] : []));
  expect(diffs.join("")).toContain("+portal=https://portal.example");
  expect(await config()).toBe("version=1\n");
  const listed = await api.get<{ items: RunSummary[] }>("/runs");
  expect(listed.items.filter((each) => each.planId === shown.id).map((each) => each.purpose)).toEqual([
    "preview",
    "change",
  ]);

  await goOn(shown, run);
  await goOn(shown, run);
  expect((await ended(api, runId)).state).toBe("succeeded");
  expect(await config()).toBe("version=1\nportal=https://portal.example\n");
  const record = await api.get<AuditPage>(`/audit/query?run=${runId}&kind=step.approved`);
  expect(record.items).toHaveLength(1);
  await verified();
}, 300_000);

test("the command line cards the stop, exits with 6 while it waits, and goes on with the hash it was shown", async () => {
  const shown = await plan();
  const card = await chiffon(world, ["plan", "show", shown.id]);
  expect(card.stdout).toContain("step 2: can be previewed after step 1");
  const { typed } = shown.approvalForm;
  const type = typed === null ? [] : ["--type", typed];
  const runId = await approveWithStop(shown);

  const watched = await chiffon(world, ["run", "watch", runId]);
  expect(watched).toMatchObject({
    code: 6,
    stderr: expect.stringContaining("stopped before step 2 as asked"),
  });
  const seen = await chiffon(world, ["run", "show", runId]);
  expect(seen.code).toBe(6);
  expect(seen.stdout).toContain("before step 2, waits for a person");
  expect(seen.stdout).toContain("+portal=https://portal.example");
  const hash = /run continue \S+ --hash ([0-9a-f]{12})/.exec(seen.stderr)?.[1] ?? "";
  expect((await chiffon(world, ["run", "continue", runId])).stderr).toContain("needs --hash");
  expect(await chiffon(world, ["run", "continue", runId, "--hash", "f".repeat(12), ...type])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--hash is"),
  });

  // On a terminal it would ask for the password: here the token of a person does.
  const token = path.join(world.dir, "token");
  await writeFile(token, api.token, { mode: 0o600 });
  const env = { CHIFFON_TOKEN_FILE: token };
  const gone = await chiffon(world, ["run", "continue", runId, "--hash", hash, "--wait", ...type], { env });
  expect(gone).toMatchObject({ code: 0, stderr: expect.stringContaining("succeeded") });
}, 300_000);

test("when step 1 fails, step 2 never runs and its stop is void", async () => {
  await writeFile(path.join(world.dir, "broken"), "");
  const run = await ended(api, await approveWithStop(await plan()));

  expect(run).toMatchObject({ state: "failed", stops: [] });
  expect(run.tasks[1]).toMatchObject({ state: "skipped", attempts: [], reason: "step 1 failed" });
  await verified();
}, 300_000);

test("kill -9 of the server in the middle of the preview and while it is paused loses nothing", async () => {
  const shown = await plan();
  await writeFile(path.join(world.dir, "hold"), "");
  const runId = await approveWithStop(shown);
  const paused = await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.state === "paused" ? run : undefined;
  }, 120_000);
  const previewId = stopOf(paused).previewRunId ?? "";
  await waitUntil(async () => {
    const { items } = await api.get<EventList>(`/runs/${previewId}/events?limit=1000`);
    return items.some((event) => event.type === "host.started");
  }, 120_000);

  await server.kill();
  await rm(path.join(world.dir, "hold"));
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signIn(server);
  const { run, preview } = await stopped(runId);
  expect(preview.state).toBe("succeeded");

  await server.kill();
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signIn(server);
  expect(stopOf(await api.get<Run>(`/runs/${runId}`))).toEqual(stopOf(run));
  await goOn(shown, run);
  expect((await ended(api, runId)).state).toBe("succeeded");
  expect(await config()).toBe("version=1\nportal=https://portal.example\n");
  await verified();
}, 300_000);

test("a stop that the plan does not have is refused, and so is a second approval with other stops", async () => {
  const shown = await plan();
  const at = `/plans/${shown.id}/approve`;
  const { typed } = shown.approvalForm;
  const body = { hash: shown.hash, ...(typed === null ? {} : { typed }) };

  await expect(api.post(at, { ...body, stopBefore: [2] })).rejects.toThrow(/no step 3 to stop before/);
  await expect(api.post(at, { ...body, stopBefore: [0] })).rejects.toThrow(/400/);
  const runId = await approveWithStop(shown);
  await expect(api.post(at, body)).rejects.toThrow(/approved already, with a stop before step 2/);
  await stopped(runId);
  await api.post(`/runs/${runId}/cancel`);
  expect((await ended(api, runId)).state).toBe("cancelled");
}, 300_000);
