import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { PlanPreview } from "../../src/contracts/preview.ts";
import type { RepositoryTrust } from "../../src/contracts/trust.ts";
import { approve, ended, plan, planAnswering, playbook, writeRepository } from "../support/jobs.ts";
import {
  compareWithRun,
  expectTable,
  look,
  onlyStep,
  preview,
  previewed,
  runAsShown,
  tableOf,
  type ExampleTables,
} from "../support/previews.ts";
import {
  chiffon,
  createWorld,
  findFreePort,
  listProcesses,
  password,
  signUp,
  startServer,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";

const root = path.resolve(import.meta.dirname, "../..");
/* By the example's playbook. */
const expected = JSON.parse(
  await readFile(path.join(root, "test/fixtures/previews/homelab.json"), "utf8"),
) as Readonly<Record<string, ExampleTables>>;

/** The example, which never uses the systemd of the machine that the tests run on; gives its folder. */
async function copyExample(world: World): Promise<string> {
  const homelab = path.join(world.dir, "homelab");
  await cp(path.join(root, "examples/homelab"), homelab, { recursive: true });
  const inventory = path.join(homelab, "inventory/hosts.yml");
  const hosts = await readFile(inventory, "utf8");
  const vars = { status_page_port: await findFreePort(), status_page_supervision: "process" };
  const lines = Object.entries(vars).map(([name, value]) => `    ${name}: ${value}\n`);
  await writeFile(inventory, `${hosts.trimEnd()}\n  vars:\n${lines.join("")}`);
  return homelab;
}

const withPassword = { env: { CHIFFON_PASSWORD: password } };

test("[UI-02] the example homelab: a preview in the sandbox, then under trust, before any approval; the run does what it said", async () => {
  await using world = await createWorld();
  const homelab = await copyExample(world);
  await using server = await startServer(world, {
    args: ["--repo", homelab],
    env: { CHIFFON_AUTO_PREVIEW: "on" },
  });
  const api = await signUp(server);
  const first = await plan(api, "Deploy the status page");
  const held = await previewed(api, first.id);
  expect(held).toMatchObject({ held: "sandbox", startedBy: "chiffon" });
  // Where the page goes lies in the home directory, which the sandbox hides.
  const hidden = held.tasks.filter((task) =>
    task.results.some((each) => each.reason?.startsWith("the sandbox hides")),
  );
  expect(hidden.map((task) => task.name).join()).toContain("Look whether systemd runs here");

  const trust = await api.get<RepositoryTrust>("/repositories/homelab/trust");
  const refused = await chiffon(world, ["repo", "trust", "homelab", "--yes", "--hash", "00000000"]);
  expect(refused.code).toBe(1);
  const given = await chiffon(
    world,
    ["repo", "trust", "homelab", "--yes", "--hash", trust.hash.slice(0, 12), "--user", "ada"],
    withPassword,
  );
  expect(`${given.code} ${given.stderr}`).toContain("0 ");
  const shown = await chiffon(world, ["plan", "preview", first.id, "--again", "--json"]);
  const step = onlyStep(JSON.parse(shown.stdout) as PlanPreview);
  expect(step.held).toBe("trust");
  expectTable(step, expected["status-page"], "before");
  expect(await readdir(world.home)).not.toContain("status-page");
  const text = await chiffon(world, ["plan", "show", first.id]);
  expect(text.stdout).toMatch(/Preview:[^]*would change, \d+ would not, \d+ cannot be known/);
  // A supervisor that waits for its first run is no part of the preview.
  const left = (await listProcesses(world)).filter((line) => !line.endsWith("/runs "));
  expect(left.filter((line) => /ansible-playbook|bwrap|supervisor\.py/.test(line))).toEqual([]);

  const run = await ended(api, await approve(api, first));
  try {
    expect(run.state).toBe("succeeded");
    // What was seen before is kept: it can be compared.
    const kept = onlyStep(await api.get<PlanPreview>(`/plans/${first.id}/preview`));
    expect(await compareWithRun(api, kept, run.id)).toBeGreaterThan(10);
    expectTable(await look(api, "Deploy the status page"), expected["status-page"], "after");
    const [stop, remove] = [expected["stop-status-page"], expected["remove-status-page"]];
    expectTable(await look(api, "Remove the status page"), remove, "running");
    expectTable(await runAsShown(api, "Stop the status page"), stop, "running");
    // It begins with the tasks that stop the page: what they find to do is in its table.
    expectTable(await runAsShown(api, "Remove the status page"), remove, "stopped");
  } finally {
    for (const line of await listProcesses(world))
      if (line.includes("status-page/server.py")) process.kill(Number(line.split(" ")[0]), "SIGKILL");
  }
}, 600_000);

/** The example under trust, on a machine where nothing of it was deployed. */
async function startExample(world: World): Promise<{ server: Server; api: Api }> {
  const homelab = await copyExample(world);
  await mkdir(path.join(world.home, "photos"));
  await writeFile(path.join(world.home, "photos/one.txt"), "one\n");
  const server = await startServer(world, { args: ["--repo", homelab] });
  const api = await signUp(server);
  const trust = await api.get<RepositoryTrust>("/repositories/homelab/trust");
  await api.post<RepositoryTrust>("/repositories/homelab/trust", { hash: trust.hash });
  return { server, api };
}

test("[UI-02] the example with nothing deployed: every task of every other playbook has the right class", async () => {
  await using world = await createWorld();
  const { server, api } = await startExample(world);
  await using _ = server;
  const sentences = {
    // With all tasks of the one that only stops it.
    "remove-status-page": "Remove the status page",
    "uptime-kuma": "Deploy Uptime Kuma",
    "uptime-kuma-monitors": "Add our portals to Uptime Kuma",
    "backup-uptime-kuma": "Back up Uptime Kuma",
    "stop-uptime-kuma": "Stop Uptime Kuma",
  };
  for (const [unit, sentence] of Object.entries(sentences)) {
    const shown = await planAnswering(api, sentence);
    expect(shown.steps.map((step) => step.unit.name)).toEqual([unit]);
    expectTable(await preview(api, shown.id), expected[unit], "absent");
  }
  expect((await readdir(world.home)).filter((name) => !name.startsWith("."))).toEqual(["photos"]);
  const backup = "Back up a folder";
  expectTable(await runAsShown(api, backup, "~/photos"), expected["backup-folder"], "before");
  expectTable(await look(api, backup, "~/photos"), expected["backup-folder"], "after");
  // Nothing is another way when it was read.
  expectTable(await runAsShown(api, "Check the hardware"), expected["facts"], "always");
  // Every playbook of the example has its tables, here or where Uptime Kuma runs.
  const playbooks = (await readdir(path.join(world.dir, "homelab/playbooks"))).filter((name) =>
    name.endsWith(".yml"),
  );
  expect(Object.keys(expected).toSorted()).toEqual(
    playbooks.map((name) => path.basename(name, ".yml")).toSorted(),
  );
}, 600_000);

test("[UI-02] over SSH the sandbox has the keys and nothing else of the home directory; what was said to change changes", async () => {
  await using world = await createWorld();
  await using sshd = await startSshd(world);
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "remote.yml": playbook(
      "remote",
      `    - name: Write over there
      ansible.builtin.copy:
        content: "far away\\n"
        dest: ${path.join(world.dir, "far.txt")}
        mode: "0644"
    - name: Ask over there
      ansible.builtin.command: /bin/true
      check_mode: false
`,
    ),
  });
  await writeFile(path.join(world.dir, "far.txt"), "near\n");
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const shown = await planAnswering(api, "Deploy remote");
  const step = await preview(api, shown.id);
  expect(step).toMatchObject({ state: "done", held: "sandbox", reason: null });
  expect(tableOf(step)).toEqual({ "Write over there": "change", "Ask over there": "unknown" });
  expect(step.tasks[0]?.diffs[0]?.text).toContain("-near\n+far away");
  expect(step.tasks[1]?.unchecked).toBe(true);
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("near\n");
  const run = await ended(api, await approve(api, shown));
  expect(run.state).toBe("succeeded");
  expect(await compareWithRun(api, step, run.id)).toBe(1);
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("far away\n");
}, 300_000);
