import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCatalogue } from "./read.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-parallel-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const header = "# chiffon:service=wiki\n# chiffon:parallel=service\n";
const tasks = (...modules: string[]) =>
  `- hosts: all\n  tasks:\n${modules.map((module) => `    - ${module}:\n        name: x\n`).join("")}`;

async function read(playbook: string, more: Record<string, string> = {}) {
  for (const [name, text] of Object.entries({ "wiki.yml": playbook, ...more })) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  const { units, findings } = await readCatalogue({ repository: "home", root });
  return { unit: units.find((unit) => unit.name === "wiki"), units, findings };
}

test("a playbook says that steps about other services may work on its hosts meanwhile", async () => {
  const { unit, findings } = await read(header + tasks("ansible.builtin.copy", "service"));
  expect(unit?.parallel).toBe("service");
  expect(findings).toEqual([]);
  expect((await read(tasks("copy"))).unit).not.toHaveProperty("parallel");
});

test.each([
  ["installs packages", header + tasks("copy", "ansible.builtin.apt"), "it uses apt"],
  ["reboots", header + tasks("reboot"), "it uses reboot"],
  ["names no service", "# chiffon:parallel=service\n" + tasks("copy"), "it does not say its service"],
  [
    "brings tasks that only the run knows",
    `${header}- hosts: all\n  tasks:\n    - include_tasks: "{{ which }}.yml"\n`,
    "only the run knows what wiki.yml:5 brings",
  ],
  [
    "reboots in a handler",
    `${header}${tasks("copy")}  handlers:\n    - block:\n        - name: Again\n          reboot:\n`,
    "it uses reboot",
  ],
])("one that %s keeps its hosts for itself, whatever its comment says", async (_, playbook, reason) => {
  const { unit, findings } = await read(playbook);
  expect(unit).not.toHaveProperty("parallel");
  expect(findings).toEqual([
    { path: "wiki.yml", line: expect.any(Number), message: expect.stringContaining(reason) },
  ]);
});

test("handlers of its roles count as well", async () => {
  const playbook = `${header}- hosts: all\n  roles:\n    - web\n`;
  const role = { "roles/web/tasks/main.yml": "- copy:\n    dest: /x\n" };
  expect((await read(playbook, role)).unit?.parallel).toBe("service");
  const handlers = { "roles/web/handlers/main.yml": "- name: Install\n  package:\n    name: x\n" };
  expect((await read(playbook, { ...role, ...handlers })).unit).not.toHaveProperty("parallel");
});

test("another value is a finding, and the parts of a playbook do not inherit it", async () => {
  const wrong = await read(header.replace("parallel=service", "parallel=host") + tasks("copy"));
  expect(wrong.findings[0]).toMatchObject({
    line: 2,
    message: expect.stringContaining("chiffon:parallel=service"),
  });
  const roles = "- hosts: all\n  roles:\n    - { role: web, tags: web }\n    - { role: mail, tags: mail }\n";
  const { unit, units } = await read(header + roles, {
    "roles/web/tasks/main.yml": "- copy:\n    dest: /x\n",
    "roles/mail/tasks/main.yml": "- copy:\n    dest: /y\n",
  });
  expect(unit?.parallel).toBe("service");
  const part = units.find((each) => each.name === "mail");
  expect(part?.kind).toBe("role");
  expect(part).not.toHaveProperty("parallel");
});
