import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NewDispatch } from "../../contracts/request.ts";
import { approvePlan, type ApproveDeps } from "../approve/approve.ts";
import { getPlan, getPlanRow } from "../plan/sql.ts";
import type { RequestDeps } from "../request/create.ts";
import { revisePlan } from "../request/revise.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { getRun } from "../run/view-sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { dispatchUnit } from "./dispatch.ts";

const playbook = (name: string, more = "") => `# chiffon:service=${name}
# chiffon:verbs=deploy,update
- name: ${name}
  hosts: web
  vars:
    ${name}_port: 8080
    ${name}_title: A title
  tasks:
    - name: Say the port
      ansible.builtin.debug:
        msg: "{{ ${name}_port }} {{ ${name}_title }}"
${more}`;
const hostsOf = (prefix: string) =>
  `web:\n  hosts:\n    ${prefix}1: {ansible_connection: local}\n    ${prefix}2: {ansible_connection: local}\n`;

let core: TestCore;
let folder: string;
let deps: RequestDeps & ApproveDeps;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-dispatch-"));
  for (const [file, text] of [
    ["site/wiki.yml", playbook("wiki")],
    [
      "site/forum.yml",
      playbook("forum", "  vars_prompt:\n    - {name: forum_admin, prompt: Who rules it?, private: false}\n"),
    ],
    ["site/hosts.yml", hostsOf("web")],
    ["site/staging/hosts.yml", hostsOf("stage")],
    ["other/wiki.yml", playbook("wiki")],
    ["other/hosts.yml", hostsOf("other")],
  ] as const) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  deps = createRequestDeps(core, folder, [path.join(folder, "site"), path.join(folder, "other")]);
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const dispatch = (body: object) => dispatchUnit(deps, caller, NewDispatch.parse(body));
const planOf = async (body: object) => await getPlan(core.db, (await dispatch(body)).planId ?? "");
const site = "site:wiki.yml";

test("a unit that is named becomes a plan of one step with its hosts and values, which waits for its approval and runs once", async () => {
  const request = await dispatch({
    unit: site,
    hosts: ["WEB2"],
    vars: { wiki_port: 81, wiki_title: "Ada's {{ place }}" },
    priority: 5,
  });
  expect(request).toMatchObject({ status: "planned", text: "Run wiki on WEB2", priority: 5 });
  const plan = await getPlan(core.db, request.planId ?? "");
  expect(plan).toMatchObject({
    state: "proposed",
    revision: 1,
    runId: null,
    steps: [{ index: 0, verb: "deploy", unit: { id: site, confidence: 1 }, hosts: ["web2"], after: [] }],
  });
  expect(plan.steps[0]?.vars).toEqual([
    { name: "wiki_port", value: 81, source: "person", origin: "person" },
    { name: "wiki_title", value: "Ada's {{ place }}", source: "person", origin: "person" },
  ]);
  const records = await core.db
    .selectFrom("audit_record")
    .select(["kind", "actor_name"])
    .where("request_id", "=", request.id)
    .orderBy("arrival")
    .execute();
  expect(records).toEqual([
    { kind: "request.created", actor_name: "ada" },
    { kind: "plan.proposed", actor_name: "ada" },
  ]);

  const { hash, approvalForm } = await getPlan(core.db, plan.id, {
    actor: caller.actor,
    now: core.deps.clock.now(),
  });
  const typed = approvalForm.typed === null ? {} : { typed: approvalForm.typed };
  const { runId } = await approvePlan(deps, caller, { id: plan.id, body: { hash, ...typed } });
  expect(await getRun(core.db, runId ?? "")).toMatchObject({ state: "queued", tasks: [{ hosts: ["web2"] }] });
});

test("without hosts and values it is what the unit is made for, as it stands there", async () => {
  const plan = await planOf({ unit: site, verb: "update" });
  expect(plan.steps).toMatchObject([{ verb: "update", hosts: ["web1", "web2"], vars: [] }]);
  expect((await planOf({ unit: "site:forum.yml", vars: { forum_admin: "ada" } })).steps).toHaveLength(1);
});

