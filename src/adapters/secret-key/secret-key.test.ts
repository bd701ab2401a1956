import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSecretKey, secretKeyPath } from "./secret-key.ts";

describe("secret key file", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), "chiffon-key-"));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  test("is made at the first start, for its owner only, and is the same at the next", async () => {
    const first = await openSecretKey({ dataDir });
    expect(first.symmetricKeySize).toBe(32);
    const file = secretKeyPath(dataDir);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect(await readdir(path.dirname(file))).toEqual(["secret.key"]);
    expect((await openSecretKey({ dataDir })).equals(first)).toBe(true);
  });

  test("is one key when several processes start at once", async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => openSecretKey({ dataDir })));
    expect(keys.every((key) => keys[0]?.equals(key) === true)).toBe(true);
    expect(await readdir(path.join(dataDir, "keys"))).toEqual(["secret.key"]);
  });

  test.each([0o640, 0o604, 0o660])(
    "is refused with advice when others can read it (mode %o)",
    async (mode) => {
      await openSecretKey({ dataDir });
      await chmod(secretKeyPath(dataDir), mode);
      await expect(openSecretKey({ dataDir })).rejects.toMatchObject({
        code: "setup-needed",
        message: expect.stringContaining("other users"),
        hint: expect.stringContaining("chmod 600"),
      });
    },
  );

  if (process.geteuid?.() === 0)
    test("is refused when it belongs to somebody else", async () => {
      await openSecretKey({ dataDir });
      await chown(secretKeyPath(dataDir), 12_345, 12_345);
      await expect(openSecretKey({ dataDir })).rejects.toThrow(/belongs to another user/);
    });

  test("is refused when it is a link, a folder, cut off or something else, and is never replaced", async () => {
    const file = secretKeyPath(dataDir);
    const key = await openSecretKey({ dataDir });
    await rename(file, `${file}.real`);
    await symlink(`${file}.real`, file);
    await expect(openSecretKey({ dataDir })).rejects.toMatchObject({
      hint: expect.stringContaining("not a link"),
    });
    await rm(file);
    await rename(`${file}.real`, file);
    expect((await openSecretKey({ dataDir })).equals(key)).toBe(true);
    await truncate(file, 30);
    await expect(openSecretKey({ dataDir })).rejects.toThrow(/damaged/);
    await writeFile(file, "x".repeat(5000), { mode: 0o600 });
    await expect(openSecretKey({ dataDir })).rejects.toThrow(/not a key file/);
  });
});
