import { execFile } from "node:child_process";
import { appendFileSync, chmodSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { Catalogue } from "../../contracts/catalogue.ts";
import { createBreather } from "./breather.ts";
import { createFileStore } from "./file-store.ts";
import { createCatalogueCache, readCatalogue } from "./read.ts";
import { walkRepository } from "./walk.ts";

/* Each bad thing is one finding, and the playbook beside it is read all the same. */

const run = promisify(execFile);
const good = "- name: Good\n  hosts: all\n  tasks: []\n";

async function readBeside(copy: RepositoryCopy): Promise<{ names: string[]; said: [string, string][] }> {
  await copy.write("good.yml", good);
  const catalogue = Catalogue.parse(await readCatalogue({ repository: "home", root: copy.root }));
  return {
    names: catalogue.units.map((unit) => unit.path),
    said: catalogue.findings.map((finding): [string, string] => [finding.path, finding.message]),
  };
}

test("[INFRA-01] a pipe, a device and a link to one are not opened", async () => {
  await using copy = await copyRepository("empty");
  await run("mkfifo", [join(copy.root, "pipe.yml"), join(copy.root, "data")]);
  await copy.link("zero.yml", "/dev/zero");
  await copy.link("piped.yml", "pipe.yml");
  await copy.write("site.yml", "- import_playbook: piped.yml\n- import_playbook: pipe.yml\n");
  const { names, said } = await readBeside(copy);
  expect(names).toEqual(["good.yml", "site.yml"]);
  expect(said).toEqual([
    ["pipe.yml", expect.stringContaining("a pipe, a socket or a device")],
    ["zero.yml", expect.stringContaining("leads out of the repository")],
    ["site.yml", expect.stringContaining('"piped.yml", which is not in the repository')],
    ["site.yml", expect.stringContaining('"pipe.yml", which is not in the repository')],
  ]);
});

test("[INFRA-01] files of 100 MB and binary files are one finding each", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("huge.yml", "");
  truncateSync(join(copy.root, "huge.yml"), 100 * 1_048_576);
  await writeFile(
    join(copy.root, "binary.yml"),
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe, 0]),
  );
  const { names, said } = await readBeside(copy);
  expect(names).toEqual(["good.yml"]);
  expect(said).toEqual([
    ["binary.yml", expect.stringMatching(/null byte|cannot be read/)],
    ["huge.yml", expect.stringContaining("larger than 1 MiB")],
  ]);
});

test("[INFRA-01] names that hide something are refused, and shown with what they hide", async () => {
  await using copy = await copyRepository("empty");
  const hidden = ["line\nbreak.yml", "bell\u0007.yml", "esc\u001b[31m.yml", "gpj\u202elmy.yml", "-e.yml"];
  for (const name of hidden) await copy.write(name, good);
  await copy.write("-x/site.yml", good);
  await copy.write("back\u2066/site.yml", good);
  await writeFile(
    Buffer.concat([Buffer.from(`${copy.root}/latin`), Buffer.from([0xe9]), Buffer.from(".yml")]),
    good,
  );
  // No trouble: odd, but what it looks like.
  await copy.write("two words & 'quotes' $(id).yml", good);
  await copy.write("ünïcode…yml.yml", good);
  await copy.write("a..b.yml", good);
  const { names, said } = await readBeside(copy);
  expect(names).toEqual(["a..b.yml", "good.yml", "two words & 'quotes' $(id).yml", "ünïcode…yml.yml"]);
  expect(said).toEqual([
    ["-e.yml", expect.stringContaining("begins with a dash")],
    ["-x", expect.stringContaining("begins with a dash")],
    ["back\\u2066", expect.stringContaining("cannot be seen")],
    ["bell\\u0007.yml", expect.stringContaining("cannot be seen")],
    ["esc\\u001b[31m.yml", expect.stringContaining("cannot be seen")],
    ["gpj\\u202elmy.yml", expect.stringContaining("cannot be seen")],
    ["latin\ufffd.yml", expect.stringContaining("not UTF-8")],
    ["line\\u000abreak.yml", expect.stringContaining("cannot be seen")],
  ]);
});

