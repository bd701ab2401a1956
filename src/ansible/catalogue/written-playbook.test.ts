import { expect, test } from "vitest";
import { createPartWriter, writtenPath } from "./written-playbook.ts";

/** The playbook for the include on the line that holds `include`, of the play on the line that holds `play`. */
function write(lines: readonly string[], wish: { play?: string; include: string; file?: string }) {
  const line = (part: string): number => lines.findIndex((each) => each.includes(part)) + 1;
  const { play = "- hosts", include, file = "tasks/wiki.yml" } = wish;
  const made = createPartWriter({ path: "main.yml", text: `${lines.join("\n")}\n` });
  return made.write({ play: line(play), task: line(include), file });
}

const head =
  '# Written by Chiffon from main.yml: the play "all" with tasks/wiki.yml and without its other parts.\n---\n';

test("[INFRA-01] keeps the play character for character and leaves the other parts out", () => {
  const made = write(
    [
      "# The whole house",
      "- import_playbook: other.yml",
      "- hosts: all # every machine",
      "  become: yes",
      "  gather_facts: no",
      "  vars:",
      "    secret: !vault |",
      "      $ANSIBLE_VAULT;1.1;AES256",
      "      6162",
      "    raw: !unsafe '{{ not a template }}'",
      "    mode: 0644",
      "    name: \"{{ base | default('a: b') }}\"",
      "",
      "  # what comes next",
      "  roles:",
      "    - base",
      "  pre_tasks:",
      "    - name: Look",
      "      ansible.builtin.command: uptime",
      "    - name: First of all",
      "      ansible.builtin.debug:",
      "      tags: [always]",
      "    - include_vars: names.yml",
      "  tasks:",
      "    - include_tasks: tasks/other.yml",
      "",
      "    # The wiki",
      "    - name: Wiki",
      "      include_tasks: tasks/wiki.yml",
      "      vars: { port: 80 }",
      "    - include_tasks: tasks/last.yml",
      "  post_tasks:",
      "    - debug:",
      "  handlers:",
      "    - name: again",
      "      debug:",
      "- hosts: others",
      "  tasks: []",
    ],
    { include: "- name: Wiki" },
  );
  expect(made).toEqual({
    text: `${head}${[
      "- hosts: all # every machine",
      "  become: yes",
      "  gather_facts: no",
      "  vars:",
      "    secret: !vault |",
      "      $ANSIBLE_VAULT;1.1;AES256",
      "      6162",
      "    raw: !unsafe '{{ not a template }}'",
      "    mode: 0644",
      "    name: \"{{ base | default('a: b') }}\"",
      "  pre_tasks:",
      "    - name: First of all",
      "      ansible.builtin.debug:",
      "      tags: [always]",
      "    - include_vars: names.yml",
      "  tasks:",
      "    - name: Wiki",
      "      include_tasks: tasks/wiki.yml",
      "      vars: { port: 80 }",
      "  handlers:",
      "    - name: again",
      "      debug:",
      "",
    ].join("\n")}`,
  });
});

test("[INFRA-01] of blocks and loops around the include only what leads to it stays", () => {
  const lines = [
    "- tasks:",
    "  - when: at_home",
    "    block:",
    "    - debug:",
    "    - include_tasks: tasks/{{ item }}.yml",
    "      with_items:",
    "      - blog",
    "      - wiki",
    "      loop_control: { label: app }",
    "    become: true",
    "  hosts: all",
  ];
  expect(write(lines, { play: "- tasks", include: "- include_tasks" })).toEqual({
    text: `${head}${[
      "- tasks:",
      "  - when: at_home",
      "    block:",
      "    - include_tasks: tasks/{{ item }}.yml",
      '      with_items: ["wiki"]',
      "      loop_control: { label: app }",
      "    become: true",
      "  hosts: all",
      "",
    ].join("\n")}`,
  });
});

test("says why there can be none where the play cannot be cut without changing it", () => {
  const play = (...tasks: string[]) => ["- hosts: all", "  tasks:", ...tasks.map((task) => `    ${task}`)];
  const cases: [string[], RegExp][] = [
    [["- {hosts: all, tasks: [{include_tasks: tasks/wiki.yml}]}"], /form that cannot be cut/],
    [play("- &a", "  include_tasks: tasks/wiki.yml", "- *a"), /aliases/],
    [play("- include_tasks: tasks/wiki.yml", "  tags: never"), /tagged "never"/],
    [["- hosts: all", "  tags: [never]", "  tasks:", "  - include_tasks: tasks/wiki.yml"], /tagged "never"/],
    [
      play("- block:", "    - include_tasks: tasks/wiki.yml", "  rescue:", "    - debug:"),
      /rescue or always/,
    ],
    [[...play("- include_tasks: tasks/wiki.yml"), "---", "- hosts: all", "  tasks: []"], /several documents/],
    [play("- include_tasks: tasks/wiki.yml", "  name: \uFFFD"), /aliases or several/],
    [[...play("- include_tasks: tasks/wiki.yml"), `  name: ${"x".repeat(70_000)}`], /too long/],
  ];
  for (const [lines, why] of cases) {
    const made = write(lines, { play: lines[0] ?? "", include: "include_tasks" });
    expect(made).toEqual({ problem: expect.stringMatching(why) });
  }
});

test("a play's name cannot write more than one comment", () => {
  const lines = [
    '- name: "a\\n- hosts: evil"',
    "  hosts: all",
    "  tasks:",
    "  - include_tasks: tasks/wiki.yml",
  ];
  const made = write(lines, { play: "- name", include: "- include_tasks", file: "a\nb/wiki.yml" });
  expect("text" in made ? made.text.split("\n").slice(0, 3) : made).toEqual([
    '# Written by Chiffon from main.yml: the play "a\\n- hosts: evil" with a b/wiki.yml and without its other parts.',
    "---",
    '- name: "a\\n- hosts: evil"',
  ]);
});

test("lies beside its playbook under a name that says what it is", () => {
  expect(writtenPath("main.yml", "tasks/jellyfin.yml")).toBe(".chiffon-main-tasks-jellyfin.yml");
  expect(writtenPath("plays/site.yaml", "../shared/x y.yml")).toBe("plays/.chiffon-site-shared-x-y.yml");
});
