import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { sha256 } from "../../engine/access/credentials.ts";
import {
  cliToken,
  openTestStore,
  startTestServer,
  type TestServer,
  type TestStore,
} from "../../http/testing/server.ts";
import { runCli, type CliResult } from "./run-cli.ts";

/*
 * The command line on the server's own machine, for tests: it finds a real server by the files in a data directory.
 */

export interface OwnMachine {
  /** A fresh one for each test, over one database. */
  readonly server: TestServer;
  readonly store: TestStore;
  readonly dataDir: string;
  chiffon(args: readonly string[], run?: { stdin?: string; password?: string }): Promise<CliResult>;
  /** Arguments of the calls that reached a method of the engine. */
  calls(name: string): readonly unknown[][];
}

/** Registers the hooks that make it; what it returns can be used inside tests. */
export function useOwnMachine(): OwnMachine {
  let store: TestStore | undefined;
  let server: TestServer | undefined;
  let dataDir = "";
  const given = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("used outside a test");
    return value;
  };
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => given(store)[Symbol.asyncDispose]());
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), "chiffon-cli-"));
    server = await startTestServer({ db: given(store).db });
    server.access.allowCli({ tokenSha256: sha256(cliToken), uid: 1000 });
    const found = { url: server.address, pid: process.pid, fingerprint: null };
    await writeFile(path.join(dataDir, "server.json"), JSON.stringify(found));
    await writeFile(path.join(dataDir, "cli-token"), cliToken);
  });
  afterEach(async () => {
    await given(server).close();
    await rm(dataDir, { recursive: true });
  });
  return {
    get server() {
      return given(server);
    },
    get store() {
      return given(store);
    },
    get dataDir() {
      return dataDir;
    },
    chiffon: (args, run = {}) =>
      runCli(args, {
        config: { dataDir, password: run.password },
        ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
      }),
    calls: (name) =>
      given(server)
        .engine.calls.filter((call) => call.name === name)
        .map((call) => [...call.args]),
  };
}
