import { writeFileSync } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Catalogue } from "../../contracts/catalogue.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createCatalogueCache, readCatalogue } from "./read.ts";

async function read(copy: RepositoryCopy): Promise<Catalogue> {
  return Catalogue.parse(await readCatalogue({ repository: "home", root: copy.root }));
}

function unitOf(catalogue: Catalogue, path: string): Unit {
  const unit = catalogue.units.find((each) => each.path === path);
  if (unit === undefined)
    throw new Error(`no unit ${path} in ${catalogue.units.map((each) => each.path).join(" ")}`);
  return unit;
}

test("[INFRA-01] finds the playbooks of a flat repository, and what their comments say", async () => {
  await using copy = await copyRepository("flat");
  const catalogue = await read(copy);
  expect(catalogue.units.map((unit) => unit.id)).toEqual([
    "home:backup-database.yml",
    "home:deploy-status-page.yml",
    "home:deploy-status-page.yml#webserver",
    "home:site.yml",
  ]);
  expect(catalogue.findings).toEqual([]);
  expect(catalogue.inventories.map((inventory) => inventory.path)).toEqual(["inventory.ini"]);
  expect(unitOf(catalogue, "deploy-status-page.yml")).toMatchObject({
    name: "deploy-status-page",
    kind: "playbook",
    project: ".",
    description: "Puts the status page on the web hosts, with one monitor for each service.",
    aliases: ["status-page", "uptime page", "monitors", "common"],
    verbs: ["deploy", "update"],
    secrets: [
      { name: "STATUS_PASSWORD", generate: 24 },
      { name: "SMTP_PASSWORD", generate: null },
    ],
    minor: false,
  });
  expect(unitOf(catalogue, "backup-database.yml")).toMatchObject({
    description: "Dumps all databases to the backup folder.",
    verbs: ["backup"],
  });
});

test("[INFRA-01] gathers the variables of a playbook with their values, places and what is required", async () => {
  await using copy = await copyRepository("flat");
  const { vars } = unitOf(await read(copy), "deploy-status-page.yml");
  const named = Object.fromEntries(vars.map((variable) => [variable.name, variable]));
  expect(named["status_port"]).toEqual({
    name: "status_port",
    default: 3001,
    required: false,
    source: "deploy-status-page.yml:14",
  });
  expect(named["status_title"]).toMatchObject({ default: "Everything at home", source: "vars/status.yml:2" });
  expect(named["timezone"]).toMatchObject({ default: "Europe/Berlin", source: "group_vars/all.yml:2" });
  expect(named["webserver_names"]).toMatchObject({
    default: ["example.test"],
    source: "roles/webserver/defaults/main.yml:4",
  });
  expect(named["admin_password"]).toEqual({
    name: "admin_password",
    required: false,
    encrypted: true,
    source: "group_vars/all.yml:3",
  });
  expect(named["status_domain"]).toMatchObject({ required: true, source: "deploy-status-page.yml:19" });
  expect(named["status_theme"]).toMatchObject({ required: false, default: "dark" });
  expect(named["status_owner"]).toMatchObject({ required: true, source: "deploy-status-page.yml:25" });
  expect(named["webserver_owner"]).toMatchObject({ required: true });
});

test("[INFRA-01] lists tasks with become, previewable and dynamic", async () => {
  await using copy = await copyRepository("flat");
  const [play] = unitOf(await read(copy), "deploy-status-page.yml").plays;
  const shown = play?.ansibleTasks.map((task) => [task.name, task.become, task.previewable, task.dynamic]);
  expect(shown).toContainEqual(["Start the page", true, false, false]);
  expect(shown).toContainEqual(["common : Time zone", true, true, false]);
  expect(shown).toContainEqual(["Extra steps", true, false, true]);
  expect(shown).toContainEqual(["Ask the page", false, true, false]);
  expect(shown).toContainEqual(["Count", false, false, false]);
  expect(shown?.some(([name]) => name === "Never listed")).toBe(false);
});

test("[INFRA-01] knows projects, roles of roles_path and collections, and several inventories", async () => {
  await using copy = await copyRepository("nested");
  const catalogue = await read(copy);
  expect(catalogue.inventories.map((each) => each.path)).toEqual(["inventories/prod", "inventories/test"]);
  const wiki = unitOf(catalogue, "playbooks/wiki.yml");
  expect(wiki).toMatchObject({ name: "wiki", project: ".", verbs: ["deploy", "configure"] });
  expect(wiki.plays[0]?.ansibleTasks.map((task) => task.source)).toEqual([
    "roles/wiki/tasks/main.yml:2",
    "roles/wiki/tasks/main.yml:8",
    "collections/ansible_collections/home/lab/roles/dns/tasks/main.yml:2",
    "playbooks/wiki.yml:8",
  ]);
  expect(wiki.vars.map((variable) => [variable.name, variable.source])).toEqual([
    ["wiki_name", "roles/wiki/defaults/main/names.yml:1"],
    ["wiki_port", "roles/wiki/defaults/main/ports.yml:1"],
  ]);
  expect(catalogue.findings).toEqual([
    {
      path: "playbooks/wiki.yml",
      line: 8,
      message: expect.stringMatching(/somebody\.elsewhere.*ansible-galaxy/),
    },
  ]);
});

