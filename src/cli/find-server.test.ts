import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CliConfig } from "./context.ts";
import { findServer } from "./find-server.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), "chiffon-find-server-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

const config = (given: Partial<CliConfig> = {}): CliConfig => ({
  dataDir,
  url: undefined,
  token: undefined,
  fingerprint: undefined,
  password: undefined,
  ...given,
});
const fingerprint = Array.from({ length: 32 }, () => "AB").join(":");

async function writeServer(server: object): Promise<void> {
  await writeFile(path.join(dataDir, "server.json"), JSON.stringify(server));
  await writeFile(path.join(dataDir, "cli-token"), "the-token\n");
}

describe("the server on this machine", () => {
  test("is found by the file that it left", async () => {
    await writeServer({ url: "https://127.0.0.1:7707", pid: process.pid, fingerprint });
    const found = await findServer(config());
    expect(found.url.href).toBe("https://127.0.0.1:7707/");
    expect(found).toMatchObject({ token: "the-token", fingerprint: "ab".repeat(32) });
  });

  test("is not there when no file tells of it, or a broken one", async () => {
    await expect(findServer(config())).rejects.toMatchObject({
      code: "server-unreachable",
      hint: expect.stringContaining("chiffon up"),
    });
    await writeFile(path.join(dataDir, "server.json"), "{");
    await expect(findServer(config())).rejects.toMatchObject({ code: "server-unreachable" });
  });

  test("has ended when its process has, whatever the file says", async () => {
    const { pid } = spawnSync("true");
    await writeServer({ url: "http://127.0.0.1:7707", pid, fingerprint: null });
    await expect(findServer(config())).rejects.toMatchObject({
      code: "server-unreachable",
      message: expect.stringContaining(`process ${pid}) has ended`),
    });
  });

  if (process.getuid?.() !== 0)
    test("is not used with a token file that belongs to somebody else", async () => {
      await writeServer({ url: "http://127.0.0.1:7707", pid: process.pid, fingerprint: null });
      await chmod(path.join(dataDir, "cli-token"), 0o000);
      await expect(findServer(config())).rejects.toMatchObject({ code: "not-signed-in" });
    });
});

describe("a server that is named", () => {
  test("gets the token that is given, and never the one of another server", async () => {
    await writeServer({ url: "http://127.0.0.1:7707", pid: process.pid, fingerprint: null });
    expect(await findServer(config({ url: "https://box:7707", token: "chf_x" }))).toMatchObject({
      token: "chf_x",
    });
    expect((await findServer(config({ url: "https://box:7707" }))).token).toBeUndefined();
    expect((await findServer(config({ url: "http://127.0.0.1:7707" }))).token).toBe("the-token");
  });

  test.each(["ftp://box", "box:7707", "https://user:password@box"])("is refused as %s", async (url) => {
    await expect(findServer(config({ url }))).rejects.toMatchObject({ code: "bad-input" });
  });

  test("is pinned by a fingerprint in any usual form, and by nothing else", async () => {
    const url = "https://box:7707";
    for (const form of [fingerprint, fingerprint.toLowerCase(), "ab".repeat(32), `SHA256=${fingerprint}`]) {
      expect((await findServer(config({ url, fingerprint: form }))).fingerprint).toBe("ab".repeat(32));
    }
    await expect(findServer(config({ url, fingerprint: "AB:CD" }))).rejects.toMatchObject({
      code: "bad-input",
    });
  });
});
