import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createLocalTransport } from "../adapters/bus/local.ts";
import { openDatabase } from "../adapters/database/open.ts";
import { createTestDatabase } from "../adapters/database/testing.ts";
import { createMachineMetrics } from "../adapters/metrics/machine.ts";
import { getTools } from "../ansible/process/testing/lab.ts";
import { createSnapshotStore, type SnapshotStore } from "../ansible/snapshot/store.ts";
import { removeTree } from "../ansible/snapshot/tree.ts";
import type { Plan } from "../contracts/plan.ts";
import type { Run } from "../contracts/run.ts";
import type { Tables } from "../engine/schema.ts";
import { startLocalAgents } from "./agents.ts";
import { startBackground } from "./background.ts";
import { agentStore, buildEngine, type BuiltEngine } from "./build-engine.ts";

const caller = { actor: { kind: "user" as const, name: "ada", id: randomUUID() }, strong: true };

/** A real server with one playbook, and agents that share nothing with its snapshots. */
interface Stage extends AsyncDisposable {
  readonly engine: BuiltEngine["engine"];
  /** Folder of the server's store. */
  readonly there: string;
  readonly own: SnapshotStore;
  readonly ownRoot: string;
  /** Digests of the files that the agent has asked for. */
  readonly asked: string[];
  /** Where the playbook wrote what it was started from; undefined while it has not. */
  mark(): Promise<string | undefined>;
  /** How often a playbook was started. */
  starts(): Promise<number>;
  /** @param read gives the files instead of the server */
  startAgent(read?: Read): Promise<AsyncDisposable>;
  plan(): Promise<Plan>;
  /** Gives the id of the run. */
  approve(shown: Plan): Promise<string>;
  ended(runId: string): Promise<Run>;
}

type Read = BuiltEngine["agentDeps"]["blobs"]["read"];

const onError = (error: unknown) => {
  throw error;
};

async function createStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "chiffon-own-store-"));
  // Snapshots are read-only.
  stack.defer(() => removeTree(folder));
  const inside = (name: string) => path.join(folder, name);
  for (const each of ["homelab", "data", "agent", "bin"]) await mkdir(inside(each), { mode: 0o700 });
  const hosts = "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n";
  await writeFile(inside("homelab/hosts.yml"), hosts);
  await writeFile(inside("homelab/alpha.yml"), playbook(inside("mark")));
  const options = {
    dataDir: inside("data"),
    sharedDir: inside("data"),
    localAgents: true,
    host: "127.0.0.1",
    port: 0,
    repositories: [{ name: "homelab", root: inside("homelab"), inventory: null }],
    searchPath: await putStandIn(inside("bin"), inside("starts")),
    home: folder,
    waitScale: 1,
    autoPreview: false,
    attemptsPerAgent: 4,
    keep: { days: 90, bytes: 20e9 },
    onProgress: () => {},
    log: { write: () => {} },
    onFatal: () => {},
  };
  const migrations = path.join(import.meta.dirname, "../engine/migrations");
  const { connection } = stack.use(await createTestDatabase({ migrations }));
  const database = stack.use(openDatabase<Tables>({ connection }));
  const clock = { now: () => new Date() };
  const built = stack.use(await buildEngine({ options, database, clock, onError }));
  const transport = createLocalTransport();
  stack.use(await startBackground({ ...built, ...options, transport, listen: database.listen, onError }));
  const ownRoot = inside("agent/snapshots");
  const own = createSnapshotStore({ root: ownRoot });
  const asked: string[] = [];
  const { engine, agentDeps, core } = built;
  const kept = stack.move();
  return {
    engine,
    there: inside("data/snapshots"),
    own,
    ownRoot,
    asked,
    mark: () => readFile(inside("mark"), "utf8").catch(() => undefined),
    starts: async () => (await readFile(inside("starts"), "utf8").catch(() => "")).length,
    startAgent: (read = agentDeps.blobs.read) =>
      startLocalAgents({
        ...agentDeps,
        snapshots: agentStore(own),
        blobs: { ...agentDeps.blobs, read: (sha256, signal) => (asked.push(sha256), read(sha256, signal)) },
        dataDir: inside("agent"),
        transport,
        clock,
        // So long that no test would wait for its end.
        waits: { ...core.waits, beginWithin: 600_000 },
        waitScale: 1,
        metrics: createMachineMetrics({ diskPath: folder, searchPath: options.searchPath }),
        version: "test",
        onError,
      }),
    async plan() {
      const wish = { text: "Deploy alpha", priority: 3, highValue: false };
      const request = await engine.requests.create(caller, wish);
      if (request.planId === null) throw new Error(`no plan: ${JSON.stringify(request)}`);
      return await engine.plans.get(request.planId);
    },
    async approve({ id, hash, approvalForm: { typed } }) {
      const { runId } = await engine.plans.approve(caller, id, {
        hash,
        ...(typed === null ? {} : { typed }),
      });
      return runId ?? "";
    },
    async ended(runId) {
      const wait = { timeout: 100_000 };
      await expect.poll(async () => (await engine.runs.get(runId)).endedAt, wait).not.toBeNull();
      return await engine.runs.get(runId);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** An `ansible-playbook` that notes each start and becomes the real one. Gives the PATH that finds it. */
async function putStandIn(bin: string, starts: string): Promise<string> {
  const tools = await getTools();
  const text = `#!/bin/sh\n[ "$1" = --version ] || printf x >> ${starts}\nexec ${tools.playbook} "$@"\n`;
  await writeFile(path.join(bin, "ansible-playbook"), text, { mode: 0o755 });
  return `${bin}${path.delimiter}${process.env["PATH"] ?? ""}`;
}

/** Writes where it lies. */
const playbook = (target: string) => `# chiffon:service=alpha
- name: Deploy alpha
  hosts: all
  gather_facts: false
  tasks:
    - name: Say where it lies
      ansible.builtin.copy:
        content: "{{ playbook_dir }}"
        dest: ${target}
        mode: "0644"
`;

const digestOf = (shown: Plan): string => shown.steps[0]?.snapshot ?? "";
const errorOf = (run: Run) => run.tasks[0]?.attempts[0]?.error;
const hang: Read = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });

