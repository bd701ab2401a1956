import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { previewSpec } from "../../ansible/preview/spec.ts";
import { prepareAttempt } from "../../ansible/process/prepare.ts";
import { startSupervisor } from "../../ansible/process/start-supervisor.ts";
import { finish } from "../../ansible/process/testing/lab.ts";
import type { Request } from "../../contracts/request.ts";
import { findStaleness } from "../plan/freshness.ts";
import { getPlan, getPlanRow, type PlanRow } from "../plan/sql.ts";
import { createPreviewWorld, type PreviewWorld } from "../preview/testing.ts";
import { createRequest } from "../request/create.ts";
import { revisePlan } from "../request/revise.ts";
import { caller } from "../request/testing.ts";
import { getTrust, trustRepository } from "../trust/trust.ts";

/* A repository whose inventory is a script: it says what a file in the person's home says. */

const timeout = 300_000;
const script = `#!/usr/bin/python3
import json, os, sys
import naming
with open(os.path.expanduser("~/answer.json")) as answer:
    text = answer.read().replace("PREFIX", naming.prefix)
if text.startswith("!"):
    sys.exit(text)
print(text)
`;
const playbook = `# chiffon:service=greeter
- name: Deploy the greeter
  hosts: web
  gather_facts: false
  tasks:
    - name: Greet
      ansible.builtin.debug:
        msg: "{{ inventory_hostname }} says {{ word }} from {{ place }}"
`;
const local = { ansible_connection: "local", ansible_python_interpreter: "/usr/bin/python3" };
const answer = {
  web: { hosts: ["web1", "web2"], vars: { word: "PREFIX-hello" } },
  db: { hosts: ["db1"] },
  _meta: { hostvars: { web1: local, web2: local, db1: { ansible_host: "192.0.2.9" } } },
};

let world: PreviewWorld;

beforeAll(async () => {
  world = await createPreviewWorld({
    "inventory/cloud.py": script,
    "inventory/naming.py": 'prefix = "own"\n',
    "inventory/group_vars/web.yml": "place: files\n",
    "greeter.yml": playbook,
  });
}, timeout);
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const ask = (text = "Deploy the greeter on web1"): Promise<Request> =>
  createRequest(world.deps, caller, { text, priority: 3, highValue: false });

async function say(said: unknown): Promise<void> {
  const text = typeof said === "string" ? said : JSON.stringify(said);
  await writeFile(path.join(world.deps.home, "answer.json"), text);
}

async function trust(): Promise<void> {
  const { hash } = await getTrust(world.deps, "homelab");
  await trustRepository(world.deps, caller, { name: "homelab", hash });
}

async function planOf(request: Request): Promise<PlanRow> {
  expect(request.problem).toBeNull();
  return await getPlanRow(world.core.db, request.planId ?? "");
}

async function countAsked(): Promise<number> {
  const rows = await world.core.db
    .selectFrom("audit_record")
    .select("kind")
    .where("kind", "=", "inventory.asked")
    .execute();
  return rows.length;
}

/** Runs the step of a plan for real, from its frozen files, and tells what it printed. */
async function runForReal(plan: PlanRow): Promise<string> {
  const [manifest] = plan.manifests.steps;
  const tools = await world.deps.tools();
  if (manifest === undefined || tools === undefined) throw new Error("nothing to run");
  const { readRun: _held, ...spec } = previewSpec(manifest, {
    id: world.deps.newId(),
    runDir: path.join(world.deps.dataDir, "real"),
    snapshot: await world.deps.snapshots.open(manifest.snapshot),
    tools,
    secrets: {},
    held: { guard: { trusted: true, connections: [], hidden: [] }, sandbox: undefined },
    waitScale: 1,
  });
  const real = { ...spec, check: false, orphanLimitSeconds: 600 };
  const { output } = await finish(real, await startSupervisor(real, await prepareAttempt(real)));
  return output;
}

