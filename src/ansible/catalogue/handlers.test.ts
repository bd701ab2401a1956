import { expect, test } from "vitest";
import type { Unit } from "../../contracts/catalogue.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { mayMean } from "./handlers.ts";
import { readCatalogue } from "./read.ts";

async function handlersOf(files: Record<string, string>): Promise<Record<string, string[]>> {
  await using repository = await copyRepository("empty");
  for (const [file, text] of Object.entries(files)) await repository.write(file, text);
  const { units } = await readCatalogue({ repository: "home", root: repository.root });
  const named = (unit: Unit) => unit.plays.flatMap((play) => (play.handlers ?? []).map(({ name }) => name));
  return Object.fromEntries(units.map((unit) => [`${unit.kind} ${unit.name}`, named(unit)]));
}

test("a play has the handlers that its tasks may notify, by name, topic or block, and those that these notify", async () => {
  const found = await handlersOf({
    "web.yml": `- hosts: all
  tasks:
    - debug: {msg: one}
      changed_when: true
      notify: Restart it
    - block:
        - copy: {content: x, dest: /x}
      notify: [all of them]
    - debug: {msg: "{{ word }}"}
      notify: "Tell {{ word }}"
  handlers:
    - name: Restart it
      service: {name: web, state: restarted}
      notify: After it
    - name: After it
      command: /bin/true
    - name: Never asked for
      command: /bin/false
    - name: First
      ping:
      listen: all of them
    - name: Inside
      listen: all of them
      block:
        - name: Second
          shell: rm -rf /x
    - name: Tell everybody
      debug:
`,
  });
  expect(found["playbook web"]?.toSorted()).toEqual(
    ["Restart it", "After it", "First", "Second", "Tell everybody"].toSorted(),
  );
});

test("a role brings its handlers, and a part of a playbook has only those that its own tasks may notify", async () => {
  const role = (name: string, notify: string) => ({
    [`roles/${name}/tasks/main.yml`]: `- name: Write ${name}\n  copy: {content: x, dest: /x}\n  notify: "${notify}"\n`,
    [`roles/${name}/handlers/main.yml`]: `- name: Restart ${name}\n  service: {name: ${name}, state: restarted}\n  become: true\n`,
  });
  const found = await handlersOf({
    ...role("gitea", "Restart gitea"),
    ...role("wiki", "gitea : Restart gitea"),
    ...role("photos", "Restart photos"),
    "site.yml": `- hosts: all
  roles:
    - {role: gitea, tags: [gitea]}
    - {role: wiki, tags: [wiki]}
    - {role: photos, tags: [photos]}
- hosts: all
  tasks:
    - debug:
      notify: Restart photos
`,
  });
  expect(found).toEqual({
    "playbook site": ["gitea : Restart gitea", "photos : Restart photos"],
    "role gitea": ["gitea : Restart gitea"],
    "role wiki": ["gitea : Restart gitea"],
    "role photos": ["photos : Restart photos"],
  });
});

test("names are the same name, or may become it where a template stands", () => {
  expect(mayMean("Restart web", "Restart web")).toBe(true);
  expect(mayMean("Restart web", "Restart wiki")).toBe(false);
  expect(mayMean("Restart {{ name }}", "Restart web")).toBe(true);
  expect(mayMean("Restart web", "{{ verb }} web")).toBe(true);
  expect(mayMean("Stop {{ name }}", "Restart web")).toBe(false);
});
