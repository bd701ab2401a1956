import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runInventory, type InventoryRun } from "./inventory-run.ts";
import { sweepAttempt } from "./processes.ts";
import { getTools } from "./testing/lab.ts";

const timeout = 120_000;

/** A run of these programs, without a sandbox; `script` is the inventory. */
async function prepare(text: string, changes: Partial<InventoryRun> = {}): Promise<InventoryRun> {
  const folder = await mkdtemp(join(tmpdir(), "chiffon-inventory-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [treeDir, runDir] = [join(folder, "tree"), join(folder, "run")];
  await mkdir(join(treeDir, "inventory"), { recursive: true });
  await mkdir(join(runDir, "tmp"), { recursive: true });
  await writeFile(join(treeDir, "inventory/list"), text, { mode: 0o755 });
  const programs = [{ path: "inventory/list", by: "script" as const }];
  const place = { id: randomUUID(), treeDir, runDir, project: ".", path: "inventory/list", programs };
  return { ...place, tools: await getTools(), sandbox: undefined, ...changes };
}

test(
  "an inventory script gets an environment of our own and its answer comes as YAML",
  async () => {
    process.env["CHIFFON_TEST_TOKEN"] = "s3cret";
    onTestFinished(() => void delete process.env["CHIFFON_TEST_TOKEN"]);
    const printed = await runInventory(
      await prepare(
        '#!/bin/sh\nprintf \'{"web":{"hosts":["w1"],"vars":{"port":80.0}},"_meta":{"hostvars":{"w1":{"names":"%s"}}}}\' "$(env | cut -d= -f1 | tr "\\n" " ")"\n',
      ),
    );
    expect(printed).toContain("port: 80.0");
    expect(printed).toContain("CHIFFON_ATTEMPT");
    expect(printed).not.toContain("CHIFFON_TEST_TOKEN");
  },
  timeout,
);

test(
  "a script that fails is never read as a list of hosts, and what it says is told",
  async () => {
    await expect(runInventory(await prepare("#!/bin/sh\nfalse\n"))).rejects.toMatchObject({
      message: expect.stringMatching(/inventory\/list cannot be used: .*had an execution error/),
    });
    await expect(
      runInventory(await prepare("#!/bin/sh\necho no such account >&2\nexit 4\n")),
    ).rejects.toMatchObject({ message: expect.stringContaining("no such account") });
    await expect(runInventory(await prepare("#!/bin/sh\necho '[1, 2]'\n"))).rejects.toMatchObject({
      message: expect.stringContaining("needs to be a json dict"),
      code: "bad-input",
    });
  },
  timeout,
);

test(
  "in a folder a script that fails is a failure, also when other files there can be read",
  async () => {
    const run = await prepare("#!/bin/sh\nexit 1\n", { path: "inventory" });
    await writeFile(join(run.treeDir, "inventory/hosts"), "web1\n");
    await expect(runInventory(run)).rejects.toMatchObject({
      message: expect.stringMatching(/dynamic inventory inventory cannot be used/),
    });
  },
  timeout,
);

test(
  "a script that does not end, or prints without end, is ended with all that it started",
  async () => {
    const slow = await prepare("#!/bin/sh\nsetsid sleep 1000 &\nsleep 1000\n", {
      limits: { ms: 3_000, bytes: 1_000 },
    });
    await expect(runInventory(slow)).rejects.toMatchObject({
      message: expect.stringContaining("did not answer within 3 s"),
    });
    expect(await sweepAttempt(slow.id)).toEqual({ killed: 0, alive: 0 });
    const loud = await prepare(
      '#!/usr/bin/python3\nimport json\nprint(json.dumps({"web": {"hosts": ["w%d" % i for i in range(20000)]}, "_meta": {"hostvars": {}}}))\n',
      { limits: { ms: 60_000, bytes: 10_240 } },
    );
    await expect(runInventory(loud)).rejects.toMatchObject({
      message: expect.stringContaining("prints more than 10 KiB"),
    });
    expect(await sweepAttempt(loud.id)).toEqual({ killed: 0, alive: 0 });
    const endless = await prepare("#!/bin/sh\nexec cat /dev/zero\n");
    await expect(runInventory(endless)).rejects.toMatchObject({
      message: expect.stringContaining("prints more than fits into 1024 MiB"),
    });
    expect(await sweepAttempt(endless.id)).toEqual({ killed: 0, alive: 0 });
  },
  timeout,
);