test("[INFRA-01] paths written in files reach nothing outside, however they are written", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("../outside/secret.yml", "- name: Outside\n  hosts: all\n  tasks: []\n");
  await copy.link("files", "files-of-nobody");
  const written = [
    "../outside/secret.yml",
    `${copy.outside}/secret.yml`,
    "./././../repository/../outside/secret.yml",
    "~/secret.yml",
    `${"x/".repeat(3_000)}secret.yml`,
    "x".repeat(10_000),
    "-e@secret.yml",
    "templates/a\\0b.yml",
    "a\\nb.yml",
  ];
  await copy.write("site.yml", written.map((path) => `- import_playbook: "${path}"\n`).join(""));
  await copy.write(
    "roles.yml",
    `- hosts: all\n  vars_files: ["../outside/secret.yml"]\n  roles: ["../outside", "../../etc", "/etc", "a\\0b", ".", ".."]\n`,
  );
  const { names, said } = await readBeside(copy);
  expect([...new Set(names)]).toEqual(["good.yml", "roles.yml", "site.yml"]);
  expect(JSON.stringify(said)).not.toContain("Outside");
  expect(said.filter(([path]) => path === "site.yml")).toHaveLength(written.length);
});

test("[INFRA-01] folders that are too deep, and links in circles, come to an end", async () => {
  await using copy = await copyRepository("empty");
  const deep = Array.from({ length: 30 }, (_, at) => `d${at}`).join("/");
  await copy.write(`${deep}/site.yml`, good);
  await copy.link("circle/a", "b");
  await copy.link("circle/b", "a");
  await copy.link("circle/self.yml", "self.yml");
  await copy.link("circle/up", "..");
  await copy.write("circle.yml", `- import_playbook: ${"circle/up/".repeat(30)}circle/up/good.yml\n`);
  const { names, said } = await readBeside(copy);
  expect(names).toEqual(["circle.yml", "good.yml"]);
  expect(said.map(([path]) => path).toSorted()).toEqual([
    "circle/a",
    "circle/b",
    "circle/self.yml",
    deep.split("/").slice(0, 25).join("/"),
  ]);
});

test("[INFRA-01] imports in a circle of playbooks, task files and roles come to an end", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("a.yml", "- import_playbook: b.yml\n");
  await copy.write("b.yml", "- import_playbook: a.yml\n");
  await copy.write("tasks/one.yml", "- import_tasks: two.yml\n");
  await copy.write("tasks/two.yml", "- import_tasks: one.yml\n");
  await copy.write("roles/x/meta/main.yml", "dependencies: [y]\n");
  await copy.write("roles/y/meta/main.yml", "dependencies: [x]\n");
  await copy.write("roles/y/tasks/main.yml", "- import_role: {name: x}\n");
  await copy.write("circles.yml", "- hosts: all\n  roles: [x]\n  tasks: [{import_tasks: tasks/one.yml}]\n");
  const { names, said } = await readBeside(copy);
  expect(names).toEqual(["a.yml", "b.yml", "circles.yml", "good.yml"]);
  expect(said.map(([path]) => path).toSorted()).toEqual(["a.yml", "b.yml", "tasks/two.yml"]);
});

