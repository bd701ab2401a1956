import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LiveEvent } from "../../src/contracts/live.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { connect } from "../support/database.ts";
import {
  chiffon,
  createWorld,
  findFreePort,
  listProcesses,
  password,
  startServer,
  waitUntil,
  type Server,
  type World,
} from "../support/server.ts";

/*
 * The main job as a person does it on the command line, on an empty data directory with the example homelab: sentence, plan,
 * approval, real Ansible, page, record. The tests follow one another.
 */
const sentence = "Deploy the status page and then back up its folder";
let world: World;
let server: Server;
let port: number;
let shown: Plan;
let runId: string;

beforeAll(async () => {
  world = await createWorld();
  const homelab = path.join(world.dir, "homelab");
  await cp(path.join(import.meta.dirname, "../../examples/homelab"), homelab, { recursive: true });
  port = await findFreePort();
  const inventory = path.join(homelab, "inventory/hosts.yml");
  const hosts = await readFile(inventory, "utf8");
  await writeFile(inventory, `${hosts.trimEnd()}\n  vars:\n    status_page_port: ${port}\n`);
  server = await startServer(world, { args: ["--repo", homelab] });
}, 120_000);

afterAll(async () => {
  const page = (await listProcesses(world)).filter((each) => each.includes("status-page/server.py"));
  for (const each of page) process.kill(Number(each.split(" ")[0]), "SIGKILL");
  await server[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  await world[Symbol.asyncDispose]();
});

const withPassword = { env: { CHIFFON_PASSWORD: password } };

async function ask(): Promise<Plan> {
  const asked = await chiffon(world, ["ask", sentence]);
  expect(asked.code).toBe(6);
  const id = /Plan ([0-9a-f]{8})/.exec(asked.stdout)?.[1] ?? "";
  const plan = await chiffon(world, ["plan", "show", id, "--json"]);
  return JSON.parse(plan.stdout) as Plan;
}

async function approve(plan: Plan): Promise<string> {
  const approved = await chiffon(
    world,
    ["plan", "approve", plan.id.slice(0, 8), "--hash", plan.hash.slice(0, 12), "--user", "ada"],
    withPassword,
  );
  expect(`${approved.code} ${approved.code === 0 ? "" : approved.stderr}`).toBe("0 ");
  const runs = await chiffon(world, ["run", "list", "--json"]);
  const [newest] = JSON.parse(runs.stdout) as Run[];
  return newest?.id ?? "";
}

test("the first user is made with the set-up code that the server printed", async () => {
  expect(server.setupCode).toMatch(/^[0-9A-Z-]{26,}$/);
  const wrong = await chiffon(
    world,
    ["user", "add", "ada", "--code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA"],
    withPassword,
  );
  expect(wrong.code).toBe(1);
  const made = await chiffon(world, ["user", "add", "ada", "--code", server.setupCode ?? ""], withPassword);
  expect(`${made.code} ${made.stderr}`).toMatch(/^0 /);
});

test("[E2E-01] [ORCH-01] [UI-02] the sentence becomes a plan of two steps, the second after the first, with the folder bound and shown", async () => {
  shown = await ask();

  expect(shown.steps.map((step) => step.unit.name)).toEqual(["status-page", "backup-folder"]);
  expect(shown.steps.map((step) => step.after)).toEqual([[], [0]]);
  expect(shown.steps[1]?.vars).toMatchObject([
    { name: "backup_source", value: "~/chiffon-homelab/status-page" },
  ]);
  expect(shown.state).toBe("proposed");
});

test("approving needs the plan's hash and more than the token of the machine", async () => {
  const id = shown.id.slice(0, 8);

  expect((await chiffon(world, ["plan", "approve", id])).code).toBe(2);
  const weak = await chiffon(world, ["plan", "approve", id, "--hash", shown.hash.slice(0, 12)]);
  expect(weak.code).not.toBe(0);
  expect(weak.stderr).toContain("password");
  const wrong = await chiffon(
    world,
    ["plan", "approve", id, "--hash", "f".repeat(12), "--user", "ada"],
    withPassword,
  );
  expect(wrong.code).not.toBe(0);
});

test("[E2E-03] [INFRA-02] once approved, Ansible runs both steps in order, live, and the page answers", async () => {
  runId = await approve(shown);
  const watched = await chiffon(world, ["run", "watch", runId]);

  expect(`${watched.code} ${watched.code === 0 ? "" : watched.stdout}`).toBe("0 ");
  expect(watched.stdout.indexOf("PLAY [Deploy the status page]")).toBeLessThan(
    watched.stdout.indexOf("PLAY [Back up a folder]"),
  );
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain("is up.");
});

test("[UI-04] watching again later shows the same output, and the run's table has every host and ansibleTask", async () => {
  const again = await chiffon(world, ["run", "watch", runId, "--json"]);
  const events = again.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LiveEvent);
  const text = events.flatMap((event) => (event.type === "output" ? [event.data.text] : [])).join("");
  const logs = await chiffon(world, ["run", "logs", runId]);

  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(text).toContain("TASK [status_page : Check that the page answers]");
  expect(stripVTControlCharacters(logs.stdout).trim()).toBe(stripVTControlCharacters(text).trim());
  const show = await chiffon(world, ["run", "show", runId]);
  expect(show.stdout).toMatch(/Check that the page answers +ok/);
});

