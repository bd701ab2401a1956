import { expect, test } from "vitest";
import { findMentions, wildcard } from "./mentions.ts";

const paths = (text: string): string[] => findMentions(text).map((each) => each.path);

test.each([
  ["- import_playbook: more/web.yml", ["more/web.yml"]],
  ["    src: nginx.conf.j2", ["nginx.conf.j2"]],
  ["    src: dotfiles", ["dotfiles"]],
  ["    src: my notes.txt", ["my notes.txt", "notes.txt"]],
  ["  template: src=x.j2 dest=/etc/x", ["x.j2"]],
  ["    src: '../shared/häuser.txt'", ["../shared/häuser.txt"]],
  ["  include_tasks: tasks/{{ item }}.yml", [`tasks/${wildcard}.yml`]],
  ["  msg: \"{{ lookup('file', 'keys/' + name) }}\"", ["keys/"]],
  ["# see docs/later.md\n# chiffon:files=configs/site.conf", ["configs/site.conf"]],
  ["    dest: /etc/nginx/nginx.conf\n    home: ~/x.txt", []],
  ["    when: x\n    name: Install.", []],
])("%s", (text, expected) => {
  for (const path of expected) expect(paths(text)).toContain(path);
  if (expected.length === 0) expect(paths(text)).toEqual([]);
});

test("what begins at a folder that Ansible names is told apart", () => {
  expect(findMentions("src: '{{ playbook_dir }}/../common/x.conf'")).toContainEqual({
    path: "../common/x.conf",
    anchored: true,
  });
  expect(findMentions("src: \"{{ playbook_dir + '/files/' + name }}\"")).toContainEqual({
    path: "files/",
    anchored: true,
  });
  expect(findMentions("chdir: '{{ playbook_dir }}'")).toContainEqual({ path: "", anchored: true });
});

test("the time for a hostile text grows with its length and not faster", () => {
  const steps = (text: string): number => {
    let most = 0;
    for (const { path } of findMentions(text)) most = Math.max(most, path.length);
    return most;
  };
  // Each of them would take minutes if a long run were tried from each of its letters.
  for (const piece of ["a", "{{", "'", "a.", "../", "\u0001", "src: "])
    expect(steps(piece.repeat(300_000))).toBeGreaterThanOrEqual(0);
});
