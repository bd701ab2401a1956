import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeRelease, type Release } from "./kuma-release.ts";
import { createLab, getBuild, searchPath, type Lab, type RunResult } from "./lab.ts";

// Where nothing was compiled earlier, that comes first.
const compileLimit = 900_000;
const limit = 480_000;

/* Uptime Kuma by its git repository, which the role takes by its address: one of this machine, with a genuine snapshot in it. */

let lab: Lab;
let release: Release;

beforeAll(async () => {
  lab = await createLab();
  release = await makeRelease(await getBuild(), path.join(lab.home, "upstream"));
}, compileLimit);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await release[Symbol.asyncDispose]();
});

const run = (more: { vars?: Record<string, unknown>; check?: boolean; env?: Record<string, string> } = {}) =>
  lab.run("uptime-kuma", {
    ...more,
    env: { npm_config_registry: release.registry, ...more.env },
    vars: {
      kuma_method: "git",
      kuma_repository: release.repository,
      kuma_release: release.release,
      kuma_cache: "~/none",
      ...more.vars,
    },
  });

function expectDone(result: RunResult): void {
  expect(result.code, result.output).toBe(0);
  expect(result.recap).toMatchObject({ failed: 0, unreachable: 0 });
}

const askEntryPage = async (): Promise<unknown> => {
  const answer = await fetch(`http://127.0.0.1:${lab.kumaPort}/api/entry-page`);
  return answer.json();
};

describe("the way that is chosen by itself", () => {
  const auto = (env: Record<string, string> = {}, vars: Record<string, unknown> = {}) =>
    run({ check: true, env, vars: { kuma_method: "auto", ...vars } });

  /** A program of this name that answers as told. It stands for one that is there, for the decision only. */
  async function putProgram(name: string, text: string): Promise<{ PATH: string }> {
    const bin = path.join(lab.home, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return { PATH: `${bin}:${searchPath}` };
  }

  test("is Docker where its server answers, before the release by git", { timeout: limit }, async () => {
    const env = await putProgram("docker", 'case "$1" in version) echo 28.2.2;; *) exit 1;; esac');
    const docker = await auto(env);
    expectDone(docker);
    expect(docker.output).toContain(`Uptime Kuma ${release.release} by docker, kept running by docker`);
    // A client whose server does not answer is no Docker.
    const silent = await auto(await putProgram("docker", "echo Cannot connect >&2; exit 1"));
    expectDone(silent);
    expect(silent.output).toContain(`Uptime Kuma ${release.release} by git, kept running by supervisor`);
    await rm(path.join(lab.home, "bin"), { recursive: true });
  });

  test("is npm's snapshot where the repository does not have the release", { timeout: limit }, async () => {
    const env = await putProgram("docker", "exit 1");
    const other = await auto(env, { kuma_release: "0.0.0-not-there" });
    expectDone(other);
    expect(other.output).toContain("Uptime Kuma 2.0.0-dev.0 by npm");
    await rm(path.join(lab.home, "bin"), { recursive: true });
  });
});

test(
  "a release by git is deployed for real, answers, and stays as it is the second time",
  { timeout: limit },
  async () => {
    // Nothing that was only looked at has left anything.
    expect(await readdir(lab.home)).not.toContain("chiffon-homelab");
    const first = await run();
    expectDone(first);
    expect(first.output).toContain(`Uptime Kuma ${release.release} by git`);
    expect(await askEntryPage()).toMatchObject({ type: "entryPage" });
    const pages = await fetch(`http://127.0.0.1:${lab.kumaPort}/`);
    expect(await pages.text()).toContain("<title>Uptime Kuma</title>");
    // Its packages came by npm, from the lock of the release.
    expect(release.fetched()).toBeGreaterThan(300);
    const installed = path.join(lab.home, "chiffon-homelab/uptime-kuma");
    const settings = JSON.parse(await readFile(path.join(installed, "settings.json"), "utf8")) as object;
    expect(settings).toMatchObject({ method: "git", version: release.release });
    expect(await readdir(path.join(installed, "versions"))).toEqual([release.release]);
    const fetched = release.fetched();

    const second = await run();
    expectDone(second);
    expect(second.recap["changed"], second.output).toBe(0);
    const checked = await run({ check: true });
    expectDone(checked);
    expect(checked.recap["changed"], checked.output).toBe(0);
    expect(release.fetched()).toBe(fetched);
    expect(await askEntryPage()).toMatchObject({ type: "entryPage" });
  },
);

test("what was installed by git is not replaced by another way", { timeout: limit }, async () => {
  const refused = await run({ vars: { kuma_method: "npm" } });
  expect(refused.code, refused.output).toBe(2);
  expect(refused.output).toMatch(/was installed here by git. Say kuma_method=git/);
  expect(refused.recap["changed"]).toBe(0);
});
