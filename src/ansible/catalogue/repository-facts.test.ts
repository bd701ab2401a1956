import path from "node:path";
import { expect, test } from "vitest";
import { Catalogue, type Unit } from "../../contracts/catalogue.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { readCatalogue } from "./read.ts";

const root = path.join(import.meta.dirname, "../../../test/fixtures/repositories/facts");
const read = async (): Promise<Catalogue> =>
  Catalogue.parse(await readCatalogue({ repository: "home", root }));

function find(catalogue: Catalogue, name: string): Unit {
  const unit = catalogue.units.find((each) => each.name === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return unit;
}

test("[INFRA-01] requirements of ansible-galaxy are facts, in both forms, with where each lies and how to get it", async () => {
  const { requirements = [] } = await read();
  const roles = "ansible-galaxy role install -r requirements.yml -p roles";
  expect(
    requirements.map(({ kind, name, version, source, folder }) => [kind, name, version, source, folder]),
  ).toEqual([
    ["role", "geerlingguy.docker", "7.4.1", null, null],
    ["role", "mail", "main", "git+https://git.example.org/ada/ansible-role-mail.git", null],
    ["role", "base", null, "https://git.example.org/ada/base.git", "vendor/roles/base"],
    ["collection", "community.general", ">=9.0.0", null, null],
    ["collection", "home.lab", null, null, "collections/ansible_collections/home/lab"],
    ["role", "oefenweb.fail2ban", null, null, null],
    ["role", "backup", "v1", "https://git.example.org/ada/role-backup.git", null],
  ]);
  expect(requirements[0]).toMatchObject({ path: "requirements.yml", line: 3, install: roles });
  expect(requirements[3]?.install).toBe(
    "ansible-galaxy collection install -r requirements.yml -p collections",
  );
  expect(requirements[5]).toMatchObject({
    path: "roles/requirements.yml",
    install: "ansible-galaxy role install -r roles/requirements.yml -p roles",
  });
});

test("[INFRA-01] a role that is missing says the command that brings it, where one is known", async () => {
  const catalogue = await read();
  const command = "`ansible-galaxy role install -r requirements.yml -p roles`";
  expect(find(catalogue, "docker").problem).toBe(
    `The role "geerlingguy.docker" is not in the repository. Install it: ${command}, then ask again.`,
  );
  expect(find(catalogue, "this").problem).toMatch(/nobody\.knows\.this.*in the repository's own way/);
  expect(catalogue.findings.map((finding) => finding.message)).toEqual([
    expect.stringContaining(command),
    expect.not.stringContaining("ansible-galaxy"),
  ]);
});

test("requirements of a sub-project are for its own roles; names that are no role and files in other places are none", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("app/hosts", "web\n");
  await copy.write("app/it's/x.yml", "- a\n");
  await copy.write("app/requirements.yml", "- src: one.two\n- {}\n- [x]\n");
  await copy.write(
    "app/galaxy-requirements.yaml",
    "roles: [three.four, {version: 1}, {src: ../x}]\ncollections: no\n",
  );
  await copy.write("app/site.yml", "- hosts: all\n  roles:\n    - three.four\n    - five.six\n    - own\n");
  await copy.write("app/roles/x/tasks/requirements.yml", "- name: Packages\n  apt:\n");
  const catalogue = await readCatalogue({ repository: "home", root: copy.root });
  expect(catalogue.requirements?.map((each) => [each.name, each.source])).toEqual([
    ["three.four", null],
    ["x", "../x"],
  ]);
  const problems = catalogue.units.flatMap((unit) => unit.problem ?? []);
  expect(problems).toEqual([
    expect.stringContaining("ansible-galaxy role install five.six -p app/roles"),
    expect.stringContaining("own way"),
    expect.stringContaining("ansible-galaxy role install -r app/galaxy-requirements.yaml -p app/roles"),
  ]);
});

test("[INFRA-01] what needs a vault password is marked with name, file and line, never with the value", async () => {
  const catalogue = await read();
  expect(find(catalogue, "secret").encrypted).toEqual([
    { name: null, path: "vars/vault.yml", line: null },
    { name: "token", path: "secret.yml", line: 8 },
    { name: "db_password", path: "vars/mixed.yml", line: 2 },
    { name: "users", path: "vars/mixed.yml", line: 5 },
  ]);
  expect(find(catalogue, "secret").vars).toContainEqual({
    name: "db_password",
    required: false,
    encrypted: true,
    source: "vars/mixed.yml:2",
  });
  expect(find(catalogue, "wiki").encrypted).toEqual([
    { name: "wiki_key", path: "roles/wiki/vars/main.yml", line: 1 },
  ]);
  for (const name of ["plain", "blog"]) expect(find(catalogue, name)).not.toHaveProperty("encrypted");
  expect(catalogue.inventories[1]).toMatchObject({
    path: "inventory/hosts.yml",
    encrypted: [{ name: null, path: "inventory/host_vars/closet.yml", line: null, of: "closet" }],
  });
  expect(JSON.stringify(catalogue)).not.toMatch(/6162|ANSIBLE_VAULT/);
});

test("[INFRA-01] a dynamic inventory is shown with its reason, and the static files beside it can be used", async () => {
  const { inventories } = await read();
  expect(
    inventories.map(({ path: file, dynamic, reason, hosts }) => [file, dynamic, reason, hosts.length]),
  ).toEqual([
    ["inventory", true, "inventory/cloud.aws_ec2.yml asks the plug-in amazon.aws.aws_ec2", 2],
    ["inventory/hosts.yml", false, undefined, 2],
  ]);
});

test("[INFRA-01] scripts and plug-in files at their usual places are inventories, other programs beside them are not", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("inventory.py", "#!/usr/bin/env python3\nopen('ran', 'w')\n", 0o755);
  await copy.write("home.proxmox.yml", "plugin: community.general.proxmox\n");
  await copy.write("lint.yml", "plugin: something else\n");
  await copy.write("hosts.sh", "#!/bin/sh\n");
  await copy.write("inventories/build.py", "#!/usr/bin/env python3\n");
  const { inventories } = await readCatalogue({ repository: "home", root: copy.root });
  expect(inventories.map((each) => [each.path, each.dynamic, each.reason])).toEqual([
    ["inventory.py", true, "inventory.py is a script"],
    ["home.proxmox.yml", true, "home.proxmox.yml asks the plug-in community.general.proxmox"],
  ]);
});

