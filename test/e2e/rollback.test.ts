import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { PlanDiff } from "../../src/contracts/plan-diff.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import { copyExample, endServices } from "../homelab/lab.ts";
import { approve, ended, plan, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  findFreePort,
  signUp,
  startServer,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

/* The example's playbook has twenty tasks: on a busy machine that takes minutes. */
const patience = 400_000;
let world: World;
let server: Server;
let api: Api;

const settings = () => path.join(world.dir, "wiki.conf");
const play = (name: string, tasks: string): string =>
  `# chiffon:service=wiki
- name: ${name} the wiki
  hosts: all
  gather_facts: false
  vars:
    wiki_port: 8080
  tasks:
${tasks}`;

beforeAll(async () => {
  world = await createWorld();
  const { folder } = await copyExample(world.dir);
  // Never the systemd of the machine that the tests run on.
  const inventory = path.join(folder, "inventory/hosts.yml");
  const hosts = (await readFile(inventory, "utf8")).trimEnd();
  await writeFile(inventory, `${hosts}\n    status_page_supervision: process\n`);
  const own = await writeRepository(world, {
    "wiki.yml": play(
      "Deploy",
      `    - name: Write its settings
      ansible.builtin.copy:
        content: "port {{ wiki_port }}"
        dest: ${settings()}
        mode: "0644"
`,
    ),
    "remove-wiki.yml": play(
      "Remove",
      `    - name: Remove its settings
      ansible.builtin.file:
        path: ${settings()}
        state: absent
`,
    ),
  });
  server = await startServer(world, { args: ["--repo", folder, "--repo", own] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await endServices(world.home);
  await world[Symbol.asyncDispose]();
});

const written = () => readFile(settings(), "utf8").catch(() => "nothing");

async function run(shown: Plan): Promise<string> {
  const id = await approve(api, shown);
  const done = await ended(api, id, patience);
  expect(done, JSON.stringify(done.tasks)).toMatchObject({ state: "succeeded" });
  return id;
}

/** Asks for a run to be taken back, by the command line as a person would. */
async function rollback(runId: string): Promise<Plan> {
  const asked = await chiffon(world, ["run", "rollback", runId.slice(0, 8), "--json"]);
  expect(asked.code, asked.stderr).toBe(6);
  return (JSON.parse(asked.stdout) as { plan: Plan }).plan;
}

test("[UI-03] what was deployed is gone after the plan of its rollback was approved, and not before", async () => {
  const shown = await plan(api, "Deploy the wiki with port 81");
  expect(shown.steps[0]?.wayBack).toMatchObject({ kind: "unit", text: "remove-wiki removes it" });
  const first = await run(shown);
  expect(await written()).toBe("port 81");

  const back = await rollback(first);
  expect(back).toMatchObject({ state: "proposed", risk: "R3", steps: [{ verb: "remove" }] });
  expect(back.hash).not.toBe(shown.hash);
  await expect(api.post(`/plans/${back.id}/approve`, { hash: back.hash })).rejects.toThrow("needs-answer");
  expect(await written()).toBe("port 81");
  const second = await run(back);

  expect(await written()).toBe("nothing");
  const { items } = await api.get<AuditPage>(`/audit/query?kind=run.rollback-asked&run=${first}`);
  expect(items).toMatchObject([{ status: "asked", data: { steps: [{ kind: "unit" }] } }]);
  // A rollback is a run like any other: it can be taken back as well.
  expect((await rollback(second)).steps).toMatchObject([
    { verb: "deploy", unit: { name: "wiki" }, vars: [{ name: "wiki_port", value: "81" }] },
  ]);
});

test("[UI-03] a changed port goes back to the former one, and the plan says what differs from the run before", async () => {
  await run(await plan(api, "Deploy the wiki with port 82"));
  const again = await plan(api, "Deploy the wiki with port 82");
  const same = await api.get<PlanDiff>(`/plans/${again.id}/diff?against=last-run`);
  expect(same).toMatchObject({
    same: true,
    summary: [expect.stringMatching(/^the same as run .*, which succeeded$/)],
  });

  // The same plan with another port, as a form says it.
  const edits = { step: 0, vars: { wiki_port: "83" } };
  const request = await api.post<Request>(`/plans/${again.id}/revise`, { edits });
  const shown = await api.get<Plan>(`/plans/${request.planId ?? ""}`);
  expect(shown.steps[0]?.vars).toEqual([
    { name: "wiki_port", value: 83, source: "person", origin: "person" },
  ]);
  const diff = await chiffon(world, ["plan", "diff", shown.id, "--against", "last-run"]);
  expect(diff.stdout).toContain('variable  wiki_port "82" -> 83');
  expect(shown.steps[0]?.wayBack).toMatchObject({ kind: "values" });
  const changed = await run(shown);
  expect(await written()).toBe("port 83");

  const back = await rollback(changed);
  expect(back.steps).toMatchObject([
    { verb: "deploy", vars: [{ name: "wiki_port", value: "82", source: "as it was before" }] },
  ]);
  await run(back);
  expect(await written()).toBe("port 82");

  // Nothing changes any more, so there is nothing to take back.
  const idle = await run(await plan(api, "Deploy the wiki with port 82"));
  const asked = await chiffon(world, ["run", "rollback", idle]);
  expect(asked).toMatchObject({ code: 1, stdout: "" });
  expect(asked.stderr).toContain("changed nothing, so there is nothing to take back");
});

test(
  "the example's status page says its way back before it is approved, and is gone after its rollback",
  { timeout: 3 * patience },
  async () => {
    const port = await findFreePort();
    const health = () =>
      fetch(`http://127.0.0.1:${port}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
    const shown = await plan(api, `Deploy the status page with port ${port}`);
    expect(shown.steps[0]?.wayBack).toMatchObject({ kind: "unit", text: "remove-status-page removes it" });
    const first = await run(shown);
    expect(await health()).toBe(true);
    await run(await rollback(first));
    expect(await health()).toBe(false);
    expect(existsSync(path.join(world.home, "chiffon-homelab/status-page"))).toBe(false);
  },
);
