import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { findSandbox, sandboxed } from "../../ansible/process/sandbox.ts";
import type { Request } from "../../contracts/request.ts";
import { listPlaybooks, getUnit } from "../playbooks.ts";
import { listRepositories } from "../repositories/view.ts";
import { createRequest } from "../request/create.ts";
import { caller } from "../request/testing.ts";
import { getTrust, trustRepository } from "../trust/trust.ts";
import { openPlace } from "../../../test/support/open-place.ts";
import { createHostile, type Hostile } from "./testing-hostile.ts";
import { createPreviewWorld, type PreviewWorld } from "./testing.ts";

const run = promisify(execFile);
const never = new AbortController().signal;

/** What was tried and found, not what was expected. */
const seen = { ways: new Set<string>(), bare: new Set<string>(), stages: new Set<string>(), marks: 0 };

afterAll(() => {
  const { ways, bare, stages, marks } = seen;
  process.stdout.write(
    `[hostile repository] ${ways.size} ways to run something (${bare.size} of them do so with Ansible and git alone), after ${[...stages].join(", ")}: ${marks} marks\n`,
  );
});

/** Looks for marks, and counts. */
async function expectNoMark({ marks, ways }: Hostile, stage: string): Promise<void> {
  const found = await readdir(marks);
  seen.stages.add(stage);
  for (const way of ways) seen.ways.add(way);
  seen.marks += found.length;
  expect(found, stage).toEqual([]);
}

