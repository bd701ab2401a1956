import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listOperationRestarts } from "../../ansible/operations/operations.ts";
import type { StepManifest } from "../../contracts/plan.ts";
import type { Request } from "../../contracts/request.ts";
import { hashStep } from "../../domain/plan-hash.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { getPlan, getPlanRow } from "./sql.ts";

/* Chiffon runs on nas. */

/** Where Chiffon's own operation restarts the machine that Ansible runs on. */
const reboots = `.chiffon-operations/reboot.yml:${listOperationRestarts("reboot").find((each) => each.by === "command")?.line}`;

let core: TestCore;
let folder: string;
let deps: RequestDeps;

const playbookOf = (service: string, tasks: string): string =>
  `# chiffon:service=${service}\n- name: Deploy ${service}\n  hosts: all\n  gather_facts: false\n${tasks}`;

beforeAll(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-restart-"));
  const root = path.join(folder, "home");
  await mkdir(root);
  const local = "{ansible_connection: local}";
  const files = {
    "hosts.yml": `all:\n  hosts:\n    nas: ${local}\n    web1: ${local}\n`,
    "wiki.yml": playbookOf("wiki", "  tasks:\n    - ansible.builtin.debug:\n"),
    "kernel.yml": playbookOf(
      "kernel",
      "  tasks:\n    - ansible.builtin.debug:\n      notify: again\n  handlers:\n    - name: again\n      ansible.builtin.command: systemctl reboot\n",
    ),
    "firmware.yml": playbookOf("firmware", "  tasks:\n    - ansible.builtin.reboot:\n"),
    "clock.yml": playbookOf("clock", "  tasks:\n    - local_action: command reboot\n"),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(root, name), text);
  deps = {
    ...createRequestDeps(core, folder, [root]),
    isThisMachine: (host) => host.name === "nas",
  };
});
afterAll(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string): Promise<Request> =>
  createRequest(deps, caller, { text, priority: 3, highValue: false });

async function manifestsOf(text: string): Promise<StepManifest[]> {
  const asked = await ask(text);
  expect([asked.status, asked.problem]).toEqual(["planned", null]);
  return (await getPlanRow(core.db, asked.planId ?? "")).manifests.steps;
}

test.for<[string, string]>([
  ["Reboot nas and then deploy wiki on web1", "step 1 restarts"],
  ["Reboot nas and deploy wiki on web1", "step 1 restarts"],
  ["Deploy kernel on nas and then deploy wiki on nas", "step 1 restarts"],
  ["Deploy wiki on web1 and then deploy clock on web1, then deploy wiki on nas", "step 2 restarts"],
])("%s: refused, because the rest would be cut off", async ([text, told]) => {
  const { status, problem } = await ask(text);
  expect(status).toBe("failed");
  expect(problem?.message).toContain(`${told} the machine that Chiffon itself runs on`);
  expect(problem?.message).toMatch(/which would cut off step \d$/);
  expect(problem?.hint).toContain("Make it the last step");
});

test.for<[string, (readonly string[] | undefined)[]]>([
  ["Reboot nas", [[reboots]]],
  ["Deploy wiki on web1 and then reboot nas", [undefined, [reboots]]],
  ["Deploy kernel on nas", [["kernel.yml:9"]]],
  ["Reboot web1 and then deploy wiki on nas", [undefined, undefined]],
  ["Deploy kernel on web1 and then deploy wiki on nas", [undefined, undefined]],
  // Ansible's module refuses the machine that Ansible runs on.
  ["Deploy firmware on nas and then deploy wiki on nas", [undefined, undefined]],
])("%s: planned", async ([text, restarts]) => {
  const steps = await manifestsOf(text);
  expect(steps.map((step) => step.restartsHere)).toEqual(restarts);
});

test("that a step restarts this machine is told with its risk, and the plan's hash covers it", async () => {
  const asked = await ask("Deploy kernel on nas");
  const { steps } = await getPlan(core.db, asked.planId ?? "");
  expect(steps[0]?.riskReasons).toContain(
    "restarts the machine that Chiffon runs on: whatever else runs then is cut off",
  );
  const { manifests } = await getPlanRow(core.db, asked.planId ?? "");
  const [manifest] = manifests.steps;
  if (manifest === undefined) throw new Error("no step");
  expect(manifests.plan.steps).toEqual([hashStep(manifest, deps.sha256)]);
  const { restartsHere: _, ...without } = manifest;
  expect(manifests.plan.steps).not.toEqual([hashStep(without, deps.sha256)]);
});

test("a step on other hosts as well is not taken for done by the restart, unless it is Chiffon's own, which does this machine last", async () => {
  const [kernel] = await manifestsOf("Deploy kernel on nas and web1");
  expect(kernel?.hosts).toEqual(["nas", "web1"]);
  expect(kernel?.restartsHere).toBeUndefined();
  const [reboot] = await manifestsOf("Reboot nas and web1");
  expect(reboot?.hosts).toEqual(["nas", "web1"]);
  expect(reboot?.restartsHere).toEqual([reboots]);
  expect((await ask("Deploy kernel on nas and web1, then deploy wiki on web1")).status).toBe("failed");
});