test(
  "[INFRA-01] a dynamic inventory is not available without trust; with it the plan has its hosts, frozen",
  async () => {
    await say(answer);
    const refused = await ask();
    expect(refused).toMatchObject({
      status: "failed",
      problem: {
        message: expect.stringMatching(
          /hosts are not available: the inventory inventory is dynamic \(inventory\/cloud\.py is a script\).*only when the repository is trusted/,
        ),
        hint: expect.stringMatching(/chiffon repo trust homelab.*ansible-inventory -i inventory --list/),
      },
    });
    expect(await countAsked()).toBe(0);

    await trust();
    const plan = await planOf(await ask());
    const [manifest] = plan.manifests.steps;
    expect(manifest).toMatchObject({
      hosts: ["web1"],
      runsHere: true,
      inventory: "inventory",
      hostsFile: "inventory/.chiffon-hosts.yml",
      resolved: { path: "inventory/.chiffon-inventory.yml" },
    });
    const shown = await getPlan(world.core.db, plan.id);
    expect(shown.notes).toEqual([
      "hosts and variables as the dynamic inventory inventory gave them for this plan: the run uses these and does not ask it again",
    ]);
    expect(await countAsked()).toBe(1);

    // What it says now is another matter: this plan has what was shown.
    await say({ web: { hosts: ["evil1"], vars: { word: "other" } }, _meta: { hostvars: {} } });
    expect(await findStaleness(world.deps, plan)).toBeUndefined();
    const output = await runForReal(plan);
    expect(output).toContain("web1 says own-hello from files");
    expect(output).not.toContain("web2");
    expect(await countAsked()).toBe(1);
  },
  timeout,
);

test(
  "[P3] the plan hash covers what a dynamic inventory said",
  async () => {
    await trust();
    await say(answer);
    const first = await planOf(await ask());
    const same = await planOf(await ask());
    expect(same.manifests.steps[0]).toEqual(first.manifests.steps[0]);
    // Another host of the group, and another value for the approved one.
    for (const other of [
      { ...answer, web: { ...answer.web, hosts: ["web1", "web2", "web3"] } },
      { ...answer, web: { ...answer.web, vars: { word: "bye" } } },
    ]) {
      await say(other);
      const changed = await planOf(await ask());
      expect(changed.manifests.plan.steps).not.toEqual(first.manifests.plan.steps);
    }
    const hostvars = { ...answer._meta.hostvars, web4: local };
    await say({ ...answer, web: { ...answer.web, hosts: ["web1", "web4"] }, _meta: { hostvars } });
    const wider = await revisePlan(world.deps, caller, {
      id: first.id,
      body: { edits: { step: 0, hosts: ["web1", "web4"] } },
    });
    expect((await planOf(wider)).manifests.steps[0]?.hosts).toEqual(["web1", "web4"]);
  },
  timeout,
);

test(
  "a dynamic inventory is looked at in a sandbox: it writes nothing and sees nothing of Chiffon's",
  async () => {
    await say(answer);
    const secret = path.join(world.deps.dataDir, "secret");
    await writeFile(secret, "s3cret");
    const file = path.join(world.root, "inventory/cloud.py");
    const before = await readFile(file, "utf8");
    const probing = before.replace(
      "print(text)",
      [
        "data = json.loads(text)",
        "for name, where in (('home', os.path.expanduser('~/mark')), ('own', 'mark')):",
        "    try: open(where, 'w'); data['web']['vars'][name] = 'written'",
        "    except OSError as error: data['web']['vars'][name] = 'refused'",
        `data['web']['vars']['secret'] = str(os.path.exists(${JSON.stringify(secret)}))`,
        "print(json.dumps(data))",
      ].join("\n"),
    );
    await writeFile(file, probing);
    // Trust ends with the change, without anybody's doing.
    expect((await ask()).problem?.message).toMatch(/what would run has changed since/);
    await trust();
    const plan = await planOf(await ask());
    const { treeDir } = await world.deps.snapshots.open(plan.manifests.steps[0]?.snapshot ?? "");
    const said = await readFile(path.join(treeDir, "inventory/.chiffon-inventory.yml"), "utf8");
    expect(said).toMatch(/"home": "refused"[^]*"own": "refused"[^]*"secret": "False"/);

    // A change of the program makes the plan stale, as any change of its files does.
    await writeFile(file, before);
    expect(await findStaleness(world.deps, plan)).toMatch(/files have changed.*inventory\/cloud\.py/);
    await trust();
  },
  timeout,
);

