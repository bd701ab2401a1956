import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLab, listServers, type Lab, type RunResult } from "./lab.ts";

// Against a hang only: each run of a playbook takes seconds on a machine that has nothing else to do.
const limit = 480_000;

function expectDone(result: RunResult): void {
  expect(result.code, result.output).toBe(0);
  expect(result.recap).toMatchObject({ failed: 0, unreachable: 0 });
}

async function readHealth(url: string): Promise<{ pid: number }> {
  return (await (await fetch(`${url}/health`)).json()) as { pid: number };
}

describe("status page of the example", () => {
  // A folder of its own, with a slash too much.
  const place = { status_page_dir: "~/clean/" };
  let lab: Lab;

  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const deploy = (vars: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<RunResult> =>
    lab.run("status-page", { vars: { ...place, ...vars }, env });

  test(
    "answers after the first run, changes nothing at the second, restarts once for a new setting, starts again after a kill",
    { timeout: limit },
    async () => {
      const first = await deploy({}, { CHIFFON_ATTEMPT: "attempt-1" });
      expectDone(first);
      expect(first.recap["changed"]).toBeGreaterThan(0);
      const page = await (await fetch(lab.url)).text();
      expect(page).toContain("<h1>Homelab</h1>");
      const { pid } = await readHealth(lab.url);
      expect(await listServers(lab.home)).toEqual([pid]);
      // What marks the processes of an attempt must not reach the service: it would be swept away with them.
      expect(await readFile(`/proc/${pid}/environ`, "utf8")).not.toMatch(/CHIFFON|HOME/);

      const second = await deploy();
      expectDone(second);
      expect(second.recap["changed"]).toBe(0);
      expect((await readHealth(lab.url)).pid).toBe(pid);

      const renamed = await deploy({ status_page_title: "<Attic>" });
      expectDone(renamed);
      expect(renamed.recap["changed"]).toBe(1);
      expect(await (await fetch(lab.url)).text()).toContain("<h1>&lt;Attic&gt;</h1>");
      expect((await readHealth(lab.url)).pid).toBe(pid);

      const settings = { status_page_title: "<Attic>", status_page_bind: "0.0.0.0" };
      const moved = await deploy(settings);
      expectDone(moved);
      expect(moved.recap["changed"]).toBe(2);
      const restarted = (await readHealth(lab.url)).pid;
      expect(restarted).not.toBe(pid);
      expect(await listServers(lab.home)).toEqual([restarted]);

      process.kill(restarted, "SIGKILL");
      await expect.poll(() => listServers(lab.home)).toEqual([]);
      const again = await deploy(settings);
      expectDone(again);
      expect(again.recap["changed"]).toBe(1);
      expect((await readHealth(lab.url)).pid).not.toBe(restarted);
    },
  );

  test("is stopped and removed, whole or without what belongs to others", { timeout: limit }, async () => {
    const folder = path.join(lab.home, "clean");
    const run = (playbook: string): Promise<RunResult> => lab.run(playbook, { vars: place });
    expect(await listServers(lab.home)).toHaveLength(1);
    await writeFile(path.join(folder, "mine.txt"), "mine");
    const removed = await run("remove-status-page");
    expectDone(removed);
    expect(removed.recap["changed"]).toBe(2);
    expect(await readdir(folder)).toEqual(["mine.txt"]);
    expect(await listServers(lab.home)).toEqual([]);

    await rm(path.join(folder, "mine.txt"));
    expectDone(await deploy());
    expectDone(await run("stop-status-page"));
    expect(await listServers(lab.home)).toEqual([]);
    expectDone(await run("remove-status-page"));
    expect(await readdir(lab.home)).not.toContain("clean");
    const again = await run("remove-status-page");
    expectDone(again);
    expect(again.recap["changed"]).toBe(0);
  });

  test(
    "says why it does not start when the port is taken, and leaves no process",
    { timeout: limit },
    async () => {
      await using taken = await createLab();
      const other = createServer((_, answer) => answer.end('{"service": "status-page"}'));
      await new Promise<void>((resolve) => other.listen(taken.port, "127.0.0.1", resolve));
      const failed = await taken.run("status-page");
      await new Promise((resolve) => other.close(resolve));
      expect(failed.code).toBe(2);
      expect(failed.output).toMatch(/cannot listen on 127\.0\.0\.1 port \d+: Address already in use/);
      expect(await listServers(taken.home)).toEqual([]);
    },
  );

  test.each(["~", "relative/path"])("is not deployed into %j", { timeout: limit }, async (folder) => {
    const refused = await deploy({ status_page_dir: folder });
    expect(refused.code).toBe(2);
    expect(refused.output).toContain("must be a folder of its own");
  });
});

describe("backups of the example", () => {
  const source = { backup_source: { __ansible_unsafe: "~/data" } };

  test(
    "are made when something changed, can be unpacked, and only the newest stay",
    { timeout: limit },
    async () => {
      await using lab = await createLab();
      const folder = path.join(lab.home, "data");
      const backups = path.join(lab.home, "chiffon-homelab/backups");
      await mkdir(path.join(folder, "sub dir"), { recursive: true });
      await writeFile(path.join(folder, "sub dir/ä.txt"), "one");
      await symlink("sub dir/ä.txt", path.join(folder, "link"));
      const first = await lab.run("backup-folder", { vars: source });
      expectDone(first);
      expect(first.recap["changed"]).toBe(2);
      const second = await lab.run("backup-folder", { vars: source });
      expectDone(second);
      expect(second.recap["changed"]).toBe(0);
      expect(await readdir(backups)).toHaveLength(1);
      expect((await stat(backups)).mode & 0o777).toBe(0o700);

      await appendFile(path.join(folder, "sub dir/ä.txt"), " more");
      await writeFile(
        path.join(backups, (await readdir(backups))[0]?.replace("data", ".part-data") ?? ""),
        "left over",
      );
      expectDone(await lab.run("backup-folder", { vars: source }));
      expect(await readdir(backups)).toHaveLength(2);

      // Back to the first content: the newest archive must hold it, not only an older one.
      await writeFile(path.join(folder, "sub dir/ä.txt"), "one");
      expectDone(await lab.run("backup-folder", { vars: { ...source, backup_keep: 2 } }));
      const left = (await readdir(backups)).toSorted();
      expect(left).toHaveLength(2);
      const restored = path.join(lab.home, "restored");
      await mkdir(restored);
      await lab.unpack(path.join(backups, left[1] ?? ""), restored);
      expect(await readFile(path.join(restored, "data/link"), "utf8")).toBe("one");
    },
  );

  test.each([
    ["nothing", {}],
    ["a folder that does not exist", { backup_source: "~/nowhere" }],
    ["a folder that holds the backups", { backup_source: "~", backup_dir: "~/backups" }],
  ])("are refused for %s", { timeout: limit }, async (_, vars) => {
    await using lab = await createLab();
    const refused = await lab.run("backup-folder", { vars });
    expect(refused.code).toBe(2);
    expect(refused.recap["changed"]).toBe(0);
    expect(await readdir(lab.home)).toEqual([".ansible"]);
  });
});

test("the facts of the example are read without a change", { timeout: limit }, async () => {
  await using lab = await createLab();
  const result = await lab.run("facts");
  expectDone(result);
  expect(result.recap["changed"]).toBe(0);
  expect(result.output).toMatch(/Memory: [1-9][\d.]* GB/);
});

test("the example passes ansible-lint's strictest profile", { timeout: limit }, async () => {
  await using lab = await createLab();
  await lab.lint();
});
