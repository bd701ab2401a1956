import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";

/** Longer files are compared by digest only. */
const maxBytes = 256 * 1024;

/** The text of a file of a snapshot, or why there is none. Only what its list names is read. */
export async function readSnapshotText(
  snapshot: { treeDir: string; files: readonly SnapshotFile[] },
  path: string,
): Promise<{ text: string } | { problem: string }> {
  const file = snapshot.files.find((each) => each.path === path);
  if (file === undefined) return { text: "" };
  if (file.size > maxBytes) return { problem: `it is larger than ${maxBytes / 1024} KiB` };
  const bytes = await readFile(join(snapshot.treeDir, file.path));
  if (bytes.includes(0)) return { problem: "it is no text" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.startsWith("$ANSIBLE_VAULT;")) return { problem: "it is encrypted" };
    return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) ? { problem: "it holds a private key" } : { text };
  } catch {
    return { problem: "it is no text" };
  }
}
