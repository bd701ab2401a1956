import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createSnapshotStore } from "./store.ts";
import { removeTree } from "./tree.ts";

test("content is read by its digest only, and nothing but stored files can be read", async () => {
  await using copy = await copyRepository("flat");
  await copy.write("empty.txt", "");
  writeFileSync(join(copy.root, "large.bin"), Buffer.alloc(1_500_000, 7));
  const base = mkdtempSync(join(tmpdir(), "chiffon-blobs-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => removeTree(base));
  const root = join(base, "store");
  const store = createSnapshotStore({ root });
  const snapshot = await store.take({ root: copy.root, paths: [""], playbook: "site.yml" });
  const readAll = async (sha256: string, signal = new AbortController().signal): Promise<string> =>
    Buffer.concat(await Array.fromAsync(store.readBlob(sha256, signal))).toString();
  const site = snapshot.files.find((file) => file.path === "site.yml")?.sha256 ?? "";
  expect(await readAll(site)).toContain("hosts:");
  expect(await readAll(hash("sha256", ""))).toBe("");
  expect(await readAll(hash("sha256", Buffer.alloc(1_500_000, 7)))).toBe("\u0007".repeat(1_500_000));
  const secret = join(base, "secret");
  writeFileSync(secret, "secret");
  const link = "ab".repeat(32);
  mkdirSync(join(root, "blobs/ab"), { recursive: true });
  symlinkSync(secret, join(root, "blobs/ab", link));
  const folder = "cd".repeat(32);
  mkdirSync(join(root, "blobs/cd", folder), { recursive: true });
  const wrong = [
    link,
    folder,
    snapshot.digest,
    "site.yml",
    `../trees/${snapshot.digest}/site.yml`,
    `../../secret`,
    secret,
    "",
    site.toUpperCase(),
    `${site}\n`,
    `${site}/`,
    "0".repeat(64),
  ];
  for (const each of wrong) await expect(readAll(each)).rejects.toMatchObject({ code: "not-found" });
  await expect(readAll(site, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
});
