import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openLogFile } from "./log-file.ts";

test("a log that grows while the server runs is put aside once, and no line is lost between the two", async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "chiffon-log-"));
  const lines = Array.from({ length: 15 }, (_, index) => `{"line":${index},"text":"${"x".repeat(80)}"}\n`);
  {
    await using log = await openLogFile(dataDir, { largest: 1_000 });
    for (const line of lines) {
      log.write(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const file = path.join(dataDir, "chiffon.log");

  expect((await readFile(`${file}.1`, "utf8")) + (await readFile(file, "utf8"))).toBe(lines.join(""));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await rm(dataDir, { recursive: true });
});
