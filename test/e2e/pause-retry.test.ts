import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditPage, AuditVerifyResult } from "../../src/contracts/audit.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { approve, ended, plan, running, writeRepository } from "../support/jobs.ts";
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

const local = "{ansible_connection: local, ansible_python_interpreter: /usr/bin/python3}";
const inventory = `db:
  hosts:
    box3: ${local}
web:
  hosts:
    box1: ${local}
    box2: ${local}
`;
const play = (service: string, tasks: string): string =>
  `# chiffon:service=${service}\n- name: ${service}\n  hosts: web\n  gather_facts: false\n  tasks:\n${tasks}`;
const inWorld = (name: string) => path.join(world.dir, name);

/** It notes each time that it comes to a host, waits while it is held, and fails on a host that is broken. */
const wiki = () => `    - name: Note the visit
      ansible.builtin.shell: echo visit >> ${inWorld("{{ inventory_hostname }}.visits")}
    - name: Wait while somebody holds it
      ansible.builtin.wait_for:
        path: ${inWorld("hold")}
        state: absent
        timeout: 60
    - name: Look whether it is broken
      ansible.builtin.command:
        cmd: test ! -e ${inWorld("{{ inventory_hostname }}.broken")}
      changed_when: false
`;
const forum = () => `    - name: Note the visit of the second step
      ansible.builtin.shell: echo visit >> ${inWorld("{{ inventory_hostname }}.second")}
    - name: Install
      ansible.builtin.copy:
        content: done
        dest: ${inWorld("{{ inventory_hostname }}.forum")}
        mode: "0644"
`;

beforeAll(async () => {
  world = await createWorld();
  repository = await writeRepository(world, {
    "hosts.yml": inventory,
    "wiki.yml": play("wiki", wiki()),
    "forum.yml": play("forum", forum()),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  const left = await listProcesses(world);
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

const ask = () => plan(api, "Deploy wiki and then deploy forum");
const visits = async (host: string) =>
  (await readFile(inWorld(`${host}.visits`), "utf8").catch(() => "")).split("\n").length - 1;
const installed = (host: string) => existsSync(inWorld(`${host}.forum`));

/** As a person whose token may do this; the command line by itself may only read and propose. */
async function cli(...args: string[]) {
  const token = inWorld("token");
  await writeFile(token, api.token, { mode: 0o600 });
  return await chiffon(world, args, { env: { CHIFFON_TOKEN_FILE: token } });
}

const show = (runId: string) => api.get<Run>(`/runs/${runId}`);

async function verified(): Promise<void> {
  expect(await api.post<AuditVerifyResult>("/audit/verify")).toMatchObject({ ok: true });
}

test("a run is paused between its steps, stays so over a kill -9 of the server, and goes on when it is resumed", async () => {
  await writeFile(inWorld("hold"), "");
  const runId = await approve(api, await ask());
  await running(api, runId);

  const paused = await cli("run", "pause", runId, "--reason", "backup window");
  expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining("step 1 still runs") });
  await rm(inWorld("hold"));
  const held = await waitUntil(async () => {
    const run = await show(runId);
    return run.tasks[0]?.state === "succeeded" ? run : undefined;
  });
  expect(held).toMatchObject({ state: "paused", endedAt: null });
  expect(held.reason).toMatch(/^paused by .+: backup window$/);
  const watched = await cli("run", "watch", runId);
  expect(watched).toMatchObject({ code: 6, stderr: expect.stringContaining("run resume") });

  await server.kill();
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signIn(server);
  expect(await show(runId)).toMatchObject({
    state: "paused",
    pause: held.pause,
    tasks: [{ state: "succeeded" }, { state: "pending", attempts: [] }],
  });
  expect(installed("box1")).toBe(false);

  await api.post<Run>(`/runs/${runId}/resume`);
  expect((await ended(api, runId)).state).toBe("succeeded");
  expect([installed("box1"), installed("box2"), await visits("box1")]).toEqual([true, true, 1]);
  const { items } = await api.get<AuditPage>(`/audit/query?run=${runId}`);
  const kinds = items.map((each) => each.kind);
  expect(kinds).toEqual(expect.arrayContaining(["run.paused", "run.resumed"]));
  await verified();
}, 120_000);

test("a step that failed on one of two hosts is tried again on that host only, by one click, and from a task on", async () => {
  for (const name of ["box1.visits", "box2.visits", "box1.forum", "box2.forum"]) await rm(inWorld(name));
  await writeFile(inWorld("box2.broken"), "");
  const first = await ask();
  const runId = await approve(api, first);
  expect(await ended(api, runId)).toMatchObject({
    state: "failed",
    tasks: [{ state: "failed" }, { state: "skipped" }],
  });
  await rm(inWorld("box2.broken"));
  const asked = await cli("run", "retry", runId, "--failed-hosts", "--json");
  expect(asked.code, asked.stderr).toBe(6);
  const again = await api.get<Plan>(`/plans/${(JSON.parse(asked.stdout) as { plan: Plan }).plan.id}`);
  expect(again).toMatchObject({
    revision: first.revision + 1,
    retryOf: { runId },
    approvalForm: { kind: "click", typed: null },
    steps: [{ hosts: ["box2"] }, { hosts: ["box1", "box2"] }],
  });
  expect(again.hash).not.toBe(first.hash);
  expect(await visits("box2")).toBe(1);
  const second = await approve(api, again);
  expect((await ended(api, second)).state).toBe("succeeded");
  expect([await visits("box1"), await visits("box2")]).toEqual([1, 2]);
  expect([installed("box1"), installed("box2")]).toEqual([true, true]);

  await Promise.all(["box1", "box2"].map((name) => rm(inWorld(`${name}.second`))));
  const from = { ansibleTask: "Install" };
  const { planId } = await api.post<{ planId: string }>(`/runs/${runId}/retry`, { from });
  const late = await api.get<Plan>(`/plans/${planId}`);
  expect(late.steps).toMatchObject([{ startAt: "Install", hosts: ["box1", "box2"] }]);
  expect((await ended(api, await approve(api, late))).state).toBe("succeeded");
  expect(existsSync(inWorld("box1.second"))).toBe(false);
  const { items } = await api.get<AuditPage>(`/audit/query?run=${runId}&kind=run.retry-asked`);
  expect(items).toHaveLength(2);
  await verified();
}, 120_000);