test("[INFRA-01] leaves out what is no playbook, hidden, vendored or a template, and marks tests as minor", async () => {
  await using copy = await copyRepository("projects");
  const catalogue = await read(copy);
  expect(catalogue.units.map((unit) => [unit.path, unit.project, unit.minor])).toEqual([
    ["music/main.yml", "music", false],
    ["music/molecule/default/converge.yml", "music", true],
    ["photos/install.yml", "photos", false],
    ["photos/tests/test.yml", "photos", true],
  ]);
  expect(unitOf(catalogue, "music/main.yml").plays[0]?.ansibleTasks[0]?.source).toBe(
    "roles/player/tasks/main.yml:1",
  );
  expect(unitOf(catalogue, "photos/install.yml").aliases).toContain("photos");
  expect(catalogue.inventories.map((each) => [each.path, each.dynamic])).toEqual([
    ["music/hosts", false],
    ["photos/hosts.yml", true],
    ["photos/production", true],
  ]);
  expect(catalogue.findings).toEqual([]);
});

test("[INFRA-01] says once and with its line what cannot be read, and reads the rest", async () => {
  await using copy = await copyRepository("broken");
  const catalogue = await read(copy);
  const said = catalogue.findings.map((finding) => `${finding.path}:${finding.line}`);
  expect(said.toSorted()).toEqual(
    [
      "bomb.yml:null",
      "jinja.yml:5",
      "loop-a.yml:1",
      "loop-b.yml:1",
      "loop-b.yml:2",
      "loop-b.yml:3",
      "loop-b.yml:4",
      "loop-b.yml:8",
      "no-hosts.yml:3",
      "self.yml:null",
      "tab.yml:3",
      "tasks/circle.yml:1",
      "unclosed.yml:5",
      "wrong-comments.yml:1",
      "wrong-comments.yml:2",
      "wrong-comments.yml:3",
    ].toSorted(),
  );
  expect(catalogue.units.map((unit) => unit.path)).toEqual([
    "loop-a.yml",
    "loop-b.yml",
    "no-hosts.yml",
    "wrong-comments.yml",
  ]);
});

test("reads nothing outside the repository through links, and says so", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("../outside/secret.yml", "- hosts: all\n  tasks: []\n");
  await copy.write("../outside/roles/evil/tasks/main.yml", "- name: Outside\n  debug:\n");
  await copy.link("file.yml", join(copy.outside, "secret.yml"));
  await copy.link("folder", copy.outside);
  await copy.link("roles", join(copy.outside, "roles"));
  await copy.link("gone.yml", "nowhere.yml");
  await copy.write(
    "ansible.cfg",
    `[defaults]\nroles_path = ../outside/roles:${copy.outside}/roles\ninventory = ../outside\n`,
  );
  await copy.write(
    "site.yml",
    "- hosts: all\n  roles: [evil]\n  vars_files: [../outside/secret.yml]\n- import_playbook: folder/secret.yml\n",
  );
  const catalogue = await read(copy);
  expect(JSON.stringify(catalogue.units)).not.toContain("Outside");
  expect(catalogue.units.map((unit) => unit.path)).toEqual(["site.yml"]);
  expect(catalogue.findings.map((finding) => finding.path).toSorted()).toEqual(
    ["file.yml", "folder", "gone.yml", "roles", "site.yml", "site.yml"].toSorted(),
  );
});

test("follows a link inside the repository to roles without reading in circles", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("shared/roles/base/tasks/main.yml", "- name: Base\n  debug:\n");
  await copy.link("app/roles", "../shared/roles");
  await copy.link("shared/roles/again", "..");
  await copy.write("app/site.yml", "- hosts: all\n  roles: [base]\n");
  const catalogue = await read(copy);
  expect(catalogue.findings).toEqual([]);
  expect(unitOf(catalogue, "app/site.yml").plays[0]?.ansibleTasks.map((task) => task.name)).toEqual([
    "base : Base",
  ]);
});

test("files that are too large, unreadable or no files are one finding or nothing", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("large.yml", `# ${"x".repeat(1_048_577)}\n`);
  await copy.write(
    "latin.yml",
    Buffer.from("- hosts: all\n  name: caf\xe9\n  tasks: []\n", "latin1").toString("latin1"),
  );
  await copy.write("folder.yml/inside.txt", "");
  await copy.write("empty.yml", "");
  const catalogue = await read(copy);
  expect(catalogue.findings).toEqual([
    { path: "large.yml", line: null, message: expect.stringMatching(/1 MiB/) },
  ]);
});

