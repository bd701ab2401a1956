import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LiveEvent } from "../../src/contracts/live.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { HostResult, Run } from "../../src/contracts/run.ts";
import { postmasterOf } from "../support/database.ts";
import { approve, ended, plan, playbook, readWholeLog, running, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  findSupervisor,
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

const marks = () => readFile(path.join(world.dir, "marks"), "utf8").catch(() => "");

/** Writes a line, sleeps, and writes another, `count` times. */
function ticking(count: number, seconds: number): string {
  return `    - name: Mark the beginning
      ansible.builtin.shell: echo begin >> ${path.join(world.dir, "marks")}
      changed_when: true
    - name: Take a while
      ansible.builtin.command: sleep ${seconds}
      changed_when: false
      loop: "{{ range(${count}) | list }}"
    - name: Mark the end
      ansible.builtin.shell: echo end >> ${path.join(world.dir, "marks")}
      changed_when: true
`;
}

beforeAll(async () => {
  world = await createWorld();
  repository = await writeRepository(world, {
    "slow.yml": playbook("slow", ticking(12, 5)),
    "slowish.yml": playbook("slowish", ticking(5, 3)),
    "files.yml": playbook(
      "files",
      `    - name: Write a file
      ansible.builtin.copy:
        content: "hello\\n"
        dest: ${path.join(world.dir, "written.txt")}
        mode: "0644"
`,
    ),
    "broken.yml": playbook(
      "crash",
      `    - name: Fail on purpose
      ansible.builtin.fail:
        msg: it is broken
`,
    ),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0, 20_000);
  await world[Symbol.asyncDispose]();
});

test("[STATE-02] [INFRA-02] a run leaves per-host results, times and resources, and a second run changes nothing", async () => {
  const first = await ended(api, await approve(api, await plan(api, "Deploy files")));
  const second = await ended(api, await approve(api, await plan(api, "Deploy files")));

  expect(first.state).toBe("succeeded");
  expect(first.tasks[0]?.attempts[0]?.recap).toMatchObject({
    "this-machine": { ok: 1, changed: 1, failed: 0 },
  });
  expect(first.tasks[0]?.attempts[0]?.resources?.cpu_time_ms).toBeGreaterThan(100);
  expect(second.tasks[0]?.attempts[0]?.recap).toMatchObject({ "this-machine": { ok: 1, changed: 0 } });
  const [cell] = await api.get<HostResult[]>(`/runs/${first.id}/hosts`);
  expect(cell).toMatchObject({ host: "this-machine", name: "Write a file", status: "changed" });
  expect(await readFile(path.join(world.dir, "written.txt"), "utf8")).toBe("hello\n");
  // The plan of the second run knows how long the first took.
  expect((await plan(api, "Deploy files")).steps[0]?.expected?.samples).toBeGreaterThanOrEqual(2);
});

test("a failing playbook ends as failed, with Ansible's own words, and stops the step that depends on it", async () => {
  const run = await ended(api, await approve(api, await plan(api, "Deploy crash and then deploy files")));

  expect(run.state).toBe("failed");
  expect(run.tasks.map((task) => task.state)).toEqual(["failed", "skipped"]);
  expect(await readWholeLog(api, run.id)).toContain("it is broken");
  const cells = await api.get<HostResult[]>(`/runs/${run.id}/hosts`);
  expect(cells[0]).toMatchObject({ status: "failed", message: "it is broken" });
});

test("cancelling stops the playbook and everything below it within six seconds", async () => {
  const runId = await approve(api, await plan(api, "Deploy slowish"));
  await waitUntil(async () => (await marks()).includes("begin"));
  const began = Date.now();
  await api.post(`/runs/${runId}/cancel`, { reason: "enough" });
  const run = await ended(api, runId);

  expect(run.state).toBe("cancelled");
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(run.reason).toContain("ada");
  expect((await listProcesses(world)).filter((each) => each.includes("ansible-playbook"))).toEqual([]);
  await writeFile(path.join(world.dir, "marks"), "");
});

test("[ORCH-03] kill -9 of the server in the middle of a 60 s playbook: the playbook goes on, is adopted, and its lines are counted once", async () => {
  await writeFile(path.join(world.dir, "marks"), "");
  const runId = await approve(api, await plan(api, "Deploy slow"));
  await waitUntil(async () => (await marks()).includes("begin"));
  await server.kill();
  expect((await listProcesses(world)).some((each) => each.includes("ansible-playbook"))).toBe(true);
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signIn(server);
  const during = await api.get<Run>(`/runs/${runId}`);
  const run = await ended(api, runId);

  expect(during.state).toBe("running");
  expect(run.state).toBe("succeeded");
  expect(run.tasks[0]?.attempts).toHaveLength(1);
  expect(await marks()).toBe("begin\nend\n");
  const log = await readWholeLog(api, runId);
  expect(log.match(/TASK \[Mark the beginning\]/g)).toHaveLength(1);
  expect(stripVTControlCharacters(log).match(/ok: \[this-machine\] => \(item=/g)).toHaveLength(12);
  const events = await readEvents(runId);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter((event) => event.type === "attempt.started")).toHaveLength(1);
});

test("kill -9 of the supervisor: the outcome is unknown, what was left is stopped, and nothing runs again by itself", async () => {
  await writeFile(path.join(world.dir, "marks"), "");
  const runId = await approve(api, await plan(api, "Deploy slowish"));
  await waitUntil(async () => (await marks()).includes("begin"));
  const supervisor = await findSupervisor(world);
  process.kill(Number(supervisor), "SIGKILL");
  const run = await ended(api, runId);

  expect(run.state).toBe("unknown");
  expect(run.reason).toContain("we do not know whether it finished");
  await waitUntil(
    async () => !(await listProcesses(world)).some((each) => each.includes("ansible-playbook")),
  );
  expect(await marks()).toBe("begin\n");

  const { planId } = await api.post<Request>(`/runs/${runId}/probe`, {});
  const look = await api.get<Plan>(`/plans/${planId}`);
  expect(look).toMatchObject({
    risk: "R0",
    steps: [{ unit: { name: "facts" } }, { unit: { name: "status" } }],
  });
  const [facts, status] = (await ended(api, await approve(api, look))).tasks;
  expect(facts?.state).toBe("succeeded");
  // It is a playbook's word and no service of this machine: that is what a look finds, and says.
  expect(status?.reason).toContain("No service 'slowish' on this host");
  const marked = await api.post<Run>(`/runs/${runId}/mark`, {
    step: 0,
    outcome: "failed",
    reason: "it is not there",
  });
  expect(marked.state).toBe("failed");
});

test("kill -9 of the database in the middle of a run: it comes back, and the run ends as if nothing had happened", async () => {
  await writeFile(path.join(world.dir, "marks"), "");
  const runId = await approve(api, await plan(api, "Deploy slowish"));
  await running(api, runId);
  await waitUntil(async () => (await marks()).includes("begin"));
  process.kill(await postmasterOf(world), "SIGKILL");
  await waitUntil(() => server.said().match(/Chiffon is ready/g)?.length === 2, 60_000);
  const run = await ended(api, runId);

  expect(run.state).toBe("succeeded");
  expect(await marks()).toBe("begin\nend\n");
  expect(server.said()).toContain("the database has ended");
});

async function readEvents(runId: string): Promise<LiveEvent[]> {
  const events: LiveEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? 0;
    const page = await api.get<{ items: LiveEvent[] }>(`/runs/${runId}/events?after=${after}&limit=1000`);
    if (page.items.length === 0) return events;
    events.push(...page.items);
  }
}
