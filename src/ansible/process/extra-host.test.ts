import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { AttemptSpec } from "./attempt-spec.ts";
import { createLab, listMarked } from "./testing/lab.ts";

/*
 * All hosts of these fixtures are this machine (connection: local), so a host that is not stopped leaves its mark for sure.
 * `web1` and `web2` are approved; `db1` is in the inventory, as a run gets it, and is not.
 */
const inventory = `
[web]
web1 ansible_connection=local
web2 ansible_connection=local
[db]
db1 ansible_connection=chiffon_refused
[all:vars]
ansible_python_interpreter=/usr/bin/python3
`;

interface Case {
  readonly name: string;
  /** MARK stands for the path of the file that must not come to be. */
  readonly playbook: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly extra: string;
}

const onWeb = (tasks: string): string => `- hosts: web\n  gather_facts: false\n  tasks:\n${tasks}`;
const touch = "command: touch MARK";

const cases: readonly Case[] = [
  {
    name: "a task delegated to another host of the inventory by its name",
    playbook: onWeb(`    - ${touch}\n      delegate_to: db1\n`),
    extra: "db1",
  },
  {
    name: "a task delegated by a template, which gives itself a connection",
    playbook: onWeb(
      `    - ${touch}\n      delegate_to: "{{ groups['db'][0] }}"\n      vars: {ansible_connection: local}\n`,
    ),
    extra: "db1",
  },
  {
    name: "a delegated loop, of which only the last host was not approved",
    playbook: onWeb(
      `    - command: "{{ 'touch MARK' if item == 'db1' else 'true' }}"\n      delegate_to: "{{ item }}"\n      loop: [web1, web2, db1]\n      run_once: true\n`,
    ),
    extra: "db1",
  },
  {
    name: "a host that no inventory has",
    playbook: onWeb(
      `    - ${touch}\n      delegate_to: elsewhere\n      vars: {ansible_connection: local}\n`,
    ),
    extra: "elsewhere",
  },
  {
    name: "a file of host_vars that gives the host its connection back",
    playbook: onWeb(`    - ${touch}\n      delegate_to: db1\n`),
    files: { "host_vars/db1.yml": "ansible_connection: local\n" },
    extra: "db1",
  },
  {
    name: "ignored errors and a rescue",
    playbook: onWeb(
      `    - block:\n        - ${touch}\n          delegate_to: db1\n          ignore_errors: true\n          vars: {ansible_connection: local}\n      rescue:\n        - command: touch MARK\n    - command: touch MARK\n`,
    ),
    extra: "db1",
  },
  {
    name: "an added host, and a play over it",
    playbook: `${onWeb("    - add_host: {name: added, groups: new, ansible_connection: local}\n")}- hosts: new\n  gather_facts: false\n  tasks: [{${touch}}]\n`,
    extra: "added",
  },
  {
    name: "an added host, and a play over all hosts",
    playbook: `${onWeb("    - add_host: {name: added, ansible_connection: local}\n")}- hosts: all\n  gather_facts: false\n  tasks: [{${touch}}]\n`,
    extra: "added",
  },
  {
    name: "an added host, and a task delegated to it",
    playbook: onWeb(
      `    - add_host: {name: added, ansible_connection: local}\n    - ${touch}\n      delegate_to: added\n`,
    ),
    extra: "added",
  },
  {
    name: "an imported playbook with a task for another host",
    playbook: "- import_playbook: other.yml\n",
    files: {
      "other.yml": onWeb(`    - include_tasks: more.yml\n`),
      "more.yml": `- ${touch}\n  delegate_to: db1\n`,
    },
    extra: "db1",
  },
  {
    name: "a handler that is delegated",
    playbook: `- hosts: web\n  gather_facts: false\n  tasks:\n    - {command: "true", notify: h}\n  handlers:\n    - name: h\n      ${touch}\n      delegate_to: db1\n`,
    extra: "db1",
  },
  {
    name: "a fact that is gathered from all hosts",
    playbook: onWeb(
      `    - setup:\n      delegate_to: "{{ item }}"\n      delegate_facts: true\n      loop: "{{ groups['all'] }}"\n      run_once: true\n    - ${touch}\n`,
    ),
    extra: "db1",
  },
];

/** What was seen, not what was expected. */
const seen = { tried: 0, stopped: 0, marks: 0 };

afterAll(() => {
  const { tried, stopped, marks } = seen;
  process.stdout.write(
    `[P14] ${tried} playbooks that try an extra host: ${stopped} stopped, ${marks} marks left\n`,
  );
});

/** Writes the files of a case, runs it on the two web hosts, and counts what it did. */
async function attempt(given: Case, changes: Partial<AttemptSpec> = {}) {
  await using lab = await createLab();
  const mark = join(lab.folder, "mark");
  await writeFile(join(lab.project, "hosts.ini"), inventory);
  for (const [path, text] of Object.entries(given.files ?? {})) {
    await mkdir(join(lab.project, path, ".."), { recursive: true });
    await writeFile(join(lab.project, path), text.replaceAll("MARK", mark));
  }
  const playbook = given.playbook.replaceAll("MARK", mark);
  const spec = await lab.spec(playbook, { limit: ["web1", "web2"], ...changes });
  return { spec, ...(await lab.run(spec)), marked: existsSync(mark) };
}

test.each(cases)("[P14] $name ends the run before the host is touched", async (given) => {
  const { spec, result, output, events, marked } = await attempt(given);
  seen.tried += 1;
  if (marked) seen.marks += 1;
  expect(marked).toBe(false);
  expect(result).toMatchObject({ reason: "exited", exitCode: 77, extraHost: { extra: given.extra } });
  expect(events.find((event) => event.ev === "extra_host")).toMatchObject({ extra: given.extra });
  expect(output).toContain(`Chiffon stopped this run: ${given.extra} is not part of the approved plan; the`);
  expect(events.filter((event) => event.ev === "stats")).toEqual([]);
  expect(await listMarked(spec.attemptId)).toEqual([]);
  seen.stopped += 1;
});

test("[P14] the same task leaves its mark when the host is part of the approved plan", async () => {
  const playbook = onWeb(`    - ${touch}\n      delegate_to: db1\n      vars: {ansible_connection: local}\n`);
  const approved: Case = { name: "approved", playbook, extra: "" };
  const { result, marked } = await attempt(approved, { delegates: ["db1"] });
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(marked).toBe(true);
});
