import { access, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInstalled, signIn } from "./kuma-client.ts";
import {
  buildOnce,
  createLab,
  kumaCache,
  listServers,
  startPortals,
  type Lab,
  type Portal,
  type Portals,
  type RunResult,
} from "./lab.ts";

// Compiling takes a minute or more, once; every other deployment takes seconds.
const compileLimit = 900_000;
const limit = 480_000;
const password = "correct-horse-7-battery";

function expectDone(result: RunResult): void {
  expect(result.code, result.output).toBe(0);
  expect(result.recap).toMatchObject({ failed: 0, unreachable: 0 });
  expect(result.output).not.toContain(password);
}

function expectRefused(result: RunResult, reason: RegExp): void {
  expect(result.code, result.output).toBe(2);
  expect(result.output).toMatch(reason);
  expect(result.recap["changed"]).toBe(0);
}

/** Servers themselves, without the supervisord that keeps them running. */
async function listKumas(home: string): Promise<number[]> {
  const pids = await listServers(home);
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => commands[index]?.includes("server/server.js") === true);
}

async function askEntryPage(lab: Lab): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${lab.kumaPort}/api/entry-page`).catch(() => undefined);
  return answer?.ok === true ? answer.json() : undefined;
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
}

describe("Uptime Kuma of the example", () => {
  let lab: Lab;
  let web: Portals;
  let portals: Portal[];

  beforeAll(async () => {
    lab = await createLab();
    web = await startPortals(["Portal one", "Portal two", "Portal three"]);
    ({ portals } = web);
  });

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    await web[Symbol.asyncDispose]();
  });

  const monitors = (more: Record<string, unknown> = {}): Promise<RunResult> =>
    lab.run("uptime-kuma-monitors", {
      vars: { kuma_portals: portals, kuma_admin_password: password, ...more },
    });

  test("can be checked on a fresh machine, which stays as it is", { timeout: limit }, async () => {
    const checked = await lab.run("uptime-kuma", { check: true });
    expectDone(checked);
    expect(checked.output).toContain("Uptime Kuma 2.0.0-dev.0 by npm, kept running by supervisor");
    expect(await readdir(lab.home)).toEqual([".ansible"]);
    expectRefused(await monitors(), /There is no Uptime Kuma in .*Run the playbook uptime-kuma first/);
  });

  test(
    "[E2E-03] is deployed for real, answers, and stays as it is the second time",
    { timeout: compileLimit },
    async () => {
      const first = await buildOnce(() => lab.run("uptime-kuma", { env: { CHIFFON_ATTEMPT: "attempt-1" } }));
      expectDone(first);
      expect(await askEntryPage(lab)).toMatchObject({ type: "entryPage" });
      const [pid = 0] = await listKumas(lab.home);
      // What marks the processes of an attempt must not reach the service: it would be swept away with them.
      expect(await readFile(`/proc/${pid}/environ`, "utf8")).not.toMatch(/CHIFFON/);
      await access(kumaCache);

      const second = await lab.run("uptime-kuma");
      expectDone(second);
      expect(second.recap["changed"], second.output).toBe(0);
      expect(await listKumas(lab.home)).toEqual([pid]);
    },
  );

  test("is started again when it ends", { timeout: limit }, async () => {
    const [pid = 0] = await listKumas(lab.home);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => listKumas(lab.home), { timeout: 60_000 }).not.toContain(pid);
    await expect.poll(() => askEntryPage(lab), { timeout: 60_000 }).toMatchObject({ type: "entryPage" });
  });

  test("says that its API refuses a password that is too weak", { timeout: limit }, async () => {
    const refused = await monitors({ kuma_admin_password: "a" });
    expectRefused(refused, /refused to make the administrator .*too weak/);
  });

  test(
    "[E2E-03] watches the portals of the list: added once, changed when one is edited, removed when one is gone",
    { timeout: limit },
    async () => {
      const hand = { name: "By hand", url: `${portals[0]?.url ?? ""}/hand` };
      const added = await monitors({ kuma_portals: [...portals, hand] });
      expectDone(added);
      expect(added.recap["changed"]).toBe(1);
      const installed = await readInstalled(lab.home);
      using kuma = await signIn(installed, password);
      const listed = await kuma.listMonitors();
      expect(listed).toMatchObject([...portals, hand]);
      await Promise.all(listed.map(({ id }) => kuma.waitUntilUp(id)));

      // Without the playbook's mark it is a monitor that somebody made by hand: theirs.
      await kuma.order("editMonitor", { ...listed.at(-1), description: null });
      const again = await monitors();
      expectDone(again);
      expect(again.recap["changed"]).toBe(0);

      const edited = portals.map((portal) => ({ ...portal, url: portal.url.replace("/two", "/2") }));
      const changed = await monitors({ kuma_portals: edited.slice(1) });
      expectDone(changed);
      expect(changed.recap["changed"]).toBe(1);
      expect(changed.output).toMatch(/"changed": \[\s+"Portal two"\s+\]/);
      expect(changed.output).toMatch(/"removed": \[\s+"Portal one"\s+\]/);
      using later = await signIn(installed, password);
      expect((await later.listMonitors()).map(({ name, url }) => [name, new URL(url).pathname])).toEqual([
        ["Portal two", "/2"],
        ["Portal three", "/three"],
        ["By hand", "/one/hand"],
      ]);
      expectDone(await monitors({ kuma_remove_extra: true }));
      using last = await signIn(installed, password);
      expect((await last.listMonitors()).map(({ name }) => name).toSorted()).toEqual([
        "Portal one",
        "Portal three",
        "Portal two",
      ]);
    },
  );

  test("is not touched with a wrong password or a broken portal", { timeout: limit }, async () => {
    expectRefused(
      await monitors({ kuma_admin_password: "not-this-one-8" }),
      /refuses the password for .*admin.*Nothing was changed/,
    );
    const broken = [...portals, { name: "Router", url: "htp:/router" }];
    const twice = [...portals, ...portals.slice(0, 1)];
    const refusals: [Portal[], RegExp][] = [
      [broken, /portal .*Router.* has a broken address/],
      [twice, /Two portals are named .*Portal one/],
      [[], /list of portals is empty/],
    ];
    const check = async ([list, reason]: [Portal[], RegExp]) =>
      expectRefused(await monitors({ kuma_portals: list }), reason);
    await Promise.all(refusals.map(check));
  });

  test("is backed up while it runs, and stopped", { timeout: limit }, async () => {
    expectDone(await lab.run("backup-uptime-kuma"));
    const folder = path.join(lab.home, "chiffon-homelab/backups");
    const [archive = ""] = await readdir(folder);
    const restored = path.join(lab.home, "restored");
    await mkdir(restored);
    await lab.unpack(path.join(folder, archive), restored);
    expect(await readdir(path.join(restored, "uptime-kuma"))).toContain("kuma.db");

    const stopped = await lab.run("stop-uptime-kuma");
    expectDone(stopped);
    expect(stopped.recap["changed"]).toBe(1);
    expect(await listServers(lab.home)).toEqual([]);
    expectRefused(await monitors(), /does not answer at .*Is it running\?/);
  });
});

test("Uptime Kuma is not deployed where its port is taken", { timeout: limit }, async () => {
  await using lab = await createLab();
  const other = createServer((_, answer) => answer.end('{"type": "entryPage"}'));
  await listen(other, lab.kumaPort);
  const refused = await lab.run("uptime-kuma");
  await new Promise((resolve) => other.close(resolve));
  expectRefused(refused, /The port is taken: process \d+ .* listens on 127\.0\.0\.1 port \d+/);
  expect(await readdir(lab.home)).toEqual([".ansible"]);
});

test(
  "Uptime Kuma is not deployed where there is neither a compiler nor Docker",
  { timeout: limit },
  async () => {
    await using lab = await createLab();
    const programs = path.join(lab.home, "bin");
    await mkdir(programs);
    for (const name of ["ansible-playbook", "python3"])
      await symlink(path.join("/usr/bin", name), path.join(programs, name));
    await symlink(process.execPath, path.join(programs, "node"));
    const refused = await lab.run("uptime-kuma", {
      env: { PATH: programs },
      vars: { kuma_cache: "~/cache", kuma_method: "auto" },
    });
    expectRefused(refused, /npm, a C compiler, a C\+\+ compiler, make are missing, and there is no Docker/);
    expect(refused.output).toContain("apt-get install nodejs npm build-essential python3");
    expect((await readdir(lab.home)).toSorted()).toEqual([".ansible", "bin"]);
  },
);
