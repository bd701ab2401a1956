import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../src/adapters/database/testing.ts";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { EventList } from "../../src/contracts/api.ts";
import { joinAgent } from "../support/agent.ts";
import {
  approve,
  ended,
  plan,
  planAnswering,
  playbook,
  readWholeLog,
  running,
  writeRepository,
} from "../support/jobs.ts";
import { createWorld, signUp, startServer, waitUntil, type Api, type World } from "../support/server.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";
import { startTap, type Seen, type Tap } from "../support/tap.ts";

const stack = new AsyncDisposableStack();
let stage: {
  readonly world: World;
  readonly api: Api;
  readonly tap: Tap;
  readonly database: pg.Client;
  /** Names of the playbooks that ran, in order. */
  marks(): Promise<string[]>;
  join(name: string): Promise<string>;
};

beforeAll(async () => {
  const world = stack.use(await createWorld());
  const sshd = stack.use(await startSshd(world));
  const { connection } = stack.use(await createTestDatabase());
  const mark = (word: string) => `    - name: Say it
      ansible.builtin.shell: echo ${word} | tee -a ${world.dir}/marks
`;
  const wait = `    - name: Wait for the word
      ansible.builtin.shell: until [ -e ${world.dir}/go ]; do sleep 0.2; done
`;
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "quick.yml": playbook("quick", mark("quick")),
    "slow.yml": playbook("slow", `${mark("slow")}${wait}`),
  });
  const { user, password, port, database: name, host } = connection;
  const env = {
    CHIFFON_DATABASE_URL: `postgresql://${user}:${password}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
  };
  const server = stack.use(
    await startServer(world, { command: "server", args: ["--repo", repository], env }),
  );
  const api = await signUp(server);
  const tap = stack.use(await startTap(Number(new URL(server.url).port)));
  const database = new pg.Client(connection);
  await database.connect();
  stack.defer(() => database.end());
  const through = { ...server, url: `http://127.0.0.1:${tap.port}` };
  const lines = async () =>
    (await readFile(path.join(world.dir, "marks"), "utf8").catch(() => "")).split("\n");
  // What a test that failed has left waiting would wait for ever.
  stack.defer(() => writeFile(path.join(world.dir, "go"), ""));
  stage = {
    world,
    api,
    tap,
    database,
    marks: async () => (await lines()).filter(Boolean),
    join: async (agent) => stack.use(await joinAgent(world, { server: through, api }, { name: agent })).id,
  };
});

afterAll(async () => {
  await stack.disposeAsync();
});

const tables = [
  "run",
  "task",
  "attempt",
  "event",
  "host_result",
  "ansible_task",
  "topic",
  "plan",
  "audit_record",
];

/** Everything that the database has about runs, as one text; refusals stand in the record, and leases go on. */
async function dump(): Promise<string> {
  const parts: string[] = [];
  for (const table of tables) {
    const which = table === "audit_record" ? "WHERE kind <> 'agent.refused'" : "";
    const { rows } = await stage.database.query<{ row: string }>(
      `SELECT (to_jsonb(t) - 'lease_until')::text AS row FROM ${table} t ${which} ORDER BY 1`,
    );
    parts.push(table, ...rows.map(({ row }) => row));
  }
  return parts.join("\n");
}

const refusals = async (agentId: string): Promise<string[]> => {
  const page = await stage.api.get<AuditPage>("/audit/query?kind=agent.refused&limit=500");
  return page.items
    .filter(({ actor }) => actor.id === agentId)
    .map(({ data }) => JSON.stringify(data["why"]));
};

/** The same about another attempt. */
function splice({ envelope }: Seen, key: { task_id: string; attempt: number; fence: number }): object {
  const payload = "task_id" in envelope.payload ? { ...envelope.payload, ...key } : envelope.payload;
  return { ...envelope, message_id: randomUUID(), payload };
}

const isUp = ({ from }: Seen): boolean => from === "agent";