/** Makes the folder a repository of git's, with settings and hooks that run something. */
async function makeGit(root: string, { gitConfig, gitHook }: Hostile): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: path.dirname(root), GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]) =>
    run("git", ["-C", root, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", ...args], { env });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "-A");
  await git("commit", "--quiet", "-m", "all of it");
  await writeFile(path.join(root, ".git/config"), gitConfig, { flag: "a" });
  await mkdir(path.join(root, ".git/hooks"), { recursive: true });
  for (const hook of ["post-checkout", "post-merge", "pre-auto-gc", "reference-transaction", "upload-pack"])
    await writeFile(path.join(root, ".git/hooks", hook), gitHook, { mode: 0o755 });
  return `file://${root}`;
}

/** The playbooks that a sentence finds; each runs something in other places. */
const asked = ["evil", "dynamic", "importing", "including", "nesting", "tagged"];

/** What people and their clients ask before there is any plan. */
async function lookAround(world: PreviewWorld, hostile: Hostile): Promise<void> {
  const read = await world.catalogues.read();
  await expectNoMark(hostile, "catalogue");
  const catalogues = read.map((each) => each.catalogue);
  const { items } = listPlaybooks(catalogues, { limit: 50 });
  for (const name of asked) {
    expect(items.map((unit) => unit.name)).toContain(name);
    expect(getUnit(catalogues, `homelab:${name}.yml`).services).toEqual([name]);
  }
  await expectNoMark(hostile, "list");
  const [view] = await listRepositories({ ...world.core, ...world });
  expect(view).toMatchObject({ name: "homelab", trust: { state: "none" } });
  await expectNoMark(hostile, "repo list");
}

/** Adds the same folder once more, as a clone, reads it, and takes it away again. */
async function addAsClone(world: PreviewWorld, hostile: Hostile): Promise<void> {
  const url = await makeGit(world.root, hostile);
  const name = await world.repositories.add(caller, { url }, never);
  const read = await world.catalogues.read();
  const clone = read.find((each) => each.repository.name === name);
  expect(clone?.catalogue.units.map((unit) => unit.name)).toEqual(expect.arrayContaining(asked));
  await world.repositories.pull(caller, name, never);
  await world.repositories.remove(caller, name);
  await expectNoMark(hostile, "repo add, pull and remove of a clone");
}

test("of a hostile repository nothing runs by adding, listing, matching, planning, or a preview without trust; with trust the preview runs", async () => {
  await using hostile = await createHostile(openPlace());
  await using world = await createPreviewWorld(hostile.files);
  await expectNoMark(hostile, "repo add");
  await lookAround(world, hostile);
  await addAsClone(world, hostile);
  const plans = new Map<string, string>();
  for (const name of asked) {
    const body = { text: `deploy ${name}`, priority: 3, highValue: false } as const;
    const request: Request = await createRequest(world.deps, caller, body);
    expect(request.intents.map((intent) => intent.candidates[0]?.name)).toEqual([name]);
    expect([name, request.status]).toEqual([name, "planned"]);
    plans.set(name, request.planId ?? "");
    await expectNoMark(hostile, "match and plan");
  }
  await world.previews.tend(true);
  await world.previews.settled();
  for (const planId of plans.values())
    expect((await world.look(planId)).steps).toMatchObject([{ state: "unavailable", held: null }]);
  await expectNoMark(hostile, "preview without trust");

  const { files } = hostile;
  const trust = await getTrust(world.deps, "homelab");
  const listed = new Set(trust.files.map((file) => file.path));
  // Nothing that Ansible or git would run by itself: YAML's tags of Python are refused by Ansible, too.
  const harmless = ["hosts.ini", "vault.sh", "plain.yml", "nesting.yml", "tagged.yml"];
  const expected = Object.keys(files).filter(
    (file) => !harmless.includes(file) && !/^(?:roles\/)?x\b/.test(file),
  );
  for (const file of expected) expect(listed, file).toContain(file);
  await expectNoMark(hostile, "trust page");
  await trustRepository(world.deps, caller, { name: "homelab", hash: trust.hash });
  const trusted = await world.look(plans.get("evil") ?? "");
  expect(trusted.steps[0]?.state).toMatch(/done|stopped/);
  expect(trusted.steps[0]?.held).toBe("trust");
  expect(await readdir(hostile.marks)).toContain("filter");
}, 300_000);

test("in the sandbox a list and a lint of a hostile repository leave nothing and have no network; without it they do", async () => {
  await using hostile = await createHostile(openPlace());
  await using world = await createPreviewWorld(hostile.files);
  const tools = await world.deps.tools();
  const { lint, inventory } = tools ?? {};
  const found = await findSandbox({ search: (process.env["PATH"] ?? "").split(":") });
  if (found.kind !== "works" || tools === undefined || !lint || !inventory)
    throw new Error("tools are missing");
  // The whole of it: a snapshot has only what belongs to one playbook.
  const treeDir = world.root;
  const configuration = path.join(world.root, "..", "ours.cfg");
  await writeFile(configuration, "[defaults]\nhost_key_checking = True\n");
  const env = { PATH: tools.searchPath, HOME: tools.home, LANG: "C.UTF-8", ANSIBLE_CONFIG: configuration };
  const sandbox = {
    program: found.program,
    sees: "tools" as const,
    network: false,
    dataDir: world.deps.dataDir,
    readable: [configuration],
  };
  const held = (argv: readonly string[]): string[] =>
    sandboxed(sandbox, argv, { cwd: treeDir, tools, readOnly: [treeDir], writable: [] });
  const start = async ([program = "", ...rest]: readonly string[], wanted = env): Promise<string> =>
    await run(program, rest, { env: wanted, cwd: treeDir }).then(
      (done) => done.stdout,
      (error: { stdout?: string }) => error.stdout ?? "",
    );
  const playbooks = asked.map((name) => `${name}.yml`);
  const commands = [
    ...playbooks.map((name) => [tools.playbook, "-i", "hosts.ini", "--list-tasks", "--list-hosts", name]),
    [tools.playbook, "-i", "hosts.sh", "--syntax-check", "evil.yml"],
    [lint, "--offline", "-q", ...playbooks],
    [inventory, "-i", "hosts.sh", "--list"],
  ];
  const plain = [tools.playbook, "-i", "hosts.ini", "--list-tasks", "plain.yml"];
  expect(await start(held(plain))).toContain("only this");
  for (const command of commands) await start(held(command));
  await expectNoMark(hostile, "list and lint in the sandbox");
  const network = ["python3", "-c", "import socket; print(len(socket.if_nameindex()))"];
  expect((await start(held(network))).trim()).toBe("1");

  // The same without it, and what an unwary person would start besides: the traps do work.
  await makeGit(world.root, hostile);
  const own = { ...env, ANSIBLE_CONFIG: path.join(world.root, "ansible.cfg") };
  for (const command of commands) await start(command);
  for (const name of ["evil.yml", "including.yml"])
    await start([tools.playbook, "-i", "hosts.ini", "--check", name], own);
  await start(["git", "status"]);
  await start(["git", "checkout", "-q", "-b", "other"]);
  for (const way of await readdir(hostile.marks)) seen.bare.add(way);
  for (const way of ["hosts", "import-playbook", "vars", "play-name", "filter", "git-fsmonitor"])
    expect(seen.bare, way).toContain(way);
}, 600_000);