test("[INFRA-01] a file that nobody may read, and a folder, are one finding each", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("closed.yml", good, 0o000);
  await copy.write("shut/site.yml", good);
  await copy.write("listed/site.yml", good);
  await copy.write("good.yml", good);
  chmodSync(join(copy.root, "shut"), 0o000);
  chmodSync(join(copy.root, "listed"), 0o444);
  chmodSync(join(copy.root, ".."), 0o755);
  const before = process.geteuid?.();
  // Root may read everything.
  if (before === 0) process.seteuid?.(65_534);
  try {
    const { units, findings } = await readCatalogue({ repository: "home", root: copy.root });
    expect(units.map((unit) => unit.path)).toEqual(["good.yml"]);
    expect(findings).toEqual([
      { path: "shut", line: null, message: expect.stringContaining("cannot be read") },
      { path: "closed.yml", line: null, message: expect.stringContaining("cannot be opened") },
      { path: "listed/site.yml", line: null, message: expect.stringContaining("cannot be opened") },
    ]);
  } finally {
    if (before === 0) process.seteuid?.(0);
    chmodSync(join(copy.root, "shut"), 0o755);
    chmodSync(join(copy.root, "listed"), 0o755);
  }
});

test("[INFRA-01] what changes between the listing and the reading is read as it is then, or not at all", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("../outside/secret.yml", "- name: Outside\n  hosts: all\n  tasks: []\n");
  for (const name of ["gone", "grown", "linked", "piped", "swapped", "folder"])
    await copy.write(`${name}.yml`, good);
  const breather = createBreather();
  const walked = await walkRepository(copy.root, { breather });
  expect(walked.files.size).toBe(6);
  const place = (name: string) => join(copy.root, `${name}.yml`);
  for (const name of ["gone", "linked", "piped", "folder"]) unlinkSync(place(name));
  appendFileSync(place("grown"), `# ${"x".repeat(2_000_000)}\n`);
  await symlink(join(copy.outside, "secret.yml"), place("linked"));
  await run("mkfifo", [place("piped")]);
  await mkdir(place("folder"));
  writeFileSync(place("swapped"), good.replace("Good", "Other"));
  const store = createFileStore({ root: copy.root, walked, memory: new Map() });
  const kinds = ["gone", "grown", "linked", "piped", "folder"].map(
    (name) => store.find(`${name}.yml`)?.facts.kind,
  );
  expect(kinds).toEqual([undefined, "broken", undefined, undefined, undefined]);
  expect(store.find("swapped.yml")?.facts).toMatchObject({ plays: [{ name: "Other" }] });
});

test("[INFRA-01] files that come and go while readings go on are never an error", async () => {
  await using copy = await copyRepository("flat");
  const cache = createCatalogueCache();
  let ended = false;
  const changing = (async () => {
    for (let at = 0; !ended; at += 1) {
      await copy.write(`moving/${at % 7}.yml`, good);
      await rename(join(copy.root, "moving"), join(copy.root, `moved-${at % 2}`)).catch(() => undefined);
      await rm(join(copy.root, `moved-${(at + 1) % 2}`), { recursive: true, force: true });
    }
  })();
  for (let at = 0; at < 50; at += 1) {
    const { units } = await readCatalogue({ repository: "home", root: copy.root, cache });
    expect(units.map((unit) => unit.path)).toContain("site.yml");
    await new Promise((resolve) => setImmediate(resolve));
  }
  ended = true;
  await changing;
});

test("a folder is listed again when something in it has changed, and a text beside playbooks too", async () => {
  await using copy = await copyRepository("empty");
  const cache = createCatalogueCache();
  const again = async () => (await readCatalogue({ repository: "home", root: copy.root, cache })).units;
  await copy.write("site.yml", "- hosts: all\n  roles: [{role: a, tags: [a]}, {role: b, tags: [b]}]\n");
  for (const role of ["a", "b"]) await copy.write(`roles/${role}/tasks/main.yml`, "- name: Do\n  debug:\n");
  await again();
  const before = await again();
  expect(await again()).toBe(before);
  // No file that is listed has changed, only what is beside it.
  await copy.write("roles/a/README.md", "Keeps the photos of the whole family in one place.\n");
  const described = (await again()).find((unit) => unit.name === "a");
  expect(described?.description).toBe("Keeps the photos of the whole family in one place.");
  await rm(join(copy.root, "roles/b"), { recursive: true });
  expect((await again()).find((unit) => unit.name === "b")?.problem).toMatch(/not in the repository/);
});