test("[STATE-03] [E2E-04] the record verifies, tells what happened to the service, and is in git", async () => {
  const verified = await waitUntil(async () => {
    const result = await chiffon(world, ["audit", "verify", "--json"]);
    const parsed = JSON.parse(result.stdout) as { ok: boolean; size: number; gitSize: number };
    return parsed.gitSize === parsed.size ? { code: result.code, ...parsed } : undefined;
  });
  expect(verified).toMatchObject({ code: 0, ok: true });

  const changes = await chiffon(world, ["audit", "query", "--service", "status-page", "--json"]);
  const kinds = (JSON.parse(changes.stdout) as { kind: string }[]).map((record) => record.kind);
  expect(kinds).toEqual(
    expect.arrayContaining(["plan.proposed", "task.dispatched", "task.started", "task.finished"]),
  );
});

test("the record is taken along in one file that proves itself, and one record of it is proved against its checkpoint", async () => {
  const file = path.join(world.dir, "record.ndjson");
  const exported = await chiffon(world, ["audit", "export", file, "--json"]);
  const said = JSON.parse(exported.stdout) as { records: number; root: string };
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(said.records);
  const kinds = lines.flatMap((line) => /^\{"type":"record".*\\"kind\\":\\"([a-z.-]+)/.exec(line)?.[1] ?? []);
  expect(kinds).toHaveLength(said.records);
  expect(kinds).toEqual(expect.arrayContaining(["plan.approved", "task.finished", "run.finished"]));

  const index = kinds.indexOf("plan.approved");
  const of = ["--checkpoint", String(said.records)];
  const proved = await chiffon(world, ["audit", "proof", String(index), ...of]);
  expect(proved).toMatchObject({ code: 0, stdout: expect.stringContaining(`root ${said.root}`) });
  expect(proved.stdout).toMatch(/^plan\.approved at .* by /);
});

test("a second run of the same sentence changes nothing", async () => {
  const second = await approve(await ask());
  const watched = await chiffon(world, ["run", "watch", second]);

  expect(watched.code).toBe(0);
  const run = JSON.parse((await chiffon(world, ["run", "show", second, "--json"])).stdout) as {
    run?: Run;
  } & Run;
  const recaps = (run.run ?? run).tasks.flatMap((task) => Object.values(task.attempts[0]?.recap ?? {}));
  expect(recaps.map((recap) => recap.changed)).toEqual([0, 0]);
});

test("[DESK-01] [DESK-02] the agents of this machine report load, cores, memory and graphics processors", async () => {
  const agents = JSON.parse((await chiffon(world, ["agents", "--json"])).stdout) as {
    type: string;
    status: string;
    metrics: { cpu_load_15min: number; cpu_cores_physical: number; memory_total_gb: number; gpus: unknown[] };
  }[];

  expect(agents.map((agent) => `${agent.type} ${agent.status}`).toSorted()).toEqual([
    "desktop online",
    "infra online",
  ]);
  expect(agents[0]?.metrics.cpu_cores_physical).toBeGreaterThanOrEqual(1);
  expect(agents[0]?.metrics.memory_total_gb).toBeGreaterThan(0);
  expect(Array.isArray(agents[0]?.metrics.gpus)).toBe(true);
  const capacity = await chiffon(world, ["capacity", "--cores", "1", "--json"]);
  expect(capacity.code).toBe(0);
  expect(JSON.parse(capacity.stdout)).toMatchObject({
    agents: [{ cpuCores: { physical: agents[0]?.metrics.cpu_cores_physical } }, {}],
    others: [],
  });
});

test("[STATE-01] one flipped byte in one record makes the verification fail, with the record named", async () => {
  await using db = await connect(world);
  await db.query("ALTER TABLE audit_record DISABLE TRIGGER ALL");
  await db.query(
    "UPDATE audit_record SET body = set_byte(body, 60, get_byte(body, 60) # 1) WHERE kind = 'plan.approved' AND arrival = (SELECT min(arrival) FROM audit_record WHERE kind = 'plan.approved')",
  );
  const verified = await chiffon(world, ["audit", "verify"]);

  expect(verified.code).toBe(1);
  expect(verified.stdout + verified.stderr).toMatch(/record/);
});
