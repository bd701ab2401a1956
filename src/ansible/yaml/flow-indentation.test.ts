import fc from "fast-check";
import { expect, test } from "vitest";
import { indentFlowLines } from "./flow-indentation.ts";
import { parseAnsibleYaml } from "./load.ts";

function read(text: string): unknown {
  const parsed = parseAnsibleYaml(text, { path: "site.yml" });
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.documents[0];
}

test.each([
  ["a bracket closed below its key", "v:\n  a: [\n    1\n  ]\n  b: 2\n", { v: { a: [1], b: 2 } }],
  ["a brace closed at the margin", "a: {\n  b: 1\n}\nc: 3\n", { a: { b: 1 }, c: 3 }],
  [
    "quotes over lines at the margin",
    "v:\n  a: \"{{\n  b\n}}\"\n  c: 'x\n\n  y'\n",
    { v: { a: "{{ b }}", c: "x\ny" } },
  ],
  ["tabs inside quotes", "a: '{{ x\n\tif y\n\telse z }}'\n", { a: "{{ x if y else z }}" }],
  [
    "items of a list",
    '- a: "{{ x |\n  y }}"\n- [\n1,\n"#2"] # end\n- z\n',
    [{ a: "{{ x | y }}" }, [1, "#2"], "z"],
  ],
])("%s is read as Ansible reads it", (_name, text, value) => {
  expect(read(text)).toEqual(value);
});

test("blocks of text are left as they are beside lines that are moved", () => {
  const text = "a: |\n  [\n  'x\n   y\nb: >-\n  \"q\n  r\nc: it's [not\nd: [\n]\ne:\n  - |\n    {\n- f\n";
  const lines = indentFlowLines(text).split("\n");
  expect(lines.filter((line, index) => line !== text.split("\n")[index])).toEqual(["    ]"]);
});

test("moving lines never changes what a text means that was readable before", () => {
  const part = fc.constantFrom(
    "a: 1\n",
    "b: 'x\n   y'\n",
    "c: |\n  [z\n   'q\n",
    "d: [1,\n  '2']\n",
    "# [ '\n",
    "e: it's\n",
    'f: {g: "h\n     i"}\n',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      expect(read(indentFlowLines(text))).toEqual(read(text));
    }),
  );
});
