import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RepositoryTrust } from "../../src/contracts/trust.ts";
import {
  createWorld,
  listProcesses,
  signIn,
  startServer,
  type Ended,
  type World,
} from "../support/server.ts";
import { expectTable, look, runAsShown, type ExampleTables } from "../support/previews.ts";
import { readInstalled, signIn as signInToKuma } from "./kuma-client.ts";
import {
  buildOnce,
  copyExample,
  endServices,
  startPortals,
  type ExampleCopy,
  type Portal,
  type Portals,
} from "./lab.ts";

const tablesFile = path.join(import.meta.dirname, "../fixtures/previews/homelab.json");
const demoScript = path.join(import.meta.dirname, "../../tools/demo.mjs");
// The first deployment of a checkout compiles for minutes.
const compileLimit = 900_000;
let world: World;
let web: Portals;
let example: ExampleCopy;
let portals: Portal[];

beforeAll(async () => {
  world = await createWorld();
  example = await copyExample(world.dir);
  web = await startPortals(["Wiki", "Photos"]);
  ({ portals } = web);
  await example.writePortals(portals);
});

afterAll(async () => {
  await endServices(world.dir);
  await web[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** `npm run demo` behind its set-up. */
async function demo(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [demoScript, ...args], { cwd: world.dir, env: world.env });
  const out = { stdout: "", stderr: "" };
  child.stdin.end();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (out.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...out };
}

const data = () => path.join(world.dir, "demo");
const approved = () => demo("--approve", "--json", "--data", data(), "--repo", example.folder);
const names = () => portals.map((portal) => portal.name);

/** Its own processes; what it deploys stays on purpose. */
const listDemoProcesses = async () =>
  (await listProcesses(world)).filter((line) => /demo\.mjs|main\.ts|postgres|supervisor\.py/.test(line));

/** The monitors as Uptime Kuma itself tells them, with the password that Chiffon made for it. */
async function readMonitors(): Promise<Portal[]> {
  const args = ["--data", data(), "--repo", example.folder];
  await using server = await startServer(world, { args });
  const password = await readFile(path.join(data(), "demo-password"), "utf8");
  const api = await signIn(server, { username: "demo", password });
  const { value } = await api.post<{ value: string }>("/secrets/kuma_admin_password/reveal");
  using kuma = await signInToKuma(await readInstalled(world.home), value);
  return (await kuma.listMonitors()).map(({ name, url }) => ({ name, url }));
}

test(
  "[E2E-01] [E2E-03] [E2E-04] the demo ends with an Uptime Kuma that watches the portals, and a verified record",
  { timeout: compileLimit },
  async () => {
    const done = await buildOnce(approved);

    expect(done.code, done.stderr).toBe(0);
    const told = JSON.parse(done.stdout) as { changed: number };
    expect(told).toMatchObject({
      ok: true,
      outcome: "succeeded",
      sentence: "Deploy Uptime Kuma and add our existing portals to the config",
      plan: { id: expect.any(String), hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      run: { id: expect.any(String), state: "succeeded" },
      monitors: { added: names(), changed: [], unchanged: [] },
      verified: true,
    });
    expect(told.changed).toBeGreaterThan(0);
    expect(await listDemoProcesses()).toEqual([]);
  },
);

test("[E2E-03] the second time it changes nothing", { timeout: 480_000 }, async () => {
  const again = await approved();

  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    ok: true,
    changed: 0,
    monitors: { added: [], changed: [], unchanged: names() },
    verified: true,
  });
  expect(await listDemoProcesses()).toEqual([]);
  expect(await readdir(data())).not.toContain("demo-token");
  expect(await readMonitors()).toEqual(portals);
});

test(
  "[UI-02] previews of the playbooks for an Uptime Kuma that runs: every task has the right class, and stopping it does what was said",
  { timeout: 480_000 },
  async () => {
    const tables = JSON.parse(await readFile(tablesFile, "utf8")) as Readonly<Record<string, ExampleTables>>;
    await using server = await startServer(world, { args: ["--data", data(), "--repo", example.folder] });
    const api = await signIn(server, {
      username: "demo",
      password: await readFile(path.join(data(), "demo-password"), "utf8"),
    });
    const trust = await api.get<RepositoryTrust>("/repositories/homelab/trust");
    await api.post<RepositoryTrust>("/repositories/homelab/trust", { hash: trust.hash });
    const deploy = await look(api, "Deploy Uptime Kuma");
    expectTable(deploy, tables["uptime-kuma"], "running");
    expect(deploy.reason).toContain('could not continue past task 8 ("kuma : Keep the answer", ');
    const monitors = await look(api, "Add our portals to Uptime Kuma");
    expectTable(monitors, tables["uptime-kuma-monitors"], "running");
    expectTable(await look(api, "Back up Uptime Kuma"), tables["backup-uptime-kuma"], "running");
    const stop = tables["stop-uptime-kuma"];
    expectTable(await runAsShown(api, "Stop Uptime Kuma"), stop, "running");
    expectTable(await look(api, "Stop Uptime Kuma"), stop, "stopped");
  },
);

test.each([["--wrong"], ["--data"], ["deploy"]])("%s is refused with the usage", async (...args) => {
  const refused = await demo(...args);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^demo: .*\n\nUsage: npm run demo/);
});
