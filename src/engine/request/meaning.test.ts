import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createOllamaEmbedder } from "../../adapters/embedder/ollama.ts";
import {
  cut,
  ollamaAnswer,
  startScriptedModel,
  type ScriptedModel,
} from "../../adapters/embedder/testing/scripted-model.ts";
import { approvePlan } from "../approve/approve.ts";
import { getPlan } from "../plan/sql.ts";
import { createSemantics, type Semantics } from "../semantic/semantics.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { answerRequest, createRequest, type RequestDeps } from "./create.ts";
import { caller, createRequestDeps } from "./testing.ts";

const playbook = (name: string): string =>
  `- name: Deploy ${name}\n  hosts: all\n  tasks:\n    - ansible.builtin.debug:\n        msg: hello\n`;
let core: TestCore;
let folder: string;
let model: ScriptedModel;
let semantics: Semantics;
let deps: RequestDeps;
let down: boolean;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-meaning-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  for (const name of ["plumcake", "zigbee"]) await writeFile(path.join(root, `${name}.yml`), playbook(name));
  await writeFile(
    path.join(root, "hosts.yml"),
    "all:\n  hosts:\n    box:\n      ansible_connection: local\n",
  );
  down = false;
  model = await startScriptedModel(({ body }) => {
    const { input } = body as { input: string[] };
    return down ? cut : ollamaAnswer(input.map((text) => (/plumcake|dinner/.test(text) ? [1, 0.2] : [0, 1])));
  });
  deps = createRequestDeps(core, folder, [root]);
  semantics = createSemantics({
    ...core.deps,
    embedder: createOllamaEmbedder({ url: model.url, model: "test" }),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    onError: () => {},
    queryWithin: 20_000,
  });
  deps = { ...deps, semantics };
  const read = await deps.catalogues.read();
  await semantics.refresh(read.flatMap((each) => each.catalogue.units));
});
afterEach(async () => {
  await semantics[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const wish = "deploy the dinner planner";
const ask = (text: string) => createRequest(deps, caller, { text, priority: 3, highValue: false });

test("[INFRA-01] what no words fit is asked about by meaning, never taken, and the choice is counted", async () => {
  const asked = await ask(wish);
  expect(asked).toMatchObject({
    status: "needs_clarification",
    intents: [{ decision: "ask", method: "semantic", confidence: 0.84 }],
  });
  expect(asked.questions[0]?.options[0]).toMatchObject({
    value: "site:plumcake.yml",
    label: expect.stringContaining("near in meaning"),
  });
  const body = { answers: [{ question: "unit:0", value: "site:plumcake.yml" }] };
  const { planId } = await answerRequest(deps, caller, { id: asked.id, body });
  const { hash, approvalForm } = await getPlan(core.db, planId ?? "");
  const typed = approvalForm.typed === null ? {} : { typed: approvalForm.typed };
  await approvePlan({ ...deps, sign: () => "" }, caller, { id: planId ?? "", body: { hash, ...typed } });
  const pairs = await core.db.selectFrom("semantic_pair").select(["embedder", "chosen"]).execute();
  expect(pairs).toEqual([{ embedder: "ollama:test", chosen: true }]);
});

test("a wish that a name fits needs no model", async () => {
  const before = model.asked.length;
  expect((await ask("deploy zigbee")).status).toBe("planned");
  expect(model.asked).toHaveLength(before);
});

test("without the model's answer the request goes on by words, and says so", async () => {
  down = true;
  const asked = await ask(wish);
  expect(asked).toMatchObject({
    status: "failed",
    problem: { message: expect.stringContaining("The embedding server was not used: ") },
  });
});
