import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChiffonError } from "../../domain/errors.ts";
import { getPlanRow } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { answerRequest, createRequest, type RequestDeps } from "./create.ts";
import { getRequest } from "./sql.ts";
import { caller, createRequestDeps } from "./testing.ts";

const playbook = `# chiffon:service=wiki
- name: Wiki
  hosts: web
  connection: local
  vars_prompt:
    - name: wiki_port
      prompt: Which port?
  tasks:
    - name: Say the port
      ansible.builtin.debug:
        msg: "{{ wiki_port }}"
`;
let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-request-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  await writeFile(path.join(root, "wiki.yml"), playbook);
  await writeFile(
    path.join(root, "hosts.yml"),
    "web:\n  hosts:\n    box:\n      ansible_connection: local\n",
  );
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string) => createRequest(deps, caller, { text, priority: 3, highValue: false });
const answer = (id: string, question: string, value: string) =>
  answerRequest(deps, caller, { id, body: { answers: [{ question, value }] } });

test("a value that looks like a template goes into the plan as it was written", async () => {
  const asked = await ask("Deploy wiki");
  expect(asked).toMatchObject({
    status: "needs_clarification",
    questions: [{ id: "var:0:wiki_port", kind: "variable" }],
  });

  const planned = await answer(asked.id, "var:0:wiki_port", "{{ lookup('pipe', 'id') }}");

  expect(planned.status).toBe("planned");
  const plan = await getPlanRow(core.db, planned.planId ?? "");
  expect(plan.manifests.steps[0]?.vars).toEqual({ wiki_port: "{{ lookup('pipe', 'id') }}" });
});

test("wrong answers, secrets in answers and faults leave the request open, so that it can be answered again", async () => {
  const asked = await ask("Deploy wiki");
  await expect(answer(asked.id, "var:7:nothing", "1")).rejects.toThrow("there is no question");
  await expect(answer(asked.id, "var:0:wiki_port", "hunter2")).rejects.toThrow("holds the value of a secret");
  const { tools } = deps;
  deps = { ...deps, tools: () => Promise.resolve(undefined) };
  await expect(answer(asked.id, "var:0:wiki_port", "80")).rejects.toThrow("Ansible is not installed");
  expect((await getRequest(core.db, asked.id)).status).toBe("needs_clarification");

  deps = { ...deps, tools };
  expect((await answer(asked.id, "var:0:wiki_port", "80")).status).toBe("planned");
  await expect(answer(asked.id, "var:0:wiki_port", "81")).rejects.toThrow("no open question");
});

test("of two answers at the same time one makes the plan and the other is told so", async () => {
  const asked = await ask("Deploy wiki");
  const both = await Promise.allSettled(
    ["80", "81"].map((port) => answer(asked.id, "var:0:wiki_port", port)),
  );

  expect(both.map((each) => each.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const plans = await core.db.selectFrom("plan").select("state").execute();
  expect(plans).toEqual([{ state: "proposed" }]);
});

test("a fault of our own while a request is read ends it as failed instead of leaving it half read", async () => {
  deps = { ...deps, catalogues: { ...deps.catalogues, read: () => Promise.reject(new Error("disk")) } };
  await expect(ask("Deploy wiki")).rejects.toThrow("disk");
  deps = {
    ...deps,
    catalogues: {
      ...deps.catalogues,
      read: () => Promise.reject(new ChiffonError("not-found", "no folder")),
    },
  };
  expect(await ask("Deploy wiki")).toMatchObject({ status: "failed", problem: { message: "no folder" } });

  const rows = await core.db.selectFrom("request").select("status").execute();
  expect(rows).toEqual([{ status: "failed" }, { status: "failed" }]);
});

test("secrets and bytes that a database cannot carry are taken out of the text before it is stored", async () => {
  const made = await ask("Deploy wiki\0 with hunter2");
  expect((await getRequest(core.db, made.id)).text).toBe("Deploy wiki\uFFFD with «secret:db»");
});
