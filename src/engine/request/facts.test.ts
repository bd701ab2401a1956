import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Request } from "../../contracts/request.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { getPlan } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { answerRequest, createRequest, type RequestDeps } from "./create.ts";
import { caller, createRequestDeps } from "./testing.ts";

/* What a repository says about prompts, arguments, vaults and inventories, in questions and plans. */

let core: TestCore;
let folder: string;
let deps: RequestDeps;

beforeAll(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-facts-"));
  const fixtures = path.join(import.meta.dirname, "../../../test/fixtures/repositories");
  deps = createRequestDeps(core, folder, [path.join(fixtures, "facts")]);
});
afterAll(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const ask = (text: string, with_ = deps): Promise<Request> =>
  createRequest(with_, caller, { text, priority: 3, highValue: false });

async function vaultOf(text: string): Promise<string | undefined> {
  const asked = await ask(text);
  return (await getPlan(core.db, asked.planId ?? "")).steps[0]?.vault;
}

test("[INFRA-01] a plan says what needs a vault password and that the run fails without it", async () => {
  expect(await vaultOf("Run secret on shelf")).toBe(
    "needs a vault password, which this version cannot give: the run will fail, because vars/vault.yml cannot be opened; " +
      "the run will fail where it uses token (secret.yml:8), db_password (vars/mixed.yml:2), users (vars/mixed.yml:5); " +
      "keep the values as secrets of Chiffon instead (chiffon secret set NAME, and # chiffon:secret=NAME in the playbook)",
  );
  expect(await vaultOf("Run plain on shelf")).toBeUndefined();
  expect(await vaultOf("Run plain on closet")).toMatch(
    /because inventory\/host_vars\/closet\.yml cannot be opened; keep the values/,
  );
});

test("[INFRA-01] required prompts and arguments become questions with their text, type and choices", async () => {
  const asked = await ask("Deploy the wiki on shelf");
  expect(asked.status).toBe("needs_clarification");
  const shown = asked.questions.map(({ id, text, options, free }) => [
    id,
    text,
    options.map((each) => each.value),
    free,
  ]);
  expect(shown).toEqual([
    [
      "var:0:wiki_title",
      "wiki needs a value for wiki_title (services.yml:6). What is the wiki called?",
      [],
      true,
    ],
    [
      "var:0:wiki_storage",
      "wiki needs a value for wiki_storage (roles/wiki/meta/argument_specs.yml:9). Where pages are kept. Cannot be changed later.",
      ["sqlite", "postgres"],
      false,
    ],
  ]);
  const answers = { "var:0:wiki_title": "House", "var:0:wiki_storage": "sqlite" };
  const done = await answerRequest(deps, caller, {
    id: asked.id,
    body: { answers: Object.entries(answers).map(([question, value]) => ({ question, value })) },
  });
  const [step] = (await getPlan(core.db, done.planId ?? "")).steps;
  expect(step?.vars.map(({ name, value }) => [name, value])).toEqual([
    ["wiki_title", "House"],
    ["wiki_storage", "sqlite"],
  ]);
  expect(step?.vault).toMatch(/where it uses wiki_key \(roles\/wiki\/vars\/main\.yml:1\)/);
});

test("[INFRA-01] a prompt that hides what is typed asks for a secret, with its text", async () => {
  const missing = { ...deps, ensureSecrets: () => Promise.resolve({ missing: ["admin_password"] }) };
  const asked = await ask("Deploy the blog on shelf", missing);
  const done = await answerRequest(missing, caller, {
    id: asked.id,
    body: { answers: [{ question: "var:0:wiki_title", value: "House" }] },
  });
  expect(done.questions.filter((question) => question.answer === null)).toMatchObject([
    {
      id: "secret:admin_password",
      kind: "secret",
      text: expect.stringContaining(
        'the secret admin_password ("Password of the administrator"), which is not set',
      ),
    },
  ]);
});

test("[INFRA-01] a plan on a dynamic inventory is refused with what to do, and nothing of it runs", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("hosts", "#!/bin/sh\ntouch ran\n", 0o755);
  await copy.write("wiki.yml", "- name: Deploy the wiki\n  hosts: all\n  tasks:\n    - debug:\n");
  const asked = await ask("Deploy the wiki", createRequestDeps(core, folder, [copy.root]));
  expect(asked).toMatchObject({
    status: "failed",
    problem: {
      message: expect.stringMatching(
        /inventory hosts is dynamic \(hosts is a script\).*only when the repository is trusted/,
      ),
      hint: expect.stringMatching(
        /chiffon repo trust .*static inventory: chiffon up --inventory FILE.*ansible-inventory -i hosts --list/,
      ),
    },
  });
});
