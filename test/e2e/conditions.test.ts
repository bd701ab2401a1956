import { access } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { approve, ended, plan, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, type Api, type Server, type World } from "../support/server.ts";

let world: World;
let server: Server;
let api: Api;

const mark = (name: string) => path.join(world.dir, name);
const isThere = async (name: string): Promise<boolean> =>
  await access(mark(name)).then(
    () => true,
    () => false,
  );
const touching = (name: string) =>
  `# chiffon:service=${name}\n- name: Deploy ${name}\n  hosts: web1\n  gather_facts: false\n  tasks:\n    - name: Leave a mark\n      ansible.builtin.file: {path: "${mark(name)}", state: touch, mode: "0644"}\n`;

beforeAll(async () => {
  world = await createWorld();
  const repository = await writeRepository(world, {
    "hosts.yml":
      "web:\n  hosts:\n    web1: {ansible_connection: local, ansible_python_interpreter: /usr/bin/python3}\n",
    "alpha.yml": touching("alpha"),
    "beta.yml": touching("beta"),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test("[ORCH-01] a comparison of a fact decides when it was read: the step runs, its otherwise is skipped with what was read", async () => {
  const shown = await plan(
    api,
    "If web1 has more than 1 MB of memory, deploy alpha on web1, otherwise deploy beta on web1",
  );
  expect(shown.steps.map((step) => [step.unit.name, step.risk, step.condition?.step ?? null])).toEqual([
    ["facts", "R0", null],
    ["alpha", expect.any(String), 0],
    ["beta", expect.any(String), 0],
  ]);
  const run = await ended(api, await approve(api, shown));
  expect(run.tasks.map((task) => task.state)).toEqual(["succeeded", "succeeded", "skipped"]);
  expect(run.tasks[2]?.reason).toMatch(/^memory of web1 is .* GB, and has to be at most 1 MB$/);
  expect(run.state).toBe("succeeded");
  expect([await isThere("alpha"), await isThere("beta")]).toEqual([true, false]);
});
