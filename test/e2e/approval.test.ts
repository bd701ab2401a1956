import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run, Task } from "../../src/contracts/run.ts";
import { connect } from "../support/database.ts";
import { approve, ended, plan, playbook, running, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
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

const touch = (file: string) => `    - name: Touch ${file}
      ansible.builtin.copy:
        content: done
        dest: ${path.join(world.dir, file)}
        mode: "0644"
`;

/** Puts a collection with one filter where Ansible looks for those of the user. */
async function install(name: string, filter: string): Promise<void> {
  const folder = path.join(
    world.home,
    ".ansible/collections/ansible_collections/home",
    name,
    "plugins/filter",
  );
  await mkdir(folder, { recursive: true });
  const text = `class FilterModule:\n    def filters(self):\n        return {"shout": lambda text: ${filter}}\n`;
  await writeFile(path.join(folder, "shout.py"), text);
}

beforeAll(async () => {
  world = await createWorld();
  await install("loud", "text.upper()");
  await install("other", "text");
  repository = await writeRepository(world, {
    "alpha.yml": playbook("alpha", touch("alpha.txt")),
    "beta.yml": playbook("beta", touch("beta.txt")),
    "gamma.yml": playbook("gamma", touch("gamma.txt")),
    "delta.yml": playbook("delta", touch("delta.txt")),
    "epsilon.yml": playbook("epsilon", touch("epsilon.txt")),
    "named.yml": `# chiffon:service=named
- name: Write what is told
  hosts: all
  gather_facts: false
  vars:
    named_text: its own
  tasks:
    - name: Write it
      ansible.builtin.copy:
        content: "{{ named_text }}"
        dest: ${path.join(world.dir, "named.txt")}
        mode: "0644"
`,
    "shouting.yml": playbook(
      "shouting",
      `    - name: Shout
      ansible.builtin.template:
        src: shout.j2
        dest: ${path.join(world.dir, "shout.txt")}
        mode: "0644"
`,
    ),
    "templates/shout.j2": "{{ 'hello' | home.loud.shout }}",
    "wait.yml": playbook(
      "waiting",
      `    - name: Wait for the signal
      ansible.builtin.wait_for:
        path: ${path.join(world.dir, "go")}
        timeout: 60
`,
    ),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const exists = async (file: string) =>
  (await readFile(path.join(world.dir, file), "utf8").catch(() => undefined)) !== undefined;

/** Holds the host with another run while something is done to a run that was approved and waits for it. */
async function whileWaiting(shown: Plan, tamper: () => Promise<void>): Promise<Run> {
  await rm(path.join(world.dir, "go"), { force: true });
  const first = await approve(api, await plan(api, "Deploy waiting"));
  await running(api, first);
  const second = await approve(api, shown);
  try {
    const waits = (run: Run) =>
      run.tasks[0]?.reason?.startsWith("waiting for host this-machine: locked by run ");
    await waitUntil(async () => waits(await api.get<Run>(`/runs/${second}`)));
    await tamper();
  } finally {
    await writeFile(path.join(world.dir, "go"), "");
  }
  await ended(api, first);
  return await ended(api, second);
}

test("a unit that is named with its values becomes a plan that waits like any other, and runs with them once it is approved", async () => {
  const body = { unit: "named", hosts: ["this-machine"], vars: { named_text: "by hand" } };
  const { planId } = await api.post<{ planId: string }>("/dispatch", body);
  const shown = await api.get<Plan>(`/plans/${planId}`);
  expect(shown).toMatchObject({ state: "proposed", runId: null, steps: [{ unit: { name: "named" } }] });
  expect(await exists("named.txt")).toBe(false);

  expect(await ended(api, await approve(api, shown))).toMatchObject({ state: "succeeded" });
  expect(await readFile(path.join(world.dir, "named.txt"), "utf8")).toBe("by hand");
  await expect(api.post("/dispatch", { ...body, hosts: ["that-machine"] })).rejects.toThrow("bad-input");
});

test("one step that runs is cancelled by itself: its playbook ends, what waits for it is skipped, the rest of the run is done", async () => {
  const shown = await plan(api, "Deploy waiting and then deploy epsilon");
  const runId = await approve(api, shown);
  const { tasks } = await running(api, runId);
  const cancelled = await api.post<Task>(`/tasks/${tasks[0]?.id}/cancel`, { reason: "wrong host" });
  expect(cancelled).toMatchObject({ state: "running", reason: expect.stringContaining("being stopped") });

  const done = await ended(api, runId);
  expect(done).toMatchObject({
    state: "cancelled",
    tasks: [
      { state: "cancelled", reason: expect.stringContaining("wrong host") },
      { state: "skipped", reason: "step 1 cancelled" },
    ],
  });
  expect(await exists("epsilon.txt")).toBe(false);
  await expect(api.post(`/tasks/${tasks[1]?.id}/cancel`)).rejects.toThrow("is over: skipped");
});

test("[UI-03] a plan is approved by its hash only, and approving it twice runs it once", async () => {
  const shown = await plan(api, "Deploy alpha");
  const wrong = { hash: "f".repeat(64) };

  await expect(api.post(`/plans/${shown.id}/approve`, wrong)).rejects.toThrow("hash-mismatch");
  const [one, two] = await Promise.all([approve(api, shown), approve(api, shown)]);

  expect(one).toBe(two);
  expect((await ended(api, one)).state).toBe("succeeded");
  const runs = await api.get<{ items: Run[] }>("/runs");
  expect(runs.items.filter((run) => run.planId === shown.id)).toHaveLength(1);
});

test("a plan whose files have changed since it was shown is stale, says which file, and runs nothing", async () => {
  const shown = await plan(api, "Deploy beta");
  await writeFile(path.join(repository, "beta.yml"), playbook("beta", touch("other.txt")));

  await expect(api.post(`/plans/${shown.id}/approve`, { hash: shown.hash })).rejects.toThrow(
    /plan-stale.*beta\.yml|beta\.yml.*plan-stale/,
  );
  expect((await api.get<Plan>(`/plans/${shown.id}`)).state).toBe("stale");
  expect(await exists("other.txt")).toBe(false);
});

test("a file of the snapshot that is changed after the approval is refused with 5007 before anything runs", async () => {
  const shown = await plan(api, "Deploy gamma");
  const run = await whileWaiting(shown, async () => {
    const tree = path.join(world.data, "snapshots/trees", shown.steps[0]?.snapshot ?? "");
    expect(await readdir(tree)).toContain("gamma.yml");
    await chmod(path.join(tree, "gamma.yml"), 0o644);
    await writeFile(path.join(tree, "gamma.yml"), playbook("gamma", touch("forged.txt")));
  });

  expect(run.state).toBe("failed");
  expect(run.tasks[0]?.attempts[0]?.error?.code).toBe(5007);
  expect(await exists("forged.txt")).toBe(false);
  expect(await exists("gamma.txt")).toBe(false);
});

test("[P3] a collection of which a template uses a filter is refused with 5007 when it changes after the approval, and another one may change", async () => {
  const refused = await whileWaiting(await plan(api, "Deploy shouting"), () =>
    install("loud", "text.upper() + '!'"),
  );
  expect(refused.state).toBe("failed");
  expect(refused.tasks[0]?.attempts[0]?.error).toMatchObject({
    code: 5007,
    message: expect.stringContaining("with other files, than was approved: home.loud."),
  });
  expect(await exists("shout.txt")).toBe(false);

  const shown = await plan(api, "Deploy shouting");
  const run = await whileWaiting(shown, () => install("other", "text + '?'"));
  expect(run.state).toBe("succeeded");
  expect(await readFile(path.join(world.dir, "shout.txt"), "utf8")).toBe("HELLO!");
});

test("a plan that is changed in the database after the approval is refused by the agent with 5007", async () => {
  const shown = await plan(api, "Deploy delta");
  const run = await whileWaiting(shown, async () => {
    await using db = await connect(world);
    await db.query(
      `UPDATE plan SET manifests = jsonb_set(manifests, '{steps,0,playbook}', '"alpha.yml"') WHERE id = $1`,
      [shown.id],
    );
  });

  expect(run.state).toBe("failed");
  expect(run.tasks[0]?.attempts[0]?.error).toMatchObject({ code: 5007 });
  expect(run.tasks[0]?.reason).toContain("differs from the one that was approved");
  expect(await exists("delta.txt")).toBe(false);
});

test("a rejected plan says why and cannot be approved any more", async () => {
  const shown = await plan(api, "Deploy alpha");
  await api.post(`/plans/${shown.id}/reject`, { reason: "not today" });

  await expect(api.post(`/plans/${shown.id}/approve`, { hash: shown.hash })).rejects.toThrow("not today");
});
