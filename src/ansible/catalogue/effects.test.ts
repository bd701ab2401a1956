import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Unit } from "../../contracts/catalogue.ts";
import { decideRisk } from "../../domain/risk.ts";
import { readCatalogue } from "./read.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-effects-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function unitOf(text: string): Promise<Unit> {
  await mkdir(root, { recursive: true });
  await writeFile(path.join(root, "play.yml"), text);
  const { units, findings } = await readCatalogue({ repository: "home", root });
  const [unit] = units;
  if (unit === undefined) throw new Error(JSON.stringify(findings));
  return unit;
}

const tasksOf = (unit: Unit) => unit.plays.flatMap((play) => play.ansibleTasks);
const effectOfTask = async (task: string) =>
  tasksOf(await unitOf(`- hosts: all\n  tasks:\n    - ${task}\n`))[0]?.effect;

test.each([
  ["community.mysql.mysql_db: {name: wiki, state: absent}", "loses-data"],
  ["community.docker.docker_volume: name=data state=absent", "loses-data"],
  [
    "community.docker.docker_compose_v2: {project_src: /srv, state: absent, remove_volumes: true}",
    "loses-data",
  ],
  ["docker_prune: {containers: true, volumes: true}", "loses-data"],
  ["docker_prune: {images: true}", "removes"],
  ['postgresql_db: {name: wiki, state: "{{ wanted }}"}', "removes"],
  ["user: {name: ada, state: absent, remove: yes}", "removes"],
  ["community.libvirt.virt: {name: vm, command: undefined}", "removes"],
  ["community.general.ufw: {state: disabled}", "firewall-off"],
  ["ufw: {default: allow, direction: incoming}", "firewall-off"],
  ["ansible.builtin.iptables: {flush: true}", "firewall-off"],
  ["iptables: {chain: INPUT, policy: ACCEPT}", "firewall-off"],
  ["service: {name: firewalld, state: stopped}", "firewall-off"],
  ["user: {name: ada, state: absent}", "deletes"],
  ["file: {path: /srv/data, state: absent}", "deletes"],
  ["apt: {name: nginx, state: absent}", "deletes"],
  [`debug: {msg: "{{ lookup('pipe', 'id') }}"}`, "runs-here"],
  [`copy: {dest: /x, content: "{{ query('ansible.builtin.url', 'http://x') }}"}`, "runs-here"],
  ["ansible.builtin.systemd: {name: ufw.service, enabled: false}", "firewall-off"],
])("%s: %s", async (task, effect) => {
  expect(await effectOfTask(task)).toBe(effect);
});

test.each([
  "mysql_db: {name: wiki, state: present}",
  "ufw: {rule: allow, port: 22}",
  "service: {name: nginx, state: stopped}",
  "debug: {msg: state=absent}",
  `debug: {msg: "{{ lookup('env', 'HOME') }}"}`,
  "debug: {msg: a lookup of the q in the query}",
  "docker_compose_v2: {project_src: /srv, state: present}",
])("%s has no such effect", async (task) => {
  expect(await effectOfTask(task)).toBeUndefined();
});

test("[INFRA-01] names of plays and tasks, descriptions and comments change no risk", async () => {
  const text = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ,.-]{0,30}$/);
  const modules = fc.array(
    fc.constantFrom(
      "debug: {msg: x}",
      "copy: {dest: /x, content: x}",
      "shell: id",
      "parted: {device: /dev/sdb}",
      "mysql_db: {name: x, state: absent}",
      "ufw: {state: disabled}",
      "include_tasks: more.yml",
    ),
    { minLength: 1, maxLength: 4 },
  );
  const words = fc.record({ play: text, task: text, description: text, comment: text, service: text });
  const read = async (tasks: readonly string[], said: Record<string, string>) => {
    const lines = tasks.map(
      (task) => `    # ${said["comment"]}\n    - name: "${said["task"]}"\n      ${task}`,
    );
    const unit = await unitOf(
      `# ${said["comment"]}\n# chiffon:description=${said["description"]}\n# chiffon:service=${said["service"]}\n- name: "${said["play"]}"\n  hosts: all\n  tasks:\n${lines.join("\n")}\n`,
    );
    const facts = {
      operation: null,
      hosts: 1,
      delegates: [],
      allHosts: false,
      thisMachine: false,
      restartsHere: false,
      become: false,
    };
    return decideRisk({
      ...facts,
      verb: "deploy",
      lastRunFailed: false,
      services: 1,
      ownModules: [],
      ansibleTasks: tasksOf(unit),
      handlers: [],
    });
  };
  await fc.assert(
    fc.asyncProperty(modules, words, words, async (tasks, one, other) => {
      expect(await read(tasks, one)).toEqual(await read(tasks, other));
    }),
    { numRuns: 40 },
  );
});
