import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlanStep } from "../../contracts/plan.ts";
import type { Request } from "../../contracts/request.ts";
import { hashStep } from "../../domain/plan-hash.ts";
import { getPlan, getPlanRow } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { createRequest, type RequestDeps } from "./create.ts";
import { caller, createRequestDeps } from "./testing.ts";

/* Roles and task files inside one playbook: what Ansible gets for them. */

let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeAll(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-parts-"));
  const fixtures = path.join(import.meta.dirname, "../../../test/fixtures/repositories");
  deps = createRequestDeps(core, folder, [
    path.join(fixtures, "role-tags"),
    path.join(fixtures, "task-files"),
  ]);
});
afterAll(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string): Promise<Request> =>
  createRequest(deps, caller, { text, priority: 3, highValue: false });

async function planned(text: string): Promise<PlanStep[]> {
  const asked = await ask(text);
  expect(asked.status).toBe("planned");
  return (await getPlan(core.db, asked.planId ?? "")).steps;
}

test("[INFRA-01] a role is planned as its playbook with its tag and its switch, and shows only its tasks", async () => {
  const [step] = await planned("Deploy navidrome");
  expect(step).toMatchObject({
    unit: { id: "role-tags:shelf.yml#navidrome", kind: "role", name: "navidrome", path: "shelf.yml" },
    tags: ["navidrome"],
    hosts: ["shelf"],
    vars: [{ name: "navidrome_enabled", value: true, source: "switches navidrome on" }],
    services: ["navidrome"],
    become: true,
  });
  expect(step?.ansibleTasks.map((task) => task.name)).toEqual(["navidrome : Make the folder of navidrome"]);
});

test("a parameter goes to a variable of the role, beside its switch", async () => {
  const [step] = await planned("Deploy navidrome with port 4600");
  expect(step?.vars.map(({ name, value }) => [name, value])).toEqual([
    ["navidrome_enabled", true],
    ["navidrome_port", "4600"],
  ]);
});

test("[INFRA-01] a task file is planned by the playbook that Chiffon wrote for it, which the hash covers", async () => {
  const asked = await ask("Deploy jellyfin on server");
  const { steps } = await getPlan(core.db, asked.planId ?? "");
  const path = ".chiffon-main-tasks-jellyfin.yml";
  expect(steps[0]).toMatchObject({
    unit: { name: "jellyfin", path: "main.yml" },
    tags: [],
    written: { path },
  });
  expect(steps[0]?.ansibleTasks.map((task) => task.name)).toEqual(["Deploy jellyfin"]);
  expect(steps[0]?.decidedAtRunTime).toEqual([]);
  const { manifests } = await getPlanRow(core.db, asked.planId ?? "");
  const [manifest] = manifests.steps;
  expect(manifest).toMatchObject({ playbook: path, written: { from: "main.yml" } });
  if (manifest?.written === undefined) throw new Error("not written");
  const other = { ...manifest, written: { ...manifest.written, text: "- hosts: all\n" } };
  expect(hashStep(manifest, deps.sha256)).toBe(manifests.plan.steps[0]);
  expect(hashStep(other, deps.sha256)).not.toBe(manifests.plan.steps[0]);
});

test("a role that is not there yet makes no plan, and says what to do", async () => {
  const asked = await ask("Install docker");
  expect(asked.status).toBe("failed");
  expect(asked.problem).toMatchObject({
    message: expect.stringContaining("docker cannot be run now"),
    hint: expect.stringContaining("chiffon playbooks"),
  });
});