test("[P4] every envelope of complete runs, said twice, again after the end, by another agent and about another attempt, runs and changes nothing", async () => {
  const { world, api, tap, marks, join } = stage;
  const one = await join("one");
  // Each is heard twice from here on, while the work goes on.
  tap.isDoubling = true;
  const quick = await ended(api, await approve(api, await planAnswering(api, "Deploy quick")));
  expect([quick.state, quick.tasks[0]?.attempts.length]).toEqual(["succeeded", 1]);
  expect((await readWholeLog(api, quick.id)).match(/Say it/g)).toHaveLength(1);
  const cancelled = await approve(api, await plan(api, "Deploy slow"));
  await running(api, cancelled);
  await waitUntil(async () => (await marks()).includes("slow"));
  await api.post(`/runs/${cancelled}/cancel`, {});
  expect((await ended(api, cancelled)).state).toBe("cancelled");
  expect(await marks()).toEqual(["quick", "slow"]);
  tap.isDoubling = false;

  const two = await join("two");
  const captured = tap.seen.filter(({ agentId }) => agentId === one);
  const typesOf = (up: boolean) =>
    new Set(captured.filter((each) => isUp(each) === up).map((each) => each.envelope.type));
  expect([...typesOf(true)].toSorted()).toEqual([
    "heartbeat",
    "lease_renew",
    "work_accepted",
    "work_output",
    "work_result",
    "work_status",
  ]);
  expect([...typesOf(false)].toSorted()).toEqual(
    expect.arrayContaining(["control", "lease_renew", "work_request"]),
  );

  // After the end: on the same connection, then on that of another agent, as it was and in its own name.
  const before = await dump();
  let replays = 0;
  const say = async (agentId: string, each: Seen, envelope: unknown): Promise<string> => {
    replays += 1;
    return await tap.say(each.from, agentId, { queue: each.queue, envelope });
  };
  for (const each of captured) expect(await say(one, each, each.envelope)).toBe("ack");
  for (const each of captured) {
    expect(await say(two, each, each.envelope)).toBe("dead");
    const inName = isUp(each) ? { from_agent: two } : { to_agent: two };
    await say(two, each, { ...each.envelope, ...inName, message_id: randomUUID() });
  }
  expect(await dump()).toBe(before);

  // While another attempt runs: in its name, from who has it and from who does not.
  const runId = await approve(api, await plan(api, "Deploy slow"));
  const run = await running(api, runId);
  await waitUntil(async () => (await marks()).length === 3);
  const [task] = run.tasks;
  const attempt = task?.attempts[0];
  if (task === undefined || attempt === undefined) throw new Error("nothing runs");
  const key = { task_id: task.id, attempt: attempt.number, fence: attempt.fence };
  const stranger = attempt.agentId === one ? two : one;
  const during = await settled(runId);
  for (const each of captured) {
    const spliced = splice(each, key);
    if (each.envelope.type === "heartbeat") continue;
    if (isUp(each)) {
      expect(await say(stranger, each, { ...spliced, from_agent: stranger })).toBe("dead");
      const isSigned = each.envelope.signature !== null;
      if (isSigned)
        expect(await say(attempt.agentId, each, { ...spliced, from_agent: attempt.agentId })).toBe("dead");
    } else {
      await say(stranger, each, { ...spliced, to_agent: stranger });
      await say(attempt.agentId, each, { ...spliced, to_agent: attempt.agentId });
    }
  }
  expect(await dump()).toBe(during);
  await writeFile(path.join(world.dir, "go"), "");
  const last = await ended(api, runId);
  expect([last.state, last.tasks[0]?.attempts.length]).toEqual(["succeeded", 1]);
  expect(await marks()).toEqual(["quick", "slow", "slow"]);

  const why = new Set([...(await refusals(one)), ...(await refusals(two))]);
  expect([...why].toSorted()).toEqual(
    expect.arrayContaining([
      '"it sent a message in the name of another agent"',
      '"it sent a message that its key did not sign"',
      '"it sent what can never be taken: malformed, or about work that is not its own"',
    ]),
  );
  process.stdout.write(`[P4] ${captured.length} captured envelopes, ${replays} replays: 0 with an effect\n`);
});

/** What the database has, once everything has come that the playbook tells before it waits. */
async function settled(runId: string): Promise<string> {
  const { api } = stage;
  await waitUntil(async () => {
    const { items } = await api.get<EventList>(`/runs/${runId}/events?after=0&limit=1000`);
    const begun = items.filter(({ type }) => type === "host.started");
    return begun.length === 2 && (await readWholeLog(api, runId)).includes("Wait for the word");
  });
  return await dump();
}
