import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createTestDatabase } from "../adapters/database/testing.ts";
import { startEmbedded } from "./embedded.ts";

test("with a PostgreSQL server of one's own nothing embedded is started, and stopping and starting again leaves no error in the log", async () => {
  await using database = await createTestDatabase();
  const { connection } = database;
  if (!("host" in connection)) throw new Error("the test server is named by parts");
  const { host, port, user, password, database: name } = connection;
  const databaseUrl = `postgresql://${user}:${password}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`;
  const dataDir = await mkdtemp(path.join(tmpdir(), "chiffon-embedded-"));
  const log: string[] = [];
  const start = () =>
    startEmbedded({
      dataDir,
      sharedDir: dataDir,
      localAgents: true,
      databaseUrl,
      host: "127.0.0.1",
      port: 0,
      repositories: [],
      searchPath: "/usr/bin:/bin",
      home: dataDir,
      waitScale: 0.1,
      autoPreview: true,
      attemptsPerAgent: 4,
      keep: { days: 90, bytes: 20e9 },
      onProgress: () => {},
      log: { write: (line) => void log.push(line) },
      onFatal: (reason) => log.push(`"level":50 ${reason}`),
    });
  try {
    for (const round of [1, 2]) {
      await using running = await start();
      expect((await fetch(`${running.address}/healthz`)).status, `start ${round}`).toBe(200);
      expect(running.setupCode).toBeDefined();
    }
    expect((await readdir(dataDir)).toSorted()).not.toContain("postgres");
    expect(log.filter((line) => line.includes('"level":50'))).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
