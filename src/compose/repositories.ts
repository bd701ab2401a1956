import { readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ChiffonError } from "../domain/errors.ts";
import type { Repository } from "../engine/catalogues.ts";

const Remembered = z.array(z.object({ root: z.string(), inventory: z.string().nullable() }));
type Remembered = z.infer<typeof Remembered>;

/** The example homelab that comes with Chiffon. */
const exampleRoot = path.join(import.meta.dirname, "../../examples/homelab");

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
    await writeFile(`${file}.new`, JSON.stringify(chosen), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  const names = new Set<string>();
  return chosen.map(({ root, inventory }) => ({ root, inventory, name: uniqueName(path.basename(root), names) }));
}

async function chooseRoots(wish: RepositoryWish, file: string): Promise<Remembered> {
  if (wish.folders.length === 0) {
    const known = Remembered.safeParse(JSON.parse(await readFile(file, "utf8").catch(() => "[]")));
    if (known.success && known.data.length > 0) return known.data;
    return wish.demo ? [{ root: exampleRoot, inventory: null }] : [];
  }
  const inventory = wish.inventory === undefined ? undefined : path.resolve(wish.inventory);
  let placed = inventory === undefined;
  const roots: Remembered = [];
  for (const folder of wish.folders) {
    const root = path.resolve(folder);
    if (!(await stat(root).catch(() => undefined))?.isDirectory())
      throw new ChiffonError("bad-input", `${folder} is not a folder`, {
        hint: "give the folder that holds your playbooks: chiffon up --repo DIR",
      });
    const inside = inventory !== undefined && !placed && inventory.startsWith(root + path.sep);
    placed ||= inside;
    roots.push({ root, inventory: inside ? path.relative(root, inventory) : null });
  }
  if (!placed)
    throw new ChiffonError("bad-input", `the inventory ${wish.inventory} lies in none of the repositories`, {
      hint: "move it into the folder given with --repo, so that it becomes part of what is approved",
    });
  return roots;
}

function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}
