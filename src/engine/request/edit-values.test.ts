import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Plan, RevisePlan } from "../../contracts/plan.ts";
import { comparePlan } from "../plan/compare.ts";
import { getPlan } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { createRequest, type RequestDeps } from "./create.ts";
import { revisePlan } from "./revise.ts";
import { caller, createRequestDeps } from "./testing.ts";

const playbook = `# chiffon:service=wiki
# chiffon:secret=WIKI_TOKEN generate=24
- name: Wiki
  hosts: web
  connection: local
  vars:
    wiki_port: 8080
    wiki_public: false
    wiki_title: Wiki
    wiki_users: [ada]
  tasks:
    - name: Say the port
      ansible.builtin.debug:
        msg: "{{ wiki_port }} {{ wiki_public }} {{ wiki_title }} {{ wiki_users }}"
`;
let core: TestCore;
let folder: string;
let root: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-request-"));
  root = path.join(folder, "site");
  await mkdir(root);
  await writeFile(path.join(root, "wiki.yml"), playbook);
  await writeFile(
    path.join(root, "forum.yml"),
    playbook.replaceAll("wiki", "forum").replace("Wiki", "Forum").replaceAll("WIKI", "FORUM"),
  );
  const local = "\n      ansible_connection: local\n";
  await writeFile(
    path.join(root, "hosts.yml"),
    `web:\n  hosts:\n    web1:${local}    web2:${local}db:\n  hosts:\n    db1:${local}`,
  );
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = async (text: string): Promise<Plan> => {
  const request = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  return await getPlan(core.db, request.planId ?? "");
};
const revise = async (plan: Plan, body: RevisePlan): Promise<Plan> => {
  const request = await revisePlan(deps, caller, { id: plan.id, body });
  return await getPlan(core.db, request.planId ?? "");
};
const set = (vars: Record<string, string | number | boolean | null | string[]>): RevisePlan => ({
  edits: { step: 0, vars },
});

test("[UI-03] values, hosts and steps of a plan are edited: the next revision, whose changed values come from a person", async () => {
  const first = await ask("Deploy wiki on web1 and then deploy forum on web1");
  const edited = await revise(first, {
    edits: [
      {
        step: 0,
        hosts: ["WEB2"],
        vars: { wiki_port: "8081", wiki_public: "true", wiki_users: '["ada","bob"]' },
      },
      { step: 1, skip: true },
    ],
  });

  expect(edited).toMatchObject({ revision: 2, state: "proposed" });
  expect(edited.hash).not.toBe(first.hash);
  expect(edited.steps).toMatchObject([{ unit: { name: "wiki" }, hosts: ["web2"] }]);
  expect(edited.steps[0]?.vars).toEqual([
    { name: "wiki_port", value: 8081, source: "person", origin: "person" },
    { name: "wiki_public", value: true, source: "person", origin: "person" },
    { name: "wiki_users", value: ["ada", "bob"], source: "person", origin: "person" },
  ]);
  expect(await getPlan(core.db, first.id)).toMatchObject({ state: "superseded" });

  // What was set stays with the next change, by words or by values, and goes back to the playbook's own value.
  const moved = await revise(edited, { instruction: "on web1" });
  expect(moved.steps[0]).toMatchObject({ hosts: ["web1"] });
  expect(moved.steps[0]?.vars).toHaveLength(3);
  const said = await revise(moved, { instruction: "use port 8090" });
  expect(said.steps[0]?.vars.find((each) => each.name === "wiki_port")).toMatchObject({ value: "8090" });
  const back = await revise(said, set({ wiki_port: null, wiki_users: null }));
  expect(back.steps[0]?.vars).toEqual([
    { name: "wiki_public", value: true, source: "person", origin: "person" },
  ]);
});

test.each<[string, string[], string[]]>([
  ["only on web1", ["web1"], ["wiki", "forum"]],
  ["skip the forum", ["web1", "web2"], ["wiki"]],
])("the words %j make the next revision", async (words, hosts, units) => {
  const plan = await ask("Deploy wiki and then deploy forum");
  const next = await revise(plan, { instruction: words });
  expect(next.steps.map((step) => step.unit.name)).toEqual(units);
  expect(next.steps[0]?.hosts).toEqual(hosts);
});

test("text that looks like a template stays text, and the shape of a value is the playbook's own", async () => {
  const plan = await ask("Deploy wiki on web1");
  const title = "{{ lookup('pipe', 'id') }}";
  const next = await revise(plan, set({ wiki_title: title, wiki_port: "auto" }));
  expect(next.steps[0]?.vars.map(({ value }) => value)).toEqual([title, "auto"]);
});

