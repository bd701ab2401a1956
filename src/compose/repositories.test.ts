import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { chooseRepositories, type RepositoryWish } from "./repositories.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-repositories-"));
  for (const name of ["one/site", "two/site"]) await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, "two/site/hosts.yml"), "all:\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);
const choose = (wish: Partial<RepositoryWish>) =>
  chooseRepositories({ dataDir: at("data"), folders: [], inventory: undefined, demo: false, ...wish });

test("given folders are served, each with a name of its own, and remembered for the next start", async () => {
  const chosen = await choose({
    folders: [at("one/site"), at("two/site")],
    inventory: at("two/site/hosts.yml"),
  });

  expect(chosen).toEqual([
    { name: "site", root: at("one/site"), inventory: null },
    { name: "site-2", root: at("two/site"), inventory: "hosts.yml" },
  ]);
  expect(await choose({ demo: true })).toEqual(chosen);
});

test("the example homelab is used only when it is asked for and nothing else is known", async () => {
  expect(await choose({})).toEqual([]);
  expect(await choose({ demo: true })).toMatchObject([{ name: "homelab", inventory: null }]);
});

test("an inventory may be named from inside the repository, and also for remembered folders", async () => {
  const folders = [at("one/site"), at("two/site")];
  expect((await choose({ folders, inventory: "hosts.yml" })).map((each) => each.inventory)).toEqual([
    null,
    "hosts.yml",
  ]);
  await choose({ folders });
  expect((await choose({ inventory: "hosts.yml" }))[1]?.inventory).toBe("hosts.yml");
});

test("what is not there is refused with a sentence, and so is a broken list of folders", async () => {
  await expect(choose({ folders: [at("nowhere")] })).rejects.toThrow("is not a folder");
  await writeFile(at("outside.yml"), "all:\n");
  for (const inventory of [at("outside.yml"), "missing.yml"])
    await expect(choose({ folders: [at("one/site")], inventory })).rejects.toThrow(
      "lies in none of the repositories",
    );
  await expect(choose({ inventory: "hosts.yml" })).rejects.toThrow("lies in none of the repositories");
  await mkdir(at("data"), { recursive: true });
  await writeFile(at("data/repositories.json"), "{");
  await expect(choose({})).rejects.toThrow("cannot be read");
});
