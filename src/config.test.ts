import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { ChiffonError } from "./domain/errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const file = path.join(folder, `secret-${text.length}`);
  await writeFile(file, text);
  return file;
}

function messageOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
    return "";
  } catch (error) {
    return ChiffonError.is(error) ? error.message : "no ChiffonError";
  }
}

test("without any variable every option has its default", () => {
  expect(readConfig({})).toMatchObject({
    databaseUrl: undefined,
    token: undefined,
    password: undefined,
    waitScale: 1,
    attemptsPerAgent: 4,
    keep: { days: 90, bytes: 20_000_000_000 },
    searchPath: expect.stringContaining("/usr/bin"),
  });
});

test("secrets are taken out of the environment, and the configuration cannot be changed", () => {
  const environment = {
    CHIFFON_TOKEN: "chf_1",
    CHIFFON_PASSWORD: "pass",
    CHIFFON_DATABASE_URL: "postgresql://me:word@db/chiffon",
    CHIFFON_DATA: folder,
  };
  const config = readConfig(environment);

  expect(config).toMatchObject({ token: "chf_1", password: "pass", dataDir: folder });
  expect(environment).toEqual({ CHIFFON_DATA: folder });
  expect(Object.isFrozen(config)).toBe(true);
});

test("an embedding server is off by default, and needs an address and a model; its key is a secret", async () => {
  expect(readConfig({}).embedder).toBeUndefined();
  const environment = {
    CHIFFON_EMBEDDER: "ollama",
    CHIFFON_EMBEDDER_URL: "http://127.0.0.1:11434",
    CHIFFON_EMBEDDER_MODEL: "nomic-embed-text",
    CHIFFON_EMBEDDER_KEY_FILE: await fileOf("sk-1\n"),
  };
  expect(readConfig({ ...environment }).embedder).toEqual({
    kind: "ollama",
    url: "http://127.0.0.1:11434",
    model: "nomic-embed-text",
    key: "sk-1",
  });
  const { CHIFFON_EMBEDDER_MODEL: _model, ...without } = environment;
  expect(messageOf(without)).toContain("not where and which model");
  expect(messageOf({ ...environment, CHIFFON_EMBEDDER_URL: "file:///etc" })).toContain(
    "CHIFFON_EMBEDDER_URL",
  );
});

test("how long output stays is set in days and GB, and a size that one run could fill alone is refused", () => {
  expect(readConfig({ CHIFFON_KEEP_DAYS: "7", CHIFFON_KEEP_GB: "2.5" }).keep).toEqual({
    days: 7,
    bytes: 2_500_000_000,
  });
  expect(messageOf({ CHIFFON_KEEP_DAYS: "0" })).toContain("CHIFFON_KEEP_DAYS");
  expect(messageOf({ CHIFFON_KEEP_GB: "1" })).toContain("CHIFFON_KEEP_GB");
});

test("a _FILE form reads the secret without its line end, and the value itself wins over it", async () => {
  const file = await fileOf("from file\n");
  expect(readConfig({ CHIFFON_TOKEN_FILE: file }).token).toBe("from file");
  expect(readConfig({ CHIFFON_TOKEN_FILE: file, CHIFFON_TOKEN: "direct" }).token).toBe("direct");
});

test("a secret's file that is missing, empty or too large is told by the name of the option, never with its content", async () => {
  expect(messageOf({ CHIFFON_TOKEN_FILE: path.join(folder, "nowhere") })).toContain("CHIFFON_TOKEN_FILE");
  expect(messageOf({ CHIFFON_PASSWORD_FILE: await fileOf("\n") })).toContain("it is empty");
  expect(messageOf({ CHIFFON_TOKEN_FILE: await fileOf("x".repeat(70_000)) })).toContain("larger than 64 KiB");
});

test("a wrong value is told by its name; a secret one is not repeated, an empty one counts as not set", () => {
  const message = messageOf({ CHIFFON_DATABASE_URL: "mysql://me:word@db" });
  expect(message).toContain("CHIFFON_DATABASE_URL");
  expect(message).not.toContain("word");
  expect(messageOf({ CHIFFON_WAIT_SCALE: "fast" })).toContain("CHIFFON_WAIT_SCALE");
  expect(messageOf({ CHIFFON_AGENT_ATTEMPTS: "0" })).toContain("CHIFFON_AGENT_ATTEMPTS");
  expect(readConfig({ CHIFFON_WAIT_SCALE: "", CHIFFON_TOKEN: "", CHIFFON_TOKEN_FILE: "" })).toMatchObject({
    waitScale: 1,
    token: undefined,
  });
});
