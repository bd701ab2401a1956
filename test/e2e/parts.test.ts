import { readdir, readFile, writeFile } from "node:fs/promises";
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

test("[INFRA-01] of one playbook with many task files only the one that was asked for runs, by a playbook that Chiffon wrote", async () => {
  await using world = await createWorld();
  const left = path.join(world.dir, "left");
  const taskFile = (name: string): Record<string, string> => ({
    [`home/tasks/${name}.yml`]: `- name: Leave ${name}
  ansible.builtin.template:
    src: sign.j2
    dest: "${left}/${name}"
    mode: "0600"
  notify: Note it
- name: More of ${name}
  ansible.builtin.include_tasks: more.yml
`,
  });
  const names = ["jellyfin", "grafana", "gitea", "wiki"];
  const main = `# The home server, whole
- name: Home server
  hosts: all
  gather_facts: false
  vars_files:
    - config.yml
  vars:
    owner: !unsafe "{{ not rendered }}"
  pre_tasks:
    - name: Make the folder
      ansible.builtin.file:
        path: ${left}
        state: directory
        mode: "0700"
      tags: always
    - name: Never by itself
      ansible.builtin.command: "false"
  tasks:
${names
  .slice(0, 3)
  .map((name) => `    - include_tasks: tasks/${name}.yml\n`)
  .join("")}    - name: Loop
      ansible.builtin.include_tasks: "tasks/{{ item }}.yml"
      loop: [shelf, wiki]
  handlers:
    - name: Note it
      ansible.builtin.copy:
        content: noted
        dest: ${left}/noted
        mode: "0600"
`;
  const repository = await writeRepository(world, {
    "home/main.yml": main,
    "home/config.yml": "greeting: Hello\n",
    "home/templates/sign.j2": "{{ greeting }} {{ owner }} {{ playbook_dir | basename }}",
    "home/tasks/more.yml": `- name: More
  ansible.builtin.copy:
    content: more
    dest: ${left}/more
    mode: "0600"
`,
    // Its own file of that name has no say.
    "home/.chiffon-main-tasks-wiki.yml": "- hosts: all\n  tasks:\n    - ansible.builtin.fail:\n",
    ...Object.assign({}, ...[...names, "shelf"].map(taskFile)),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);

  const shown = await plan(api, "Deploy wiki");
  expect(shown.steps[0]).toMatchObject({
    unit: { kind: "tasks", name: "wiki", path: "home/main.yml" },
    tags: [],
    written: {
      path: "home/.chiffon-main-tasks-wiki.yml",
      from: "home/main.yml",
      file: "tasks/wiki.yml",
      text: expect.stringContaining('loop: ["wiki"]'),
    },
  });
  expect(shown.steps[0]?.written?.text).not.toContain("jellyfin");
  expect(shown.steps[0]?.ansibleTasks.map((task) => task.name)).toEqual([
    "Make the folder",
    "Leave wiki",
    "More of wiki",
  ]);
  const run = await ended(api, await approve(api, shown));

  expect(run.state).toBe("succeeded");
  expect((await readdir(left)).toSorted()).toEqual(["more", "noted", "wiki"]);
  expect(await readFile(path.join(left, "wiki"), "utf8")).toBe("Hello {{ not rendered }} home");
  expect(await readdir(path.join(repository, "home"))).toHaveLength(5);

  // A change of the playbook that it is made of makes a plan stale.
  const later = await plan(api, "Deploy gitea");
  await writeFile(path.join(repository, "home/main.yml"), main.replace("The home server, whole", "Changed"));
  await expect(approve(api, later)).rejects.toThrow(/main\.yml/);
});