test("an agent whose own store is empty gets the snapshot by its digest, runs from it, and asks for nothing twice", async () => {
  await using stage = await createStage();
  await using _ = await stage.startAgent();
  const shown = await stage.plan();
  expect(await stage.own.list()).toEqual([]);
  expect((await stage.ended(await stage.approve(shown))).state).toBe("succeeded");
  const { treeDir, files } = await stage.own.open(digestOf(shown));
  expect(await stage.mark()).toBe(treeDir);
  expect(treeDir.startsWith(stage.ownRoot)).toBe(true);
  expect(await stage.own.verify(digestOf(shown))).toEqual({ ok: true });
  const contents = [...new Set(files.map((file) => file.sha256))].toSorted();
  expect(stage.asked.toSorted()).toEqual(contents);

  expect((await stage.ended(await stage.approve(await stage.plan()))).state).toBe("succeeded");
  expect(stage.asked.toSorted()).toEqual(contents);
  expect(await stage.starts()).toBe(2);
});

test("a file that was changed in the server's store is refused with 5007, nothing is spawned, and the agent keeps nothing of it", async () => {
  await using stage = await createStage();
  await using _ = await stage.startAgent();
  const shown = await stage.plan();
  // The frozen file and the stored content are one file on the disk. With another time it would be stored anew.
  const frozen = path.join(stage.there, "trees", digestOf(shown), "alpha.yml");
  const { atime, mtime } = await stat(frozen);
  await chmod(frozen, 0o644);
  await writeFile(frozen, (await readFile(frozen, "utf8")).replace("Say where", "Say There"));
  await utimes(frozen, atime, mtime);
  const run = await stage.ended(await stage.approve(shown));
  expect(run.state).toBe("failed");
  expect(errorOf(run)).toMatchObject({
    code: 5007,
    message: 'nothing ran: The file "alpha.yml" of the snapshot came with other content.',
  });
  expect([await stage.starts(), await stage.mark(), await stage.own.list()]).toEqual([0, undefined, []]);
  expect(await readdir(stage.ownRoot, { recursive: true })).toEqual(["tmp"]);
});

test("a list that was changed in the server's store is refused with 5007, and nothing is fetched or spawned", async () => {
  await using stage = await createStage();
  await using _ = await stage.startAgent();
  const shown = await stage.plan();
  const list = path.join(stage.there, "manifests", digestOf(shown));
  await chmod(list, 0o644);
  await writeFile(list, (await readFile(list, "utf8")).replace('"-"', '"x"'));
  expect(errorOf(await stage.ended(await stage.approve(shown)))).toMatchObject({ code: 5007 });
  expect([stage.asked, await stage.starts()]).toEqual([[], 0]);
});

test("a run is cancelled while its agent waits for files that do not come", async () => {
  await using stage = await createStage();
  await using _ = await stage.startAgent(hang);
  const runId = await stage.approve(await stage.plan());
  await expect.poll(() => stage.asked.length).toBeGreaterThan(0);
  await stage.engine.runs.cancel(caller, runId, "enough");
  const run = await stage.ended(runId);
  expect(run.state).toBe("cancelled");
  expect(errorOf(run)).toMatchObject({
    code: 5102,
    message: "stopped before anything ran: cancelled by ada: enough",
  });
  expect([await stage.starts(), await stage.own.list()]).toEqual([0, []]);
});

test("an agent that stops while it waits for files begins anew at its next start, and the run works", async () => {
  await using stage = await createStage();
  const agent = await stage.startAgent(hang);
  const runId = await stage.approve(await stage.plan());
  await expect.poll(() => stage.asked.length).toBeGreaterThan(0);
  await agent[Symbol.asyncDispose]();
  expect((await stage.engine.runs.get(runId)).endedAt).toBeNull();
  expect(await readdir(stage.ownRoot, { recursive: true })).toEqual(["tmp"]);

  await using _ = await stage.startAgent();
  expect((await stage.ended(runId)).state).toBe("succeeded");
  expect(await stage.starts()).toBe(1);
});