test.each<[string, RevisePlan, RegExp]>([
  [
    "a variable of Ansible's own",
    set({ ansible_connection: "ssh" }),
    /ansible_connection belongs to Ansible/,
  ],
  ["a name that is none", set({ "x y": "1" }), /not the name of a variable/],
  ["a variable of Chiffon's own", set({ chiffon_service: "x" }), /belongs to Chiffon/],
  ["a secret's name", set({ WIKI_TOKEN: "x" }), /is a secret/],
  ["a secret's value", set({ wiki_title: "hunter2" }), /holds the value of a secret/],
  ["a variable that the playbook does not have", set({ wiki_prt: "1" }), /no variable of wiki.*wiki_port/],
  ["a port that is none", set({ wiki_port: "99999" }), /1 to 65535/],
  ["a word for yes or no", set({ wiki_public: "perhaps" }), /true or false/],
  ["a text for a list", set({ wiki_users: "ada" }), /wants a list/],
  ["a list for a text", set({ wiki_title: null, wiki_port: ["1"] }), /./],
  ["an unknown host, with those that are near", { edits: { step: 0, hosts: ["wbe1"] } }, /no host.*web1/],
  ["a pattern", { edits: { step: 0, hosts: ["all:!web2"] } }, /no host/],
  ["a file of hosts", { edits: { step: 0, hosts: ["@/etc/passwd"] } }, /no host/],
  [
    "a host that the playbook is not made for",
    { edits: { step: 0, hosts: ["web1", "db1"] } },
    /not made for db1/,
  ],
  ["only such hosts", { edits: { step: 0, hosts: ["db1"] } }, /not made for db1/],
  ["a step that there is not", { edits: { step: 4, skip: true } }, /no step 5/],
  ["leaving out everything", { edits: { step: 0, skip: true } }, /nothing would be left/],
  ["what it says already", { edits: { step: 0, hosts: ["web1"] } }, /change nothing/],
])("refuses %s, and the plan stays as it was", async (_what, body, message) => {
  const plan = await ask("Deploy wiki on web1");
  await expect(revise(plan, body)).rejects.toThrow(message);
  expect(await getPlan(core.db, plan.id)).toEqual(plan);
});

test("a record says who changed what, without values", async () => {
  const plan = await ask("Deploy wiki on web1");
  await revise(plan, set({ wiki_port: 8099 }));
  const rows = await core.db
    .selectFrom("audit_record")
    .select(["body", "actor_name"])
    .where("kind", "=", "plan.change-asked")
    .execute();
  expect(rows).toHaveLength(1);
  const text = Buffer.from(rows[0]?.body ?? "").toString("utf8");
  expect(JSON.parse(text)).toMatchObject({
    actor: { name: "ada" },
    data: { edits: [{ step: 0, vars: ["wiki_port"], hosts: [], skip: false }], revision: 1 },
  });
  expect(text).not.toContain("8099");
});

test("[UI-03] a revision says what changed since the one before: values, hosts, and lines of files", async () => {
  const first = await ask("Deploy wiki on web1");
  expect(await comparePlan(deps, { id: first.id, against: undefined })).toMatchObject({
    against: null,
    summary: ["nothing has been run with these playbooks yet"],
  });
  const text = playbook.replace("Say the port", "Say hunter2 and the port");
  await writeFile(path.join(root, "wiki.yml"), text);
  const second = await revise(first, { edits: { step: 0, hosts: ["web2"], vars: { wiki_port: 8081 } } });

  const diff = await comparePlan(deps, { id: second.id, against: undefined });
  expect(diff).toMatchObject({
    against: { kind: "previous", planId: first.id, text: "revision 1" },
    same: false,
    steps: [
      {
        change: "changed",
        hosts: { added: ["web2"], removed: ["web1"] },
        vars: [{ name: "wiki_port", is: 8081 }],
        files: [{ path: "wiki.yml", change: "changed" }],
        ansibleTasks: {
          added: [expect.stringContaining("and the port")],
          removed: [expect.stringContaining("Say the")],
        },
      },
    ],
  });
  const [file] = diff.steps[0]?.files ?? [];
  expect(file?.text).toContain("-    - name: Say the port\n+    - name: Say «secret:db» and the port");
  expect(diff.summary.join()).toContain("wiki_port its own value -> 8081");
  const other = await comparePlan(deps, { id: first.id.slice(0, 8), against: second.id });
  expect(other).toMatchObject({ against: { kind: "plan", revision: 2 }, steps: [{ vars: [{ was: 8081 }] }] });
});

test("files that are no text, encrypted or too large are compared by digest", async () => {
  await mkdir(path.join(root, "files"));
  const write = async (mark: string) => {
    await writeFile(path.join(root, "files/logo.png"), Buffer.from([0, 1, 2, mark.length]));
    await writeFile(path.join(root, "files/vault.yml"), `$ANSIBLE_VAULT;1.1;AES256\n${mark}\n`);
    await writeFile(path.join(root, "files/big.txt"), mark.repeat(300_000));
  };
  await write("a");
  const copies = ["logo.png", "vault.yml", "big.txt"].map(
    (name) =>
      `    - ansible.builtin.copy:\n        src: ${name}\n        dest: /tmp/x\n        mode: "0644"\n`,
  );
  await writeFile(path.join(root, "wiki.yml"), playbook + copies.join(""));
  const first = await ask("Deploy wiki on web1");
  await write("bb");
  const second = await revise(first, set({ wiki_port: 8081 }));
  const { steps } = await comparePlan(deps, { id: second.id, against: "previous" });
  expect(steps[0]?.files.map(({ path: name, text, note }) => [name, text, note])).toEqual([
    ["files/big.txt", null, "not shown: it is larger than 256 KiB"],
    ["files/logo.png", null, "not shown: it is no text"],
    ["files/vault.yml", null, "not shown: it is encrypted"],
  ]);
});