test("another inventory of the repository is taken where it is named, also in the revisions that follow", async () => {
  const plan = await planOf({ unit: site, inventory: "staging/hosts.yml", hosts: ["stage1"] });
  expect(plan.steps).toMatchObject([{ inventory: "staging/hosts.yml", hosts: ["stage1"] }]);
  expect((await getPlanRow(core.db, plan.id)).manifests.steps).toMatchObject([
    { inventory: "staging/hosts.yml", hosts: ["stage1"] },
  ]);
  const edits = { step: 0, vars: { wiki_port: 82 }, hosts: ["stage2"] };
  const again = await revisePlan(deps, caller, { id: plan.id, body: { edits } });
  expect((await getPlan(core.db, again.planId ?? "")).steps).toMatchObject([
    { inventory: "staging/hosts.yml", hosts: ["stage2"], vars: [{ name: "wiki_port", value: 82 }] },
  ]);
});

test("one of Chiffon's own operations is told its hosts and its service", async () => {
  const plan = await planOf({ unit: "operation:restart", hosts: ["other1"], service: "nginx" });
  expect(plan.steps).toMatchObject([
    {
      unit: { id: "operation:restart" },
      verb: "restart",
      target: "nginx",
      hosts: ["other1"],
      vars: [{ name: "chiffon_service", value: "nginx" }],
    },
  ]);
  await expect(dispatch({ unit: "operation:facts" })).rejects.toMatchObject({
    code: "bad-input",
    message: "On which host?",
  });
});

test.each<[string, object, { code: string; message: RegExp; hint?: RegExp }]>([
  ["an unknown unit", { unit: "gitea" }, { code: "not-found", message: /no playbook "gitea"/ }],
  [
    "a name of two units",
    { unit: "wiki" },
    { code: "conflict", message: /other:wiki\.yml/, hint: /whole id/ },
  ],
  [
    "an unknown variable",
    { unit: site, vars: { wiki_prot: 81 } },
    { code: "bad-input", message: /no variable of wiki: did you mean wiki_port/ },
  ],
  [
    "a variable of Ansible's own",
    { unit: site, vars: { ansible_connection: "local" } },
    { code: "bad-input", message: /ansible_connection/ },
  ],
  [
    "a variable of Chiffon's own",
    { unit: "operation:restart", hosts: ["web1"], vars: { chiffon_service: "x" } },
    { code: "bad-input", message: /belongs to Chiffon/ },
  ],
  [
    "the value of a secret",
    { unit: site, vars: { wiki_title: "it is hunter2" } },
    { code: "bad-input", message: /holds the value of a secret/ },
  ],
  ["an unknown host", { unit: site, hosts: ["wbe1"] }, { code: "bad-input", message: /did you mean web1/ }],
  ["a pattern", { unit: site, hosts: ["web*"] }, { code: "bad-input", message: /no host and no group/ }],
  [
    "an inventory that is not there",
    { unit: site, inventory: "../other/hosts.yml" },
    { code: "bad-input", message: /not/, hint: /there is: hosts\.yml, staging\/hosts\.yml/ },
  ],
  [
    "a host of another inventory than the one that is named",
    { unit: site, inventory: "staging/hosts.yml", hosts: ["web1"] },
    { code: "bad-input", message: /no group of staging\/hosts\.yml/ },
  ],
  ["another verb", { unit: site, verb: "remove" }, { code: "bad-input", message: /not made to remove/ }],
  [
    "a service for a playbook",
    { unit: site, service: "nginx" },
    { code: "bad-input", message: /not told which service/ },
  ],
  [
    "a variable that must have a value",
    { unit: "site:forum.yml" },
    { code: "bad-input", message: /forum_admin/ },
  ],
])("%s is refused, and nothing is made", async (_, body, { code, message, hint }) => {
  await expect(dispatch(body)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }),
  });
  for (const table of ["request", "plan", "audit_record"] as const)
    expect(await core.db.selectFrom(table).select("id").execute()).toEqual([]);
});

test("fields that it does not know are refused: a misspelt limit must not become all hosts", () => {
  expect(() => NewDispatch.parse({ unit: site, limit: ["web1"] })).toThrow("limit");
  expect(() => NewDispatch.parse({ unit: site, hosts: [] })).toThrow("hosts");
});
