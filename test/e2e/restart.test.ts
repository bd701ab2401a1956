import { readdir, readFile, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import type { Request } from "../../src/contracts/request.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  findSupervisor,
  listProcesses,
  signIn,
  signUp,
  startServer,
  waitUntil,
  type World,
} from "../support/server.ts";

/** A stand-in by that name: it only says that it was called, and waits to be cut off. */
async function writeReboot(world: World): Promise<string> {
  const tool = path.join(world.dir, "reboot");
  await writeFile(tool, `#!/bin/sh\necho called >> ${world.dir}/called\nexec sleep 300\n`, { mode: 0o755 });
  return tool;
}

/** As if this machine had started anew since the run directory was claimed. */
async function startAnew(world: World): Promise<void> {
  const files = await readdir(world.data, { recursive: true });
  const identities = files.filter((file) => path.basename(file) === "supervisor.json");
  expect(identities).toHaveLength(1);
  for (const file of identities) {
    const at = path.join(world.data, file);
    const identity = JSON.parse(await readFile(at, "utf8")) as Record<string, unknown>;
    await writeFile(at, JSON.stringify({ ...identity, bootId: randomUUID() }));
  }
}

test("a run that restarts Chiffon's own machine is the last step of a plan, and has succeeded when that machine is back", async () => {
  await using world = await createWorld();
  const tool = await writeReboot(world);
  const repository = await writeRepository(world, {
    "kernel.yml": playbook("kernel", `    - ansible.builtin.command: ${tool}\n      changed_when: true\n`),
    "wiki.yml": playbook("wiki", "    - ansible.builtin.ping:\n"),
  });
  let server = await startServer(world, { args: ["--repo", repository] });
  try {
    let api = await signUp(server);
    const refused = await api.post<Request>("/requests", { text: "Deploy kernel and then deploy wiki" });
    expect(refused.status).toBe("failed");
    expect(refused.problem?.message).toBe(
      "step 1 restarts the machine that Chiffon itself runs on (kernel.yml:6), which would cut off step 2",
    );

    const runId = await approve(api, await plan(api, "Deploy wiki and then deploy kernel"));
    await waitUntil(() => readFile(path.join(world.dir, "called"), "utf8").catch(() => undefined), 60_000);
    const supervisor = Number(await findSupervisor(world));
    await server.kill();
    process.kill(supervisor, "SIGKILL");
    await startAnew(world);

    server = await startServer(world, { args: ["--repo", repository] });
    api = await signIn(server);
    const run = await ended(api, runId);
    expect(run.state).toBe("succeeded");
    expect(run.tasks.map((task) => task.reason)).toEqual([null, "the machine restarted, as it was meant to"]);
    expect(await readFile(path.join(world.dir, "called"), "utf8")).toBe("called\n");
  } finally {
    await server[Symbol.asyncDispose]();
    await waitUntil(async () => (await listProcesses(world)).length === 0, 20_000);
  }
}, 240_000);
