import { createHash } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openNote, parseVerifierLine, signNote } from "../../domain/signed-note.ts";
import { openSigningKey } from "./signing-key.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-key-"));
  file = path.join(dir, "keys/audit.key");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

test("the first start makes a key that only its owner can read, later ones find the same", async () => {
  const first = await openSigningKey(file);
  const second = await openSigningKey(file);
  expect(second.verifierLine).toBe(first.verifierLine);
  expect(first.keyName).toMatch(/^chiffon\/[0-9a-f]{16}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  const note = signNote(sha256, first, "text\n");
  expect(openNote(sha256, second, note)).toBe("text\n");
});

test("the public half lies beside it as one line that others can read, and is made again when it is gone", async () => {
  const key = await openSigningKey(file);
  await rm(`${file}.pub`);
  await openSigningKey(file);
  const line = await readFile(`${file}.pub`, "utf8");
  expect(parseVerifierLine(sha256, line)).toEqual({ name: key.keyName, publicKey: key.publicKey });
});

test("processes that start at the same time end up with one key", async () => {
  const keys = await Promise.all(Array.from({ length: 6 }, () => openSigningKey(file)));
  expect(new Set(keys.map((key) => key.verifierLine)).size).toBe(1);
});

test("a key that others can read, or that is none, is refused and not replaced", async () => {
  await openSigningKey(file);
  await chmod(file, 0o644);
  await expect(openSigningKey(file)).rejects.toMatchObject({
    code: "setup-needed",
    hint: expect.stringContaining("chmod 600"),
  });
  await writeFile(file, "secret rubbish", { mode: 0o600 });
  await chmod(file, 0o600);
  const refused = openSigningKey(file);
  await expect(refused).rejects.toMatchObject({ code: "setup-needed" });
  await expect(refused).rejects.not.toThrow("rubbish");
  expect(await readFile(file, "utf8")).toBe("secret rubbish");
});
