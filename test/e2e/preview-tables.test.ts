import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { approve, ended, plan } from "../support/jobs.ts";
import { compareWithRun, preview, tableOf, type ExpectedPreview } from "../support/previews.ts";
import {
  createWorld,
  listProcesses,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { openPlace } from "../support/open-place.ts";

/*
 * Three repositories on this machine, each with the whole table of what a preview has to say of them: on a fresh machine, and after the
 * run. `change`, `same` or `unknown` for all hosts or by host.
 */

const root = path.resolve(import.meta.dirname, "../..");
const fixtures = path.join(root, "test/fixtures/previews");
const names = ["papers", "errands", "garden"] as const;

let world: World;
let server: Server;
let api: Api;

beforeAll(async () => {
  world = await createWorld(path.join(openPlace(), ".chiffon-e2e-"));
  for (const name of names) {
    await cp(path.join(fixtures, name, "repository"), path.join(world.dir, name), { recursive: true });
    const target = path.join(world.dir, `${name}-target`);
    await cp(path.join(fixtures, name, "before"), target, { recursive: true });
    const variables = path.join(world.dir, name, "inventory/group_vars");
    await mkdir(variables);
    await writeFile(path.join(variables, "all.yml"), `target: ${target}\n`);
  }
  server = await startServer(world, {
    args: names.flatMap((name) => ["--repo", path.join(world.dir, name)]),
  });
  api = await signUp(server);
}, 180_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  await world[Symbol.asyncDispose]();
});

test.each(names)(
  "[UI-02] a preview of the fixture %s has the right class for every task and host, before the run and after it",
  async (name) => {
    const text = await readFile(path.join(fixtures, name, "expected.json"), "utf8");
    const expected = JSON.parse(text) as ExpectedPreview;
    const shown = await plan(api, `Deploy ${name}`);
    const fresh = await preview(api, shown.id);
    expect([fresh.state, fresh.held]).toEqual([expected.state, "sandbox"]);
    expect(tableOf(fresh)).toEqual(expected.fresh);
    const run = await ended(api, await approve(api, shown), 300_000);
    expect(run.state).toBe("succeeded");
    expect(await compareWithRun(api, fresh, run.id)).toBeGreaterThan(10);
    const again = await preview(api, (await plan(api, `Deploy ${name}`)).id);
    expect(again.state).toBe(expected.state);
    expect(tableOf(again)).toEqual(expected.again);
  },
  600_000,
);
