import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLab } from "../../ansible/process/testing/lab.ts";
import { getPlanRow } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { answerRequest, createRequest, type RequestDeps } from "./create.ts";
import { revisePlan } from "./revise.ts";
import { caller, createRequestDeps } from "./testing.ts";

/* Every way by which a value of a person reaches Ansible, each tried with a template that would leave a file. */

const playbook = `# chiffon:service=wiki
- name: Wiki
  hosts: all
  gather_facts: false
  vars:
    wiki_domain: example.org
    copy_to: "{{ playbook_dir }}/said"
  vars_prompt:
    - name: wiki_title
      prompt: Which title?
  tasks:
    - name: Write down what was said
      ansible.builtin.copy:
        content: "{{ wiki_domain }}|{{ wiki_title }}"
        dest: "{{ copy_to }}"
        mode: "0600"
`;
let core: TestCore;
let folder: string;
let trap: string;
let evil: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-literal-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  await writeFile(path.join(root, "wiki.yml"), playbook);
  await writeFile(
    path.join(root, "hosts.yml"),
    "all:\n  hosts:\n    localhost:\n      ansible_connection: local\n",
  );
  trap = path.join(folder, "trap");
  await mkdir(trap);
  evil = `{{lookup('pipe','touch\${IFS}${trap}/sprung')}}`;
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function plan(text: string, title: string): Promise<string> {
  const asked = await createRequest(deps, caller, { text, priority: 3, highValue: false });
  const body = { answers: [{ question: "var:0:wiki_title", value: title }] };
  const { planId } = await answerRequest(deps, caller, { id: asked.id, body });
  return planId ?? "";
}

/** Lets real Ansible run what the plan would pass, and gives what the play wrote down. */
async function run(planId: string): Promise<string> {
  const { manifests } = await getPlanRow(core.db, planId);
  await using lab = await createLab();
  const spec = await lab.spec(playbook, { extraVars: manifests.steps[0]?.vars ?? {} });
  const { result, output } = await lab.run(spec);
  expect(result.exitCode, output).toBe(0);
  return await readFile(path.join(lab.project, "said"), "utf8");
}

const ways: [string, () => Promise<string>, () => string][] = [
  ["the words of the request", () => plan(`Deploy wiki with domain "${evil}"`, "x"), () => `${evil}|x`],
  ["an answer", () => plan("Deploy wiki", evil), () => `example.org|${evil}`],
  [
    "a change in words",
    async () => {
      const id = await plan("Deploy wiki", "x");
      return (
        (await revisePlan(deps, caller, { id, body: { instruction: `wiki_domain=${evil}` } })).planId ?? ""
      );
    },
    () => `${evil}|x`,
  ],
  [
    "an edit by the API",
    async () => {
      const id = await plan("Deploy wiki", "x");
      const edits = [{ step: 0, vars: { wiki_domain: evil } }];
      return (await revisePlan(deps, caller, { id, body: { edits } })).planId ?? "";
    },
    () => `${evil}|x`,
  ],
];

test.each(ways)(
  "[INFRA-02] a template in %s stays text, for real Ansible too",
  { timeout: 120_000 },
  async (_way, make, wanted) => {
    const planId = await make();
    expect(await run(planId)).toBe(wanted());
    expect(await readdir(trap)).toEqual([]);
  },
);
