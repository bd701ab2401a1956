import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Request } from "../../contracts/request.ts";
import { getPlanRow } from "../plan/sql.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { answerRequest, createRequest, type RequestDeps } from "./create.ts";
import { revisePlan } from "./revise.ts";
import { caller, createRequestDeps } from "./testing.ts";

const fixtures = path.join(import.meta.dirname, "../../../test/fixtures/repositories");
const flagship = "Deploy Uptime Kuma and add our existing portals to the config";
let core: TestCore;
let folder: string;

beforeEach(async () => {
  core = await createTestCore();
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-portals-"));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const depsFor = (...roots: string[]): RequestDeps => createRequestDeps(core, folder, roots);

const fixture = (name: string): RequestDeps => depsFor(path.join(fixtures, name));
const ask = (deps: RequestDeps, text = flagship): Promise<Request> =>
  createRequest(deps, caller, { text, priority: 3, highValue: false });
const answer = (deps: RequestDeps, id: string, value: string): Promise<Request> =>
  answerRequest(deps, caller, { id, body: { answers: [{ question: "portals:1", value }] } });
const planOf = (request: Request) => getPlanRow(core.db, request.planId ?? "");

test.each([
  {
    name: "portals-list",
    portals: [
      { name: "Photos", url: "https://photos.attic.example.org" },
      { name: "Wiki", url: "http://wiki.attic.example.org:8080/start" },
    ],
    source:
      '2 portals of "dashboard_links": Photos group_vars/all/start_page.yml:3, Wiki group_vars/all/start_page.yml:5',
    left: ["start_page.yml:7", "start_page.yml:9"],
  },
  {
    name: "portals-compose",
    portals: [
      { name: "jellyfin", url: "https://films.example.net" },
      { name: "Papers", url: "https://papers.example.net" },
    ],
    source:
      '2 portals of "labels of Compose files": jellyfin stacks/media/compose.yaml:6, Papers stacks/papers/docker-compose.yml:6',
    left: ["docker-compose.yml:11"],
  },
  {
    name: "portals-bookmarks",
    portals: [
      { name: "Graphs & meters", url: "https://grafana.example.com/d/1?a=1&b=2" },
      { name: "NAS", url: "http://nas.example.com:5000/" },
    ],
    source:
      '2 portals of "exported bookmarks": Graphs & meters home/bookmarks.html:8, NAS home/bookmarks.html:9',
    left: ["bookmarks.html:10"],
  },
])("[E2E-02] the flagship sentence plans two steps, the second with the portals of $name", async (given) => {
  const planned = await ask(fixture(given.name));

  expect(planned).toMatchObject({ status: "planned", questions: [], problem: null });
  const { document, manifests } = await planOf(planned);
  expect(document.steps.map((step) => [step.unit.name, step.after])).toEqual([
    ["uptime-kuma", []],
    ["uptime-kuma-monitors", [0]],
  ]);
  expect(document.steps[0]?.vars).toEqual([]);
  expect(document.steps[1]?.vars).toEqual([
    { name: "kuma_portals", origin: "repository", value: given.portals, source: given.source },
  ]);
  expect(document.steps[1]?.decidedAtRunTime).toEqual([]);
  expect(manifests.steps[1]?.vars).toEqual({ kuma_portals: given.portals });
  expect(document.notes.map((note) => /([\w.-]+:\d+):/.exec(note)?.[1])).toEqual(given.left);
});

test("[E2E-02] of several lists a person chooses one, or all of them without duplicates", async () => {
  const deps = fixture("portals-several");
  const asked = await ask(deps);
  expect(asked).toMatchObject({
    status: "needs_clarification",
    questions: [{ id: "portals:1", kind: "portals", step: 1, free: false }],
  });
  expect(asked.questions[0]?.options.map((option) => option.label)).toEqual([
    "our_websites (group_vars/all.yml:1), 2 portals: Shop, Blog",
    "services of the dashboard (homepage/services.yaml:3), 2 portals: Blog of the house, Camera",
    "all of them, without duplicates: 3 portals",
    "leave this step out",
  ]);
  await expect(answer(deps, asked.id, "portals-several:nothing")).rejects.toThrow("is no answer to");

  const one = await answer(deps, asked.id, asked.questions[0]?.options[0]?.value ?? "");
  expect((await planOf(one)).manifests.steps[1]?.vars["kuma_portals"]).toEqual([
    { name: "Shop", url: "https://shop.example.com" },
    { name: "Blog", url: "https://blog.example.com" },
  ]);

  const all = await answer(deps, (await ask(deps)).id, "all of them");
  expect((await planOf(all)).manifests.steps[1]?.vars["kuma_portals"]).toEqual([
    { name: "Shop", url: "https://shop.example.com" },
    { name: "Blog", url: "https://blog.example.com" },
    { name: "Camera", url: "https://camera.example.com" },
  ]);

  const without = await answer(deps, (await ask(deps)).id, "leave out");
  expect((await planOf(without)).document.steps.map((step) => step.unit.name)).toEqual(["uptime-kuma"]);
});

test("[E2E-02] without any list the request ends with where it looked and what to do", async () => {
  const failed = await ask(fixture("portals-none"));
  expect(failed.status).toBe("failed");
  expect(failed.problem?.message).toContain("none was found in portals-none");
  expect(failed.problem?.message).toContain('group_vars/all.yml:2: "Broken" is left out');
  expect(failed.problem?.message).toContain("labels of Compose files");
  expect(failed.problem?.hint).toContain("group_vars/all/portals.yml");
  expect(await ask(fixture("portals-none"), "Deploy Uptime Kuma")).toMatchObject({ status: "planned" });
});

test("portals of another repository serve a playbook whose own repository has none", async () => {
  const mine = path.join(folder, "mine");
  await mkdir(path.join(mine, "group_vars"), { recursive: true });
  await writeFile(path.join(mine, "group_vars/all.yml"), "portals:\n  - url: https://mine.example.org\n");
  const planned = await ask(depsFor(path.join(fixtures, "portals-none"), mine));
  expect((await planOf(planned)).document.steps[1]?.vars[0]).toMatchObject({
    value: [{ name: "mine.example.org", url: "https://mine.example.org" }],
    source: '1 portal of "portals" of mine: mine.example.org group_vars/all.yml:2',
  });
});

test("portals go where the step before went, also in the next revision of the plan", async () => {
  const deps = fixture("portals-list");
  const planned = await ask(deps, "Deploy Uptime Kuma on cellar and add our existing portals to the config");
  expect((await planOf(planned)).document.steps.map((step) => step.hosts)).toEqual([["cellar"], ["cellar"]]);

  const revised = await revisePlan(deps, caller, {
    id: planned.planId ?? "",
    body: { instruction: "on attic" },
  });
  const { document } = await planOf(revised);
  expect(document.steps.map((step) => step.hosts)).toEqual([["attic"], ["attic"]]);
  expect(document.steps[1]?.vars[0]?.value).toHaveLength(2);
});

test("names that occur twice are told apart", async () => {
  const root = path.join(folder, "twice");
  await mkdir(path.join(root, "group_vars"), { recursive: true });
  const rows = ["a", "b"].map((host) => `  - { name: Wiki, url: 'https://${host}.example.org' }`);
  await writeFile(path.join(root, "group_vars/all.yml"), `portals:\n${rows.join("\n")}\n`);
  const planned = await ask(
    depsFor(path.join(fixtures, "portals-none"), root),
    "add our portals to uptime kuma",
  );
  expect((await planOf(planned)).manifests.steps[0]?.vars["kuma_portals"]).toEqual([
    { name: "Wiki", url: "https://a.example.org" },
    { name: "Wiki (b.example.org)", url: "https://b.example.org" },
  ]);
});
