import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCatalogue } from "./read.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-content-"));
  await write(
    "site.yml",
    "- hosts: all\n  roles:\n    - { role: wiki, tags: wiki }\n    - { role: forum, tags: forum }\n",
  );
  await write("plain.yml", "- hosts: all\n  tasks:\n    - debug:\n");
  for (const name of ["wiki", "forum"]) {
    await write(`roles/${name}/tasks/main.yml`, `- name: Say it\n  debug:\n`);
    await write(`roles/${name}/tasks/deep/more.yml`, "- debug:\n");
    await write(`roles/${name}/defaults/main.yml`, `${name}_port: 80\n`);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(root, name)), { recursive: true });
  await writeFile(path.join(root, name), text);
}

async function digests(): Promise<Record<string, string>> {
  const { units } = await readCatalogue({ repository: "home", root });
  return Object.fromEntries(units.map((unit) => [unit.name, unit.sha256]));
}

/** Names of the units whose content counts as another one after the change. */
async function changedBy(name: string, text: string): Promise<string[]> {
  const before = await digests();
  await write(name, text);
  const after = await digests();
  return Object.keys(before).filter((unit) => before[unit] !== after[unit]);
}

test("a role's content is its own: another role of the same playbook changes only the whole", async () => {
  expect(new Set(Object.values(await digests())).size).toBe(4);
  expect(await changedBy("roles/wiki/tasks/main.yml", "- debug:\n")).toEqual(["site", "wiki"]);
  expect(await changedBy("roles/wiki/defaults/main.yml", "wiki_port: 81\n")).toEqual(["site", "wiki"]);
  expect(await changedBy("roles/forum/tasks/deep/more.yml", "- ping:\n")).toEqual(["site", "forum"]);
  expect(await changedBy("roles/forum/handlers/main.yml", "- ping:\n")).toEqual(["site", "forum"]);
  expect(await changedBy("plain.yml", "- hosts: web\n  tasks: []\n")).toEqual(["plain"]);
});

test("what the playbook itself says is content of each of its roles", async () => {
  const text =
    "- hosts: web\n  roles:\n    - { role: wiki, tags: wiki }\n    - { role: forum, tags: forum }\n";
  expect((await changedBy("site.yml", text)).toSorted()).toEqual(["forum", "site", "wiki"]);
});
