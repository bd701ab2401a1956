import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ChiffonError } from "../domain/errors.ts";
import type { Repository } from "../engine/catalogues.ts";

const Remembered = z.array(z.object({ root: z.string(), inventory: z.string().nullable() }));
type Remembered = z.infer<typeof Remembered>;

/** The example homelab that comes with Chiffon. */
export const exampleRoot = path.join(import.meta.dirname, "../../examples/homelab");

export interface RepositoryWish {
  readonly dataDir: string;
  /** Folders as given; relative to the working directory. */
  readonly folders: readonly string[];
  /** Inventory file as given; belongs to the first folder that holds it. */
  readonly inventory: string | undefined;
  /** Use the example homelab when no folder is given. */
  readonly demo: boolean;
}

/**
 * The repositories to serve: those given (remembered for the next start), else the example when asked for, else those of the
 * last start. Throws `bad-input` for a folder or inventory that is not there.
 */
export async function chooseRepositories(wish: RepositoryWish): Promise<Repository[]> {
  const file = path.join(wish.dataDir, "repositories.json");
  const chosen = await chooseRoots(wish, file);
  if (wish.folders.length > 0) {
    await mkdir(wish.dataDir, { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, JSON.stringify(chosen), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  const names = new Set<string>();
  return chosen.map(({ root, inventory }) => ({
    root,
    inventory,
    name: uniqueName(path.basename(root) || "repository", names),
  }));
}

async function chooseRoots(wish: RepositoryWish, file: string): Promise<Remembered> {
  const given = await Promise.all(wish.folders.map(checkFolder));
  const known = given.length > 0 ? [] : await readRemembered(file);
  const roots: Remembered =
    given.length > 0
      ? given.map((root) => ({ root, inventory: null }))
      : known.length === 0 && wish.demo
        ? [{ root: exampleRoot, inventory: null }]
        : known;
  return wish.inventory === undefined ? roots : await placeInventory(roots, wish.inventory);
}

async function checkFolder(folder: string): Promise<string> {
  const root = path.resolve(folder);
  if ((await stat(root).catch(() => undefined))?.isDirectory()) return root;
  throw new ChiffonError("bad-input", `${folder} is not a folder`, {
    hint: "give the folder that holds your playbooks: chiffon up --repo DIR",
  });
}

/** Gives the inventory to the first root that holds it; as seen from the working directory, or from a root. */
async function placeInventory(roots: Remembered, inventory: string): Promise<Remembered> {
  for (const from of [
    [path.resolve(inventory)],
    roots.map((each) => path.resolve(each.root, inventory)),
  ].flat())
    for (const chosen of roots) {
      const isInside = from.startsWith(chosen.root + path.sep);
      if (!isInside || !(await stat(from).catch(() => undefined))) continue;
      const relative = path.relative(chosen.root, from);
      return roots.map((each) => (each === chosen ? { root: each.root, inventory: relative } : each));
    }
  throw new ChiffonError("bad-input", `the inventory ${inventory} lies in none of the repositories`, {
    hint: "give the folder that holds it with --repo, so that it becomes part of what is approved",
  });
}

async function readRemembered(file: string): Promise<Remembered> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  try {
    return Remembered.parse(JSON.parse(text));
  } catch (cause) {
    throw new ChiffonError("bad-input", `the list of repositories ${file} cannot be read`, {
      hint: "remove that file and name the folders again: chiffon up --repo DIR",
      cause,
    });
  }
}

function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}
