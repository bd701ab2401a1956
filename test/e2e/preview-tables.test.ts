import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlanPreview } from "../../src/contracts/preview.ts";
import { approve, ended, plan } from "../support/jobs.ts";
import { compareWithRun, previewed, tableOf } from "../support/previews.ts";
import { createWorld, signUp, startServer, type Api, type Server, type World } from "../support/server.ts";

const root = path.resolve(import.meta.dirname, "../..");
const fixtures = path.join(root, "test/fixtures/previews");
const names = ["papers", "errands", "garden"] as const;

let world: World;
let server: Server;
let api: Api;

beforeAll(async () => {
  world = await createWorld(path.join(root, "node_modules"));
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
  await world[Symbol.asyncDispose]();
});

test.each(names)(
  "%s",
  async (name) => {
    const shown = await plan(api, `Deploy ${name}`);
    await api.post<PlanPreview>(`/plans/${shown.id}/preview`, {});
    const fresh = await previewed(api, shown.id);
    const run = await ended(api, await approve(api, shown));
    const again = await plan(api, `Deploy ${name}`);
    await api.post<PlanPreview>(`/plans/${again.id}/preview`, {});
    const second = await previewed(api, again.id);
    const tables = [tableOf(fresh), tableOf(second)];
    const all = [...new Set(tables.flatMap((each) => Object.keys(each)))];
    console.log(name, fresh.state, fresh.reason, run.state, run.reason, second.state, fresh.held);
    for (const task of all)
      console.log(
        task,
        "|",
        JSON.stringify(tables[0]?.[task] ?? null),
        "|",
        JSON.stringify(tables[1]?.[task] ?? null),
      );
    for (const t of [...fresh.tasks, ...second.tasks])
      for (const r of t.results) if (r.reason) console.log("   ", t.name, r.class, r.hosts.join(), r.reason);
    console.log(await compareWithRun(api, fresh, run.id));
    expect(run.state).toBe("succeeded");
  },
  300_000,
);
