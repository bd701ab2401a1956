import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportFromMemory, proveInMemory } from "../../http/testing/memory-log.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const machine = useOwnMachine();
const { chiffon } = machine;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "chiffon-export-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const whole = exportFromMemory()
  .map((line) => `${JSON.stringify(line)}\n`)
  .join("");
const { root } = proveInMemory(0).checkpoint;
/** What the server sends. */
const send = (lines: readonly object[]): void => {
  Object.assign(machine.server.engine.audit, {
    export: async function* () {
      yield* lines;
    },
  });
};

test("the whole log goes into a file that only its owner reads, and says what it proves", async () => {
  const file = path.join(folder, "record.ndjson");
  expect(await chiffon(["audit", "export", file])).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(`^${file}\nok: 3 records, 2 checkpoints, each checked\nroot ${root}\nkey chiffon/`),
    ),
    stderr: "",
  });
  expect(await readFile(file, "utf8")).toBe(whole);
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  // What is there stays.
  expect(await chiffon(["audit", "export", file])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is there already"),
  });
  expect(await readFile(file, "utf8")).toBe(whole);
  expect(await readdir(folder)).toEqual(["record.ndjson"]);
});

test("without a file it goes to stdout, and what it proves to stderr", async () => {
  expect(await chiffon(["audit", "export"])).toEqual({
    code: 0,
    stdout: whole,
    stderr: expect.stringContaining(`root ${root}`),
  });
});

test("an export that is cut off or does not prove itself is an error, and no file is left", async () => {
  const file = path.join(folder, "record.ndjson");
  const lines = exportFromMemory();
  send(lines.slice(0, -1));
  expect(await chiffon(["audit", "export", file])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("it is cut off"),
  });
  send(lines.toSpliced(1, 1));
  expect(await chiffon(["audit", "export", file])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("record 0 is missing"),
  });
  expect(await readdir(folder)).toEqual([]);
  expect(await chiffon(["audit", "export", path.join(folder, "none/record")])).toMatchObject({ code: 2 });
});

test("a record is proved against the newest checkpoint or a named one, and the command checks the proof itself", async () => {
  const shown = await chiffon(["audit", "proof", "2"]);
  expect(shown).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`leads by 1 hash to the root of 3 records\nroot ${root}\n`),
  });
  // The record's own characters cannot steer a terminal.
  expect(shown.stdout).not.toContain("\u202e");
  expect(JSON.parse((await chiffon(["audit", "proof", "0", "--checkpoint", "2", "--json"])).stdout)).toEqual(
    proveInMemory(0, 2),
  );
  expect((await chiffon(["audit", "proof", "last"])).code).toBe(2);

  const wrong = { ...proveInMemory(1), index: 0 };
  Object.assign(machine.server.engine.audit, { proof: async () => wrong });
  expect(await chiffon(["audit", "proof", "1"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("does NOT lead"),
  });
});
