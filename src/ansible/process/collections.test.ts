import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findCollections } from "./collections.ts";

/** A folder with collections, and what writes files into one of them. */
async function createInstallation(): Promise<{
  collections: string[];
  write: (collection: string, path: string, text: string) => Promise<string>;
}> {
  const root = await mkdtemp(join(tmpdir(), "chiffon-collections-"));
  onTestFinished(() => rm(root, { recursive: true }));
  return {
    collections: [root],
    async write(collection, path, text) {
      const file = join(root, "ansible_collections", ...collection.split("."), path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
  };
}

test("[P3] the version of a collection is that of the first folder which has it, and nothing when none has", async () => {
  const root = await mkdtemp(join(tmpdir(), "chiffon-collections-"));
  try {
    const install = async (folder: string, name: string, manifest: string) => {
      const path = join(root, folder, "ansible_collections", ...name.split("."));
      await mkdir(path, { recursive: true });
      await writeFile(join(path, "MANIFEST.json"), manifest);
    };
    const version = (text: string) => JSON.stringify({ collection_info: { version: text } });
    await install("one", "community.docker", version("3.4.11"));
    await install("two", "community.docker", version("1.0.0"));
    await install("two", "home.lab", "{");
    const folders = { collections: [join(root, "none"), join(root, "one"), join(root, "two")] };
    const names = ["community.docker", "community.general", "home.lab", "../../etc"];
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(await findCollections(names, folders)).toEqual([
      { name: "community.docker", version: "3.4.11", sha256 },
      { name: "community.general", version: null },
      { name: "home.lab", version: "unknown", sha256 },
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test("[P3] every file that Ansible may take from a collection counts with path and content, and nothing else", async () => {
  const { collections, write } = await createInstallation();
  const digest = async () => (await findCollections(["home.lab"], { collections }))[0]?.sha256;
  const filter = await write("home.lab", "plugins/filter/shout.py", "a = 1\n");
  const first = await digest();
  for (const path of ["docs/x.md", "tests/x.py", "plugins/filter/__pycache__/x.pyc", "README.md"])
    await write("home.lab", path, "x");
  expect(await digest()).toBe(first);

  const seen = new Set([first]);
  for (const path of ["meta/runtime.yml", "roles/web/tasks/main.yml", "playbooks/x.yml", "plugins/x/y/z"]) {
    await write("home.lab", path, "x");
    seen.add(await digest());
  }
  await symlink(dirname(await write("home.lab", "elsewhere/linked.py", "x")), join(dirname(filter), "link"));
  seen.add(await digest());
  expect(seen.size).toBe(6);

  // Of the same size and time: only the content tells.
  const time = new Date("2026-01-01T00:00:00Z");
  await utimes(filter, time, time);
  const before = await digest();
  await writeFile(filter, "a = 2\n");
  await utimes(filter, time, time);
  expect(await digest()).not.toBe(before);
  await writeFile(filter, "a = 1\n");
  expect(await digest()).toBe(before);
});

test("[P3] collections whose code a collection imports, or that its roles name, come along, from one to the next", async () => {
  const { collections, write } = await createInstallation();
  const next = "from ansible_collections.home.next.plugins.module_utils.x import y\n";
  await write("home.lab", "plugins/filter/shout.py", `# see home.third.thing\n${next}`);
  await write("home.next", "plugins/module_utils/x.py", "import ansible_collections.home.last.plugins.x\n");
  await write("home.last", "plugins/x.py", "import ansible_collections.home.lab.plugins.filter.shout\n");
  await write(
    "home.last",
    "roles/web/tasks/main.yml",
    "- home.role.task:\n- home.none.task:\n- home.skipped.task:\n",
  );
  for (const name of ["home.role", "home.third", "home.other", "home.skipped"])
    await write(name, "plugins/x.py", "");
  const found = await findCollections(
    ["home.lab", "home.missing"],
    { collections },
    (name) => name !== "home.skipped",
  );
  expect(found.map((each) => each.name)).toEqual([
    "home.lab",
    "home.last",
    "home.missing",
    "home.next",
    "home.role",
  ]);
  expect((await findCollections(["home.lab"], { collections })).map((each) => each.name)).toEqual([
    "home.lab",
  ]);
});