test("[INFRA-01] prompts are variables with their text, or secrets where they hide what is typed", async () => {
  const catalogue = await read();
  for (const name of ["services", "wiki"]) {
    const { vars, secrets } = find(catalogue, name);
    const named = Object.fromEntries(vars.map((variable) => [variable.name, variable]));
    expect(named["wiki_title"]).toMatchObject({ required: true, prompt: "What is the wiki called?" });
    expect(named["wiki_theme"]).toMatchObject({ required: false, default: "dark", prompt: "Theme" });
    expect(named).not.toHaveProperty("admin_password");
    expect(secrets).toEqual([
      { name: "admin_password", generate: null, prompt: "Password of the administrator" },
    ]);
  }
});

test("[INFRA-01] argument_specs tell type, choices and meaning of a role's variables", async () => {
  const named = Object.fromEntries(find(await read(), "wiki").vars.map((each) => [each.name, each]));
  expect(named["wiki_port"]).toMatchObject({
    default: 8080,
    required: false,
    type: "int",
    description: "Port of the web page.",
  });
  expect(named["wiki_storage"]).toMatchObject({
    required: true,
    type: "str",
    choices: ["sqlite", "postgres"],
    description: "Where pages are kept. Cannot be changed later.",
    source: "roles/wiki/meta/argument_specs.yml:9",
  });
  expect(named).not.toHaveProperty("wiki_unused");
});

test("[INFRA-01] descriptions come from READMEs, labels of containers and Compose files, and comments above tasks", async () => {
  const catalogue = await read();
  const said = ["wiki", "blog", "chat", "feeds"].map((name) => find(catalogue, name).description);
  expect(said).toEqual([
    "Pages that everybody in the house can write.",
    "What happened lately",
    "Talk to each other",
    "Reads the news of many pages for everybody.",
  ]);
});
