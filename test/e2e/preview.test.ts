import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { PlanPreview, PreviewTask, StepPreview } from "../../src/contracts/preview.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { HostResult } from "../../src/contracts/run.ts";
import type { RepositoryTrust } from "../../src/contracts/trust.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  listProcesses,
  password,
  signUp,
  startServer,
  waitUntil,
  type Api,
} from "../support/server.ts";
import { startSshd } from "../support/sshd.ts";

const withPassword = { env: { CHIFFON_PASSWORD: password } };

function only(preview: PlanPreview): StepPreview {
  const [step] = preview.steps;
  if (step === undefined) throw new Error("no step");
  return step;
}

const classOf = (task: PreviewTask): string =>
  [...new Set(task.results.map((result) => result.class))].join("+");

async function previewed(api: Api, planId: string): Promise<StepPreview> {
  return await waitUntil(async () => {
    const step = only(await api.get<PlanPreview>(`/plans/${planId}/preview`));
    return step.state !== "running" && step.state !== "none" && step;
  }, 180_000);
}

/** What was said to change did, what was said to stay did not. Gives how many tasks were compared. */
async function compareWithRun(api: Api, step: StepPreview, runId: string): Promise<number> {
  const cells = await api.get<HostResult[]>(`/runs/${runId}/hosts`);
  let compared = 0;
  for (const task of step.tasks) {
    const done = cells.filter((cell) => cell.source === task.source).map((cell) => cell.status);
    if (done.length === 0 || classOf(task) === "unknown") continue;
    compared += 1;
    expect([task.name, done.includes("changed")]).toEqual([task.name, classOf(task) === "change"]);
  }
  return compared;
}

test("[UI-02] the example homelab: a preview in the sandbox, then under trust, before any approval; the run does what it said", async () => {
  await using world = await createWorld();
  await using server = await startServer(world, { args: ["--demo"], env: { CHIFFON_AUTO_PREVIEW: "on" } });
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
  const step = only(PlanPreviewOf(shown.stdout));
  expect(step.held).toBe("trust");
  const classes = new Map(step.tasks.map((task) => [task.name, classOf(task)]));
  expect(classes.get("status_page : Create the folders")).toBe("change");
  expect(classes.get("status_page : Write the page")).toMatch(/change|unknown/);
  expect(await readdir(world.home)).not.toContain("status-page");
  const text = await chiffon(world, ["plan", "show", first.id]);
  expect(text.stdout).toMatch(/Preview:[^]*would change, \d+ would not, \d+ cannot be known/);
  expect((await listProcesses(world)).filter((line) => /ansible|bwrap|supervisor\.py/.test(line))).toEqual(
    [],
  );

  const run = await ended(api, await approve(api, first));
  try {
    expect(run.state).toBe("succeeded");
    // What was seen before is kept: it can be compared.
    const kept = only(await api.get<PlanPreview>(`/plans/${first.id}/preview`));
    expect(await compareWithRun(api, kept, run.id)).toBeGreaterThan(5);
  } finally {
    await ended(api, await approve(api, await plan(api, "Stop the status page")));
  }
}, 300_000);

function PlanPreviewOf(text: string): PlanPreview {
  return JSON.parse(text) as PlanPreview;
}

test("[UI-02] over SSH the sandbox has the keys and nothing else of the home directory; what was said to change changes", async () => {
  await using world = await createWorld();
  await using sshd = await startSshd(world);
  const repository = await writeRepository(world, {
    "hosts.yml": `all:
  hosts:
    box:
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
      ansible_python_interpreter: /usr/bin/python3
`,
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
  const asked = await api.post<Request>("/requests", { text: "Deploy remote" });
  const [question] = asked.questions;
  const answers = [{ question: question?.id ?? "", value: question?.options[0]?.value ?? "" }];
  await api.post<Request>(`/requests/${asked.id}/answer`, { answers });
  const shown = await plan(api, "Deploy remote");
  await api.post<PlanPreview>(`/plans/${shown.id}/preview`, {});
  const step = await previewed(api, shown.id);
  expect(step).toMatchObject({ state: "done", held: "sandbox", reason: null });
  expect(step.tasks.map(classOf)).toEqual(["change", "unknown"]);
  expect(step.tasks[0]?.diffs[0]?.text).toContain("-near\n+far away");
  expect(step.tasks[1]?.unchecked).toBe(true);
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("near\n");
  const run = await ended(api, await approve(api, shown));
  expect(run.state).toBe("succeeded");
  expect(await compareWithRun(api, step, run.id)).toBe(1);
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("far away\n");
}, 300_000);
