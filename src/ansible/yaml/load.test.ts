import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAnsibleYaml } from "./load.ts";
import { field, isMapping, isVaulted, jsonOf } from "./values.ts";

function read(text: string): unknown {
  const parsed = parseAnsibleYaml(text, { path: "site.yml" });
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.documents[0];
}

function problemOf(text: string): { line: number | null; message: string } {
  const parsed = parseAnsibleYaml(text, { path: "site.yml" });
  if (!("problem" in parsed)) throw new Error("it was read");
  return parsed.problem;
}

test("scalars are what Ansible makes of them", () => {
  expect(
    read(
      "a: yes\nb: off\nc: y\nd: 0644\ne: 1:30\nf: 08:30\ng: 2024-01-31\nh: 1e3\ni: ~\nj: 'yes'\nk: 1_000\nl: .5\n",
    ),
  ).toEqual({
    a: true,
    b: false,
    c: "y",
    d: 420,
    e: 90,
    f: "08:30",
    g: "2024-01-31",
    h: "1e3",
    i: null,
    j: "yes",
    k: 1000,
    l: 0.5,
  });
});

test("Jinja stays text, also over several lines of a quoted value", () => {
  expect(read('a: "{{ x }}"\nb: "{{\n  y\n}}"\n')).toEqual({ a: "{{ x }}", b: "{{ y }}" });
});

test("vaulted values are marked and never shown, other tags are ignored", () => {
  const document = read(
    "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe '{{ x }}'\nc: !lambda [1]\nd: !!set {e}\n",
  );
  expect(isMapping(document) && isVaulted(field(document, "a"))).toBe(true);
  expect(isMapping(document) && jsonOf(field(document, "a"))).toBe(undefined);
  expect(document).toMatchObject({ b: "{{ x }}", c: [1], d: { e: null } });
});

test("a repeated key keeps the last value and merged keys come in", () => {
  expect(read("x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}\nz: 1\nz: 2\n")).toMatchObject({
    y: { a: 1, b: 2 },
    z: 2,
  });
});

test("every mapping has the line on which it begins", () => {
  const text =
    "---\n# comment\n- hosts: all\n  tasks:\n    - name: one\n    - {name: two}\n\n    -\n      name: three\n";
  const parsed = parseAnsibleYaml(text, { path: "site.yml" });
  if ("problem" in parsed) throw new Error("not read");
  const [play] = parsed.documents[0] as { tasks: unknown[] }[];
  expect(parsed.lineOf(play)).toBe(3);
  expect(play?.tasks.map((task) => parsed.lineOf(task))).toEqual([5, 6, 9]);
  expect(parsed.lineOf({})).toBe(undefined);
});

test("lines are found beside sets, tags and merges too", () => {
  const text =
    "- !foo {a: 1}\n- !!set {b}\n- !!map {c: 1}\n- !!omap [d: 1]\n- &m {e: 1}\n- {<<: *m, f: 1}\n- {g: 1}\n";
  const parsed = parseAnsibleYaml(text, { path: "site.yml" });
  if ("problem" in parsed) throw new Error("not read");
  const list = parsed.documents[0] as unknown[];
  expect([list[0], list[1], list[2], list[4], list[5], list[6]].map((item) => parsed.lineOf(item))).toEqual([
    1, 2, 3, 5, 6, 7,
  ]);
});

test("several documents are all there, and an encrypted file is none", () => {
  const parsed = parseAnsibleYaml("a: 1\n---\nb: 2\n", { path: "x.yml" });
  expect("documents" in parsed && parsed.documents).toEqual([{ a: 1 }, { b: 2 }]);
  const encrypted = parseAnsibleYaml("$ANSIBLE_VAULT;1.1;AES256\n6162\n", { path: "x.yml" });
  expect("documents" in encrypted && encrypted.documents).toEqual([]);
});

test.each([
  { name: "a tab", text: "- hosts: all\n  tasks:\n\t- name: x\n", line: 3, message: /tab/ },
  { name: "a bare template", text: "a: 1\nb: {{ name }}\n", line: 2, message: /quotes/ },
  { name: "an open bracket", text: "- hosts: all\n  vars: {a: [1\n", line: 3, message: /not closed/ },
  { name: "an open quote", text: 'a: "x\nb: 1\n', line: 3, message: /not closed/ },
  {
    name: "a wrong indentation",
    text: "- hosts: all\n  tasks:\n   - a: 1\n  - b: 2\n",
    line: 4,
    message: /indentation/,
  },
  { name: "a null byte", text: "a: \0\n", line: 1, message: /null byte/ },
  { name: "an unknown alias", text: "a: *b\n", line: 1, message: /alias/ },
])("$name is a problem with its line and what to do", ({ text, line, message }) => {
  expect(problemOf(text)).toEqual({ line, message: expect.stringMatching(message) });
});

test("too large, too deep, too many aliases and aliases of aliases are refused", () => {
  expect(problemOf(`a: ${"x".repeat(1_048_577)}`).message).toMatch(/1 MiB/);
  expect(problemOf("[".repeat(5_000)).message).toMatch(/deep/);
  expect(problemOf(`a: &a 1\nb: [${"*a, ".repeat(3_000)}]`).message).toMatch(/aliases/);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (let code = 98; code < 107; code++) {
    const before = `*${String.fromCharCode(code - 1)}`;
    bomb.push(
      `${String.fromCharCode(code)}: &${String.fromCharCode(code)} [${Array(9).fill(before).join(", ")}]`,
    );
  }
  expect(problemOf(bomb.join("\n")).message).toMatch(/aliases/);
  expect(problemOf("- &a\n  b: *a\n").message).toMatch(/aliases/);
});

test("names of an object's own machinery are data like any other", () => {
  const document = read("__proto__: {polluted: true}\nconstructor: 1\n");
  expect(({} as Record<string, unknown>)["polluted"]).toBe(undefined);
  expect(isMapping(document) && field(document, "constructor")).toBe(1);
  expect(isMapping(document) && field(document, "toString")).toBe(undefined);
});

test("no text makes the parser throw or hang", () => {
  const yamlish = fc.string({
    unit: fc.constantFrom(..."\n\n  --:[]{}&*!|>'\"#%@,?a0\t".split(""), "<<: ", "- ", "!vault "),
    maxLength: 300,
  });
  fc.assert(
    fc.property(fc.oneof(yamlish, fc.string({ unit: "binary", maxLength: 300 })), (text) => {
      const parsed = parseAnsibleYaml(text, { path: "x.yml" });
      if ("problem" in parsed) expect(parsed.problem.message).not.toBe("");
      else for (const document of parsed.documents) jsonOf(document);
    }),
    { numRuns: 3_000 },
  );
}, 30_000);
