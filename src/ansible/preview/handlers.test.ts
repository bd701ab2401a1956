import { expect, test } from "vitest";
import { readFileChecks } from "./check-facts.ts";
import { linkHandlers } from "./handlers.ts";

/** The names of the handlers that each task of these files may notify, by the task's name. */
function read(files: Readonly<Record<string, string>>): Record<string, string[]> {
  const tasks = Object.entries(files).flatMap(([path, text]) => readFileChecks(path, text).tasks);
  const { handlers, notifiedBy } = linkHandlers(tasks);
  const names = new Map(handlers.map((each) => [each.source, each.name]));
  return Object.fromEntries(
    tasks
      .filter((task) => !handlers.some((each) => each.source === task.source))
      .map((task) => [task.name ?? task.module, notifiedBy(task).map((source) => names.get(source) ?? "")]),
  );
}

const roleHandlers = `- name: restart web
  service: {name: web, state: restarted}
- name: reload web
  service: {name: web, state: reloaded}
  listen: [web changed, all changed]
- service: {name: cache, state: restarted}
  listen: all changed
`;

test("a handler is found by its name, with and without its role, and by what it listens to", () => {
  const found = read({
    "roles/web/tasks/main.yml": `- {name: by name, copy: {dest: /x}, notify: restart web}
- {name: with the role, copy: {dest: /x}, notify: ["web : restart web"]}
- {name: by a topic, copy: {dest: /x}, notify: [all changed, "restart web"]}
- {name: by none, copy: {dest: /x}, notify: restart}
- {name: silent, copy: {dest: /x}}
`,
    "roles/web/handlers/main.yml": roleHandlers,
  });
  expect(found).toEqual({
    "by name": ["web : restart web"],
    "with the role": ["web : restart web"],
    "by a topic": ["web : reload web", "web : service", "web : restart web"],
    "by none": [],
    silent: [],
  });
});

test("a template in a notified name, or in the name of a handler, stands for anything", () => {
  const found = read({
    "site.yml": `- hosts: all
  tasks:
    - {name: one of them, copy: {dest: /x}, notify: "{{ how }} web"}
    - {name: any, copy: {dest: /x}, notify: "{{ wanted }}"}
    - {name: plain, copy: {dest: /x}, notify: restart mail}
  handlers:
    - {name: restart web, service: {name: web}}
    - {name: stop web now, service: {name: web}}
    - {name: "restart {{ other }}", service: {name: web}}
`,
  });
  expect(found).toEqual({
    "one of them": ["restart web", "restart {{ other }}"],
    any: ["restart web", "stop web now", "restart {{ other }}"],
    plain: ["restart {{ other }}"],
  });
});

test("a block notifies for its tasks, an include for what it brings in; what a list of handlers imports are handlers", () => {
  const found = read({
    "site.yml": `- hosts: all
  tasks:
    - block:
        - {name: inside, copy: {dest: /x}, notify: two}
      notify: one
    - {name: bring, include_tasks: more.yml}
  handlers:
    - import_tasks: later.yml
`,
    "more.yml": `- {name: again, include_tasks: more.yml}
- {name: brought, copy: {dest: /x}, notify: two}
`,
    "later.yml": `- {name: one, service: {name: x}}
- {name: two, service: {name: x}}
`,
  });
  expect(found).toMatchObject({ inside: ["one", "two"], bring: ["two"], brought: ["two"] });
});
