import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { approve, ended, plan, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, type World } from "../support/server.ts";

/** A role that is off by default and leaves a file where it ran; without its switch it leaves another. */
const role = (world: World, name: string): Record<string, string> => ({
  [`roles/${name}/defaults/main.yml`]: `${name}_enabled: false\n${name}_port: 4533\n`,
  [`roles/${name}/tasks/main.yml`]: `- name: Say that it is there
  ansible.builtin.copy:
    content: "{{ ${name}_port }}"
    dest: "${path.join(world.dir, "left")}/${name}-{{ ${name}_enabled | bool | ternary('on', 'off') }}"
    mode: "0600"
`,
});

test("[INFRA-01] of one playbook with many roles only the one that was asked for runs, switched on", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, {
    "site.yml": `- name: Everything
  hosts: all
  gather_facts: false
  pre_tasks:
    - name: Make the folder
      ansible.builtin.file:
        path: ${path.join(world.dir, "left")}
        state: directory
        mode: "0700"
      tags: always
  roles:
    - { role: navidrome, tags: navidrome }
    - { role: grafana, tags: grafana }
    - { role: gitea, tags: gitea }
`,
    ...role(world, "navidrome"),
    ...role(world, "grafana"),
    ...role(world, "gitea"),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);

  const shown = await plan(api, "Deploy navidrome with port 4600 and then gitea");
  expect(shown.steps.map((step) => [step.unit.kind, step.unit.name, step.unit.path, step.tags])).toEqual([
    ["role", "navidrome", "site.yml", ["navidrome"]],
    ["role", "gitea", "site.yml", ["gitea"]],
  ]);
  expect(shown.steps[0]?.ansibleTasks.map((task) => task.name)).toEqual([
    "Make the folder",
    "navidrome : Say that it is there",
  ]);
  const run = await ended(api, await approve(api, shown));

  expect(run.state).toBe("succeeded");
  const left = path.join(world.dir, "left");
  expect((await readdir(left)).toSorted()).toEqual(["gitea-on", "navidrome-on"]);
  expect(await readFile(path.join(left, "navidrome-on"), "utf8")).toBe("4600");
});