test("a repository with too many files ends with a finding", { timeout: 60_000 }, async () => {
  await using copy = await copyRepository("empty");
  for (let index = 0; index < 20_100; index++) writeFileSync(join(copy.root, `${index}.yml`), "");
  expect((await read(copy)).findings.at(0)?.message).toMatch(/more than 20000 files/);
});

test("an unchanged repository gives the same catalogue again, a changed file a new one", async () => {
  await using copy = await copyRepository("flat");
  const cache = createCatalogueCache();
  const again = () => readCatalogue({ repository: "home", root: copy.root, cache });
  const first = await again();
  expect(await again()).toBe(first);
  await copy.write("backup-database.yml", "- name: Other\n  hosts: all\n  tasks: []\n");
  const second = await again();
  expect(second).not.toBe(first);
  expect(unitOf(second, "backup-database.yml").plays[0]?.name).toBe("Other");
  expect(unitOf(second, "backup-database.yml").sha256).not.toBe(unitOf(first, "backup-database.yml").sha256);
  await copy.write("roles/common/tasks/main.yml", "- name: Changed role\n  debug:\n");
  expect(JSON.stringify(await again())).toContain("common : Changed role");
  await rm(join(copy.root, "site.yml"));
  expect((await again()).units.map((unit) => unit.name)).not.toContain("site");
  await copy.write("inventory.ini", "only\n");
  expect((await again()).inventories[0]?.hosts.map((host) => host.name)).toEqual(["only"]);
});

test("a change that keeps size and time is noticed", async () => {
  await using copy = await copyRepository("empty");
  const cache = createCatalogueCache();
  const again = async () =>
    (await readCatalogue({ repository: "home", root: copy.root, cache })).units[0]?.plays[0]?.name;
  await copy.write("a.yml", "- hosts: all\n  name: one\n  tasks: []\n");
  const time = new Date(1_700_000_000_000);
  await utimes(join(copy.root, "a.yml"), time, time);
  expect(await again()).toBe("one");
  await copy.write("a.yml", "- hosts: all\n  name: two\n  tasks: []\n");
  await utimes(join(copy.root, "a.yml"), time, time);
  expect(await again()).toBe("two");
});

test("a role that appears behind a link or in a skipped folder is noticed", async () => {
  await using copy = await copyRepository("empty");
  const cache = createCatalogueCache();
  const again = () => readCatalogue({ repository: "home", root: copy.root, cache });
  await copy.write("site.yml", "- hosts: all\n  roles: [some.where.role]\n");
  await copy.write("collections/ansible_collections/other.txt", "");
  expect((await again()).findings).toHaveLength(1);
  await copy.write(
    "collections/ansible_collections/some/where/roles/role/tasks/main.yml",
    "- name: Now\n  debug:\n",
  );
  const later = await again();
  expect(later.findings).toEqual([]);
  expect(later.units[0]?.plays[0]?.ansibleTasks[0]?.name).toBe("some.where.role : Now");
});

test("an aborted reading stops, and a missing root is an error for people", async () => {
  await using copy = await copyRepository("flat");
  await expect(
    readCatalogue({ repository: "home", root: copy.root, signal: AbortSignal.abort() }),
  ).rejects.toThrow(/abort/);
  await expect(readCatalogue({ repository: "home", root: join(copy.root, "none") })).rejects.toMatchObject({
    code: "not-found",
    hint: expect.any(String),
  });
});

test("whatever a playbook holds, the catalogue keeps its shape", { timeout: 60_000 }, async () => {
  await using copy = await copyRepository("empty");
  const leaf = fc.constantFrom(
    1,
    true,
    null,
    "x",
    "{{ y }}",
    "../z.yml",
    "a.yml",
    [],
    {},
    ["a", 1],
    { role: 1 },
    { name: null },
  );
  const key = fc.constantFrom(
    "name",
    "become",
    "tags",
    "vars",
    "hosts",
    "roles",
    "tasks",
    "block",
    "import_tasks",
    "import_role",
    "vars_prompt",
    "when",
    "command",
    "uri",
    "action",
    "import_playbook",
    "vars_files",
    "check_mode",
  );
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
    ),
  })).node;
  const play = fc
    .tuple(fc.constantFrom("all", "a:b"), fc.dictionary(key, value))
    .map(([hosts, rest]) => ({ name: "p", ...rest, hosts }));
  await fc.assert(
    fc.asyncProperty(fc.array(play, { minLength: 1, maxLength: 3 }), value, async (plays, tasks) => {
      await copy.write("a.yml", JSON.stringify(plays));
      await copy.write("roles/a/tasks/main.yml", JSON.stringify([tasks]));
      Catalogue.parse(await readCatalogue({ repository: "home", root: copy.root }));
    }),
    { numRuns: 300 },
  );
});
