import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import type { Run } from "../../src/contracts/run.ts";
import { approve, ended, plan, readWholeLog, running, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { startSshd, type Sshd } from "../support/sshd.ts";

let world: World;
let elsewhere: World;
let server: Server;
let api: Api;
let box: Sshd;
let stranger: Sshd;
let repository: string;

const mark = (name: string) => path.join(world.dir, name);
const play = (service: string, hosts: string, tasks: string) =>
  `# chiffon:service=${service}\n- name: Deploy ${service}\n  hosts: ${hosts}\n  gather_facts: false\n  tasks:\n${tasks}`;
const write = (file: string, content: string) =>
  `    - name: Write ${file}\n      ansible.builtin.copy:\n        content: "${content}"\n        dest: ${mark(file)}\n        mode: "0644"\n`;

beforeAll(async () => {
  world = await createWorld();
  elsewhere = await createWorld();
  box = await startSshd(world);
  stranger = await startSshd(elsewhere);
  const ssh = (sshd: Sshd) =>
    `{ansible_host: 127.0.0.1, ansible_port: ${sshd.port}, ansible_user: ${sshd.user}, ansible_ssh_private_key_file: ${sshd.identity}, ansible_python_interpreter: /usr/bin/python3}`;
  repository = await writeRepository(world, {
    "hosts.yml": `web:\n  hosts:\n    web1: {ansible_connection: local, ansible_python_interpreter: /usr/bin/python3}\n    web2: {ansible_connection: local, ansible_python_interpreter: /usr/bin/python3}\nfar:\n  hosts:\n    box: ${ssh(box)}\n    stranger: ${ssh(stranger)}\n`,
    "group_vars/far.yml": "colour: blue\n",
    "look.yml": play(
      "looking",
      "web",
      write(
        "look.txt",
        "{{ groups['far'] | join(',') }} {{ hostvars['box'].colour }} {{ hostvars['web2'].inventory_hostname }}",
      ),
    ),
    "extra.yml": play(
      "spreading",
      "web1",
      `${write("first.txt", "done")}    - name: Also over there\n      ansible.builtin.command: touch ${mark("extra.txt")}\n      delegate_to: "{{ groups['web'] | last }}"\n`,
    ),
    "local.yml": play(
      "homing",
      "box",
      `${write("far.txt", "far")}    - name: Note it here\n      ansible.builtin.copy:\n        content: near\n        dest: ${mark("near.txt")}\n        mode: "0644"\n      delegate_to: localhost\n`,
    ),
    "aside.yml": play(
      "sidestepping",
      "web1",
      `    - name: Touch over there\n      ansible.builtin.command: touch ${mark("aside.txt")}\n      delegate_to: box\n`,
    ),
    "turn.yml": play(
      "turning",
      "box",
      `    - name: Turn to another machine\n      ansible.builtin.command: touch ${mark("turned.txt")}\n      vars: {ansible_port: ${stranger.port}, ansible_ssh_private_key_file: ${stranger.identity}}\n`,
    ),
    "wait.yml": play(
      "waiting",
      "web1",
      `    - name: Wait for the signal\n      ansible.builtin.wait_for:\n        path: ${mark("go")}\n        timeout: 60\n`,
    ),
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

const content = (file: string) => readFile(mark(file), "utf8").catch(() => undefined);

/** A plan, the host keys that it asks about accepted. */
async function planFor(text: string): Promise<Plan> {
  const request = await api.post<Request>("/requests", { text });
  if (request.status === "planned") return await api.get<Plan>(`/plans/${request.planId ?? ""}`);
  const answers = request.questions.map((each) => ({
    question: each.id,
    value: each.options[0]?.value ?? "",
  }));
  expect(request.questions.map((each) => each.kind)).toEqual(answers.map(() => "host_key"));
  const done = await api.post<Request>(`/requests/${request.id}/answer`, { answers });
  return await api.get<Plan>(`/plans/${done.planId ?? ""}`);
}

test("[P14] a run sees every group and variable of the inventory, and works on approved hosts only", async () => {
  const shown = await plan(api, "Deploy looking on web1");
  expect(shown.steps[0]?.hosts).toEqual(["web1"]);
  const run = await ended(api, await approve(api, shown));
  expect(`${run.state} ${run.state === "succeeded" ? "" : await readWholeLog(api, run.id)}`).toBe(
    "succeeded ",
  );
  expect(await content("look.txt")).toBe("box,stranger blue web2");
  expect(Object.keys(run.tasks[0]?.attempts[0]?.recap ?? {})).toEqual(["web1"]);
});

test("[P14] a task that works out another host ends the run before it is touched, with host and task in reason and record", async () => {
  const shown = await plan(api, "Deploy spreading on web1");
  expect(shown.steps[0]?.decidedAtRunTime.join()).toContain(
    "extra.yml:11 runs on \"{{ groups['web'] | last }}\"",
  );
  const run = await ended(api, await approve(api, shown));
  expect(run.state).toBe("failed");
  expect(await content("first.txt")).toBe("done");
  expect(await content("extra.txt")).toBeUndefined();
  const [attempt] = run.tasks[0]?.attempts ?? [];
  expect(attempt).toMatchObject({ exitCode: 77, error: { code: 5106 } });
  expect(run.tasks[0]?.reason).toContain('web2 is not part of the approved plan; the task "Also over there"');
  const records = await api.get<{ items: { kind: string; entry: unknown }[] }>(
    `/audit/tasks/${run.tasks[0]?.id ?? ""}`,
  );
  expect(JSON.stringify(records)).toContain("web2 is not part of the approved plan");
});

test("[P14] what a task does on this machine is part of the plan, raises its risk, and is approved with it", async () => {
  const shown = await planFor("Deploy homing on box");
  const [step] = shown.steps;
  expect(step?.delegates).toEqual([{ host: "localhost", sources: ["local.yml:11"] }]);
  expect(step?.riskReasons).toContain("changes the machine that Chiffon runs on");
  expect(["R2", "R3", "R4"]).toContain(step?.risk);
  const run = await ended(api, await approve(api, shown));
  expect(`${run.state} ${run.state === "succeeded" ? "" : await readWholeLog(api, run.id)}`).toBe(
    "succeeded ",
  );
  expect([await content("far.txt"), await content("near.txt")]).toEqual(["far", "near"]);
});

test("[P14] a host of the inventory that a task names is shown as touched, its key is asked for, and it is approved with the plan", async () => {
  const shown = await planFor("Deploy sidestepping on web1");
  const [step] = shown.steps;
  expect(step?.hosts).toEqual(["web1"]);
  expect(step?.delegates).toEqual([{ host: "box", sources: ["aside.yml:6"] }]);
  expect(step?.riskReasons.join()).toContain("some of its tasks run on box");
  const run = await ended(api, await approve(api, shown));
  expect(`${run.state} ${run.state === "succeeded" ? "" : await readWholeLog(api, run.id)}`).toBe(
    "succeeded ",
  );
  expect(await content("aside.txt")).toBe("");
});

test("[P14] an approved host that a variable turns to another machine is not connected to: only its own key is known", async () => {
  const run = await ended(api, await approve(api, await planFor("Deploy turning on box")));
  expect(run.state).toBe("failed");
  expect(await readWholeLog(api, run.id)).toMatch(
    // The second when ssh is gone before Ansible has sent the module.
    /Host key verification failed|UNREACHABLE.*(?:Broken pipe|could not be sent)/s,
  );
  expect(await content("turned.txt")).toBeUndefined();
});

test("[P3] a run that is under way says that its source has moved on, and uses what was approved", async () => {
  const runId = await approve(api, await plan(api, "Deploy waiting on web1"));
  await running(api, runId);
  expect((await api.get<Run>(`/runs/${runId}`)).movedOn).toBeNull();
  await writeFile(path.join(repository, "wait.yml"), play("waiting", "web1", write("moved.txt", "new")));
  const seen = await waitUntil(
    async () => (await api.get<Run>(`/runs/${runId}`)).movedOn ?? undefined,
    60_000,
  );
  expect(seen).toContain("wait.yml");
  await writeFile(mark("go"), "");
  const run = await ended(api, runId);
  expect([run.state, run.movedOn]).toEqual(["succeeded", undefined]);
  expect(await content("moved.txt")).toBeUndefined();
  await rm(mark("go"));
});
