import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HostTool } from "../../contracts/catalogue.ts";
import { Plan } from "../../contracts/plan.ts";
import type { ToolState } from "../../understand/choices.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { getPlan } from "./sql.ts";

const playbook = `# chiffon:service=wiki
# chiffon:choice=wiki_method docker needs docker version wiki_release
# chiffon:choice=wiki_method npm needs npm version wiki_snapshot
- name: Deploy wiki
  hosts: all
  roles:
    - wiki
`;
const inventory = `web:
  hosts:
    pi:
      ansible_connection: local
    far:
      ansible_connection: other
    own:
      ansible_connection: local
      wiki_method: npm
`;
const files = {
  "wiki.yml": playbook,
  "hosts.yml": inventory,
  "group_vars/web.yml": "wiki_release: 3.1.4\n",
  "roles/wiki/defaults/main.yml": 'wiki_method: auto\nwiki_release: 1.0.0\nwiki_snapshot: "{{ 1 + 1 }}"\n',
  "roles/wiki/tasks/main.yml": "- ansible.builtin.debug:\n    msg: hello\n",
};
let core: TestCore;
let folder: string;
let deps: RequestDeps;
let looks: number;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-choices-"));
  const root = path.join(folder, "site");
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  looks = 0;
  const seen = new Map<HostTool, ToolState>([
    ["docker", "no"],
    ["npm", "yes"],
  ]);
  const findToolsHere = () => {
    looks += 1;
    return Promise.resolve(seen);
  };
  deps = { ...createRequestDeps(core, folder, [root]), findToolsHere };
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function plan(text: string): Promise<Plan> {
  const { planId } = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  return Plan.parse(await getPlan(core.db, planId ?? ""));
}

test("a plan says by which way and in which version its playbook is expected to work on each host", async () => {
  const { steps } = await plan("deploy wiki");
  expect(steps[0]?.vars).toEqual([]);
  expect(steps[0]?.choices).toEqual([
    {
      variable: "wiki_method",
      value: null,
      version: null,
      text: [
        "on pi: by npm: no Docker there",
        "on far: decided when the run starts: by docker (3.1.4) if Docker is there, else by npm, which needs npm",
        "on own: by npm, set in the inventory",
      ].join("; "),
    },
  ]);
  expect(looks).toBe(1);
});

test("a way in the words sets the variable, and hosts elsewhere need no look at this machine", async () => {
  const { steps } = await plan("deploy wiki with Docker on far");
  expect(steps[0]?.vars).toEqual([
    {
      name: "wiki_method",
      value: "docker",
      source: expect.stringContaining('"with Docker" in the request'),
      origin: "request",
    },
  ]);
  expect(steps[0]?.choices).toMatchObject([
    { value: "docker", version: "3.1.4", text: "by docker, version 3.1.4, as asked for" },
  ]);
  expect(looks).toBe(0);
});

test("what is expected is in no hash: another machine makes the same manifest", async () => {
  const first = await plan("deploy wiki on pi");
  deps = { ...deps, findToolsHere: () => Promise.resolve(new Map([["docker", "yes"]])) };
  const second = await plan("deploy wiki on pi");
  expect(second.steps[0]?.choices?.[0]).toMatchObject({ value: "docker", version: "3.1.4" });
  expect(first.steps[0]?.choices?.[0]).toMatchObject({ value: "npm", version: null });
  const rows = await core.db.selectFrom("plan").select("manifests").execute();
  const [one, two] = rows.map((row) => row.manifests.plan.steps);
  expect(one).toEqual(two);
});