test.each([
  ["what is no JSON", "<html>502</html>", /failed to parse executable inventory script results/],
  ["a failure", "!hunter2 \u001b[2Jno account", /no account/],
  ["no host", { web: { hosts: [] }, _meta: { hostvars: {} } }, /it names no host/],
  ["a range", { web: { hosts: ["web[1:500]"] }, _meta: { hostvars: {} } }, /host named "web\[1:500\]"/],
  ["an option", { web: { hosts: ["--limit=all"] }, _meta: { hostvars: {} } }, /host named "--limit=all"/],
  ["a template", { web: { hosts: ["{{ x }}"] }, _meta: { hostvars: {} } }, /host named "\{\{ x \}\}"/],
  ["a pattern", { web: { hosts: ["a,b"] }, _meta: { hostvars: {} } }, /host named "a,b"/],
  ["everybody", { web: { hosts: ["all"] }, _meta: { hostvars: {} } }, /host|group/],
  [
    "a lookup that runs a program",
    { web: { hosts: ["web1"], vars: { word: "{{ lookup('pipe', 'id') }}" } }, _meta: { hostvars: {} } },
    /a lookup that would run a program/,
  ],
  [
    "more than a plan can hold",
    { web: { hosts: ["web1"], vars: { word: "x".repeat(1_100_000) } }, _meta: { hostvars: {} } },
    /more than 1048576 characters/,
  ],
])(
  "an answer with %s is refused with the reason",
  async (_what, said, reason) => {
    await trust();
    await say(said);
    const asked = await ask();
    expect(asked.status).toBe("failed");
    expect(asked.problem?.message).toMatch(reason);
    expect(asked.problem?.message).toContain("The dynamic inventory inventory cannot be used");
    expect(asked.problem?.message).not.toMatch(/hunter2|\p{Cc}|snapshots/u);
  },
  timeout,
);

test(
  "settings of a connection count as in a static inventory, and settings that start programs keep a plan from a preview",
  async () => {
    await trust();
    const jump = { ...answer._meta.hostvars, web1: { ansible_host: "192.0.2.7", ansible_port: 2222 } };
    await say({ ...answer, _meta: { hostvars: jump } });
    expect((await ask()).problem?.message).toBe("web1 (192.0.2.7, port 2222) does not answer by SSH");
    const proxy = { ...local, ansible_ssh_common_args: "-o ProxyCommand='nc evil 22'" };
    await say({ ...answer, _meta: { hostvars: { ...answer._meta.hostvars, web1: proxy } } });
    const started = await planOf(await ask());
    expect((await world.look(started.id)).steps[0]).toMatchObject({
      state: "unavailable",
      reason: expect.stringMatching(/settings that start programs/),
    });
  },
  timeout,
);

test(
  "hosts that a plug-in makes are planned for in the same way",
  async () => {
    await using other = await createPreviewWorld({
      "inventory/made.yml":
        "plugin: ansible.builtin.generator\nhosts:\n  name: '{{ kind }}1'\n  parents:\n    - name: web\n      vars: {ansible_connection: local, word: hi}\nlayers:\n  kind: [web, extra]\n",
      "greeter.yml": playbook,
    });
    const { hash } = await getTrust(other.deps, "homelab");
    await trustRepository(other.deps, caller, { name: "homelab", hash });
    const body = { text: "Deploy the greeter on extra1", priority: 3, highValue: false } as const;
    const asked = await createRequest(other.deps, caller, body);
    expect(asked.problem).toBeNull();
    const plan = await getPlanRow(other.core.db, asked.planId ?? "");
    expect(plan.manifests.steps[0]).toMatchObject({ hosts: ["extra1"], runsHere: true });
  },
  timeout,
);
