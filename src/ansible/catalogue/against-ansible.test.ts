import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { RepositoryCopy } from "../../../test/fixtures/repositories/copy.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { listRun } from "../listing/listing.ts";
import { readCatalogue } from "./read.ts";

const run = promisify(execFile);

interface TheirPlay {
  pattern: string;
  hosts: string[];
  tasks: string[];
}

async function askAnsible(
  copy: RepositoryCopy,
  given: { playbook: string; inventory: string; tags?: readonly string[] },
): Promise<TheirPlay[]> {
  const tags = (given.tags ?? []).flatMap((tag) => ["--tags", tag]);
  const { stdout } = await run(
    "ansible-playbook",
    ["--list-tasks", "--list-hosts", ...tags, "-i", given.inventory, given.playbook],
    {
      cwd: copy.root,
      env: {
        PATH: "/usr/bin:/bin",
        HOME: copy.outside,
        LANG: "C.UTF-8",
        ANSIBLE_CONFIG: join(copy.outside, "none.cfg"),
        ANSIBLE_ROLES_PATH: join(copy.root, "roles"),
        ANSIBLE_COLLECTIONS_PATH: join(copy.root, "collections"),
      },
    },
  );
  const parts = stdout.split(/^ {2}play #\d+ \((.*?)\): .*$/m).slice(1);
  const plays: TheirPlay[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const body = parts[index + 1] ?? "";
    const [hosts = "", tasks = ""] = body.split(/^ {4}tasks:$/m);
    plays.push({
      pattern: parts[index] ?? "",
      hosts: (hosts.match(/^ {6}\S+$/gm) ?? []).map((line) => line.trim()),
      tasks: (tasks.match(/^ {6}.*TAGS: \[.*\]$/gm) ?? []).map((line) =>
        line.trim().replace(/\s+TAGS: /, " "),
      ),
    });
  }
  return plays;
}

/* `--list-tasks` leaves out what stands in rescue and always; we list it, because it may run. */
const rescued = new Set(["Say so", "Count"]);

test.each([
  ["flat", "deploy-status-page.yml", "inventory.ini"],
  ["flat", "backup-database.yml", "inventory.ini"],
  ["flat", "site.yml", "inventory.ini"],
  ["nested", "playbooks/update-wiki.yaml", "inventories/prod"],
  ["projects", "music/main.yml", "music/hosts"],
] as const)(
  "[INFRA-01] lists hosts and tasks of %s/%s as Ansible does",
  { timeout: 60_000 },
  async (name, playbook, inventory) => {
    await using copy = await copyRepository(name);
    const theirs = await askAnsible(copy, { playbook, inventory });
    const catalogue = await readCatalogue({ repository: "home", root: copy.root });
    const unit = catalogue.units.find((each) => each.path === playbook);
    const hosts = catalogue.inventories.find((each) => each.path === inventory);
    if (unit === undefined || hosts === undefined) throw new Error("not found");
    const listed = listRun({ unit, inventory: hosts });
    expect(
      unit.plays.map((play) =>
        play.ansibleTasks
          .filter((task) => !rescued.has(task.name))
          .map((task) => `${nameOf(task)} [${task.tags.join(", ")}]`),
      ),
    ).toEqual(theirs.map((play) => play.tasks));
    expect(listed.perPlay.map((play) => play.hosts.toSorted())).toEqual(
      theirs.map((play) => play.hosts.toSorted()),
    );
    expect(theirs.length).toBeGreaterThan(0);
  },
);

test.each([
  ["apps", "localhost,", ["common", "homarr", "plex"]],
  ["flat", "inventory.ini", ["webserver"]],
] as const)(
  "[INFRA-01] lists the tasks that the roles of %s run by themselves as Ansible does with their tags",
  { timeout: 60_000 },
  async (name, inventory, parts) => {
    await using copy = await copyRepository(name);
    const { units } = await readCatalogue({ repository: "home", root: copy.root });
    const found = units.filter((unit) => unit.kind === "role");
    expect(found.map((unit) => unit.name).toSorted()).toEqual(parts);
    for (const { playbook, tags, plays } of found) {
      const theirs = await askAnsible(copy, { playbook, inventory, tags });
      expect(
        plays.map((play) => play.ansibleTasks.map((task) => `${nameOf(task)} [${task.tags.join(", ")}]`)),
      ).toEqual(theirs.map((play) => play.tasks).filter((tasks) => tasks.length > 0));
    }
  },
);

test(
  "[INFRA-01] lists the playbooks that it writes for task files as Ansible does",
  { timeout: 60_000 },
  async () => {
    await using copy = await copyRepository("task-files");
    const { units } = await readCatalogue({ repository: "home", root: copy.root });
    const found = units.filter((unit) => unit.written !== undefined);
    expect(found.map((unit) => unit.name)).toEqual(["essential", "jellyfin", "outside", "uptime_kuma"]);
    for (const { written, plays } of found) {
      if (written === undefined) throw new Error("not written");
      await copy.write(written.path, written.text);
      const theirs = await askAnsible(copy, { playbook: written.path, inventory: "localhost," });
      expect(
        plays.map((play) => play.ansibleTasks.map((task) => `${nameOf(task)} [${task.tags.join(", ")}]`)),
      ).toEqual(theirs.map((play) => play.tasks));
      expect(theirs.map((play) => play.pattern)).toEqual(["all"]);
    }
  },
);

/* Ansible shows a task without a name by its module alone, even in a role. */
function nameOf(task: { name: string; module: string }): string {
  return task.name.endsWith(` : ${task.module}`) ? task.module : task.name;
}
