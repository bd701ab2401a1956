import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCollections } from "./collections.ts";

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
    expect(await findCollections(names, folders)).toEqual([
      { name: "community.docker", version: "3.4.11" },
      { name: "community.general", version: null },
      { name: "home.lab", version: "unknown" },
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
