import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Request } from "../../contracts/request.ts";
import { listOperations } from "../../ansible/operations/operations.ts";
import { approvePlan } from "../approve/approve.ts";
import { getPlan } from "../plan/sql.ts";
import { answerRequest, createRequest, type RequestDeps } from "../request/create.ts";
import { revisePlan } from "../request/revise.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createWorld } from "../request/world.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { listAliases, removeAlias } from "./aliases.ts";

const playbook = (name: string): string => `# chiffon:description=${name} keeps recipes
# chiffon:verbs=deploy,update,remove
- name: ${name}
  hosts: web
  tasks:
    - ansible.builtin.debug:
        msg: ${name}
`;
let core: TestCore;
let folder: string;
let root: string;
let deps: RequestDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-learn-"));
  root = path.join(folder, "site");
  await mkdir(root);
  for (const name of ["mealie", "tandoor"]) await writeFile(path.join(root, `${name}.yml`), playbook(name));
  const inventory =
    "web:\n  hosts:\n    box1:\n      ansible_connection: local\n    box2:\n      ansible_connection: local\n";
  await writeFile(path.join(root, "hosts.yml"), inventory);
  deps = createRequestDeps(core, folder, [root]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string) => createRequest(deps, caller, { text, priority: 3, highValue: false });
const answer = (request: Request, value: string, always?: boolean) =>
  answerRequest(deps, caller, {
    id: request.id,
    body: { answers: [{ question: "unit:0", value, ...(always === undefined ? {} : { always }) }] },
  });

async function approve({ planId }: Request): Promise<void> {
  core.advance(1_000);
  const { hash, approvalForm } = await getPlan(core.db, planId ?? "");
  const typed = approvalForm.typed === null ? {} : { typed: approvalForm.typed };
  await approvePlan({ ...deps, sign: () => "" }, caller, { id: planId ?? "", body: { hash, ...typed } });
}

/** Asks, chooses and approves; `unit` is the name of a file. */
async function confirm(text: string, unit: string, always?: boolean): Promise<void> {
  const asked = await ask(text);
  expect(asked.status, text).toBe("needs_clarification");
  await approve(await answer(asked, `site:${unit}.yml`, always));
}

async function list() {
  const { units, operations } = createWorld(await deps.catalogues.read(), listOperations());
  return await listAliases(core.db, [...units, ...operations]);
}

async function listRecords(): Promise<string[]> {
  const rows = await core.db.selectFrom("audit_record").select("kind").orderBy("id").execute();
  return rows.map((row) => row.kind).filter((kind) => kind.startsWith("alias."));
}

test("[INFRA-01] two approved plans with the same choice make a name of its words, for this verb only", async () => {
  await confirm("deploy something for recipes on box1", "mealie");
  expect(await list()).toMatchObject([{ state: "counting", confirmations: 1, unit: "site:mealie.yml" }]);
  await confirm("please set up something for recipes on box2", "mealie");
  expect(await list()).toMatchObject([
    { words: "recip", verb: "deploy", state: "learned", confirmations: 2, always: false, confirmedBy: "ada" },
  ]);

  const third = await ask("deploy something for recipes on box1");
  expect(third).toMatchObject({ status: "planned", intents: [{ decision: "auto", method: "learned" }] });
  const plan = await getPlan(core.db, third.planId ?? "");
  expect(plan.steps[0]?.unit).toMatchObject({
    name: "mealie",
    evidence: "It was chosen for these words 2 times before.",
  });
  expect((await ask("update something for recipes on box1")).status).toBe("needs_clarification");
  expect((await ask("remove something for recipes on box1")).status).toBe("needs_clarification");
  expect((await ask("deploy something for recipes on all hosts")).status).toBe("needs_clarification");
  expect(await listRecords()).toEqual(["alias.learned"]);
});

test("an answer alone, a plan that is not approved and a step that was left out teach nothing", async () => {
  const asked = await ask("deploy something for recipes on box1");
  await answer(asked, "site:mealie.yml", true);
  await expect(answer(await ask("deploy recipes on box1"), "leave out", true)).rejects.toThrow(
    /cannot be kept/,
  );
  expect(await list()).toEqual([]);
});

test('"always" learns from one approved plan, also when it was changed by words in between', async () => {
  const asked = await answer(await ask("deploy something for recipes on box1"), "site:tandoor.yml", true);
  await approve(await revisePlan(deps, caller, { id: asked.planId ?? "", body: { instruction: "on box2" } }));
  expect(await list()).toMatchObject([{ state: "learned", always: true, confirmations: 1 }]);
  expect(await ask("deploy something for recipes on box1")).toMatchObject({ status: "planned" });
});

test("another unit for the same words begins to count again, and takes back what was learned", async () => {
  await confirm("deploy recipes on box1", "mealie");
  await confirm("deploy recipes on box1", "tandoor");
  expect(await list()).toMatchObject([{ unit: "site:tandoor.yml", state: "counting", confirmations: 1 }]);
  await confirm("deploy recipes on box1", "tandoor");
  // A playbook that came later makes it a question again.
  await writeFile(path.join(root, "recipes.yml"), playbook("recipes"));
  await confirm("deploy recipes on box1", "mealie");
  expect(await list()).toMatchObject([{ unit: "site:mealie.yml", state: "counting", confirmations: 1 }]);
  expect(await listRecords()).toEqual(["alias.learned", "alias.removed"]);
});

test("a name counts no more when the content of its playbook is another one", async () => {
  await confirm("deploy something for recipes on box1", "mealie", true);
  await writeFile(path.join(root, "mealie.yml"), playbook("mealie").replace("msg: mealie", "msg: other"));
  expect(await list()).toMatchObject([{ state: "out-of-date" }]);
  await confirm("deploy something for recipes on box1", "mealie");
  expect(await list()).toMatchObject([{ state: "counting", confirmations: 1, always: false }]);
});

test("a name that was removed is asked about again", async () => {
  await confirm("deploy something for recipes on box1", "mealie", true);
  const [alias] = await list();
  core.advance(1_000);
  await expect(removeAlias(deps, caller, "ffffffff")).rejects.toThrow(/no learned name/);
  await removeAlias(deps, caller, alias?.id.slice(0, 8) ?? "");
  expect(await list()).toEqual([]);
  expect((await ask("deploy something for recipes on box1")).status).toBe("needs_clarification");
  expect(await listRecords()).toEqual(["alias.learned", "alias.removed"]);
});

test("two approvals at once count both", async () => {
  const both = [
    await answer(await ask("deploy something for recipes on box1"), "site:mealie.yml"),
    await answer(await ask("deploy something for recipes on box2"), "site:mealie.yml"),
  ];
  await Promise.all(both.map(approve));
  expect(await list()).toMatchObject([{ state: "learned", confirmations: 2 }]);
});
