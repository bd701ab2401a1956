import fc from "fast-check";
import { expect, test } from "vitest";
import { literalSecrets, literalVariables } from "./literal-variables.ts";

const name = fc.stringMatching(/^x[a-z_]{0,8}$/);
const key = fc.string().filter((text) => !text.startsWith("__ansible") && !/\{[{%#]/.test(text));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));

/** What Ansible makes of the text: every marked string is the string. Throws on one that is not marked. */
function unmark(json: unknown): unknown {
  if (typeof json === "string") throw new Error("not marked");
  if (Array.isArray(json)) return json.map(unmark);
  if (typeof json !== "object" || json === null) return json;
  if ("__ansible_unsafe" in json) return json.__ansible_unsafe;
  return Object.fromEntries(Object.entries(json).map(([at, item]) => [at, unmark(item)]));
}

test("every string in any value is marked as literal, and nothing else changes", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value), (variables) => {
      const text = literalVariables(variables as Parameters<typeof literalVariables>[0]);
      expect(unmark(JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(variables)));
    }),
  );
});

test.each([
  "ansible_connection",
  "ansible_python_interpreter",
  "ansible_ssh_common_args",
  "ansible_become_exe",
  "ansible_become_password",
  "hosts",
  "environment",
  "hostvars",
  "",
  "1st",
  "a b",
  "a-b",
  "__proto__.x",
])("the name %j is refused", (bad) => {
  expect(() => literalVariables({ [bad]: 1 })).toThrow(expect.objectContaining({ code: "bad-input" }));
});

test("Ansible's passwords can be given as secrets, its other variables cannot", () => {
  expect(literalSecrets({ ansible_become_password: "x" }, {})).toBe(
    '{"ansible_become_password":{"__ansible_unsafe":"x"}}',
  );
  expect(() => literalSecrets({ ansible_connection: "x" }, {})).toThrow(
    expect.objectContaining({ code: "bad-input" }),
  );
  expect(() => literalSecrets({ a: "x" }, { a: 1 })).toThrow(expect.objectContaining({ code: "bad-input" }));
});

test.each([
  { __ansible_unsafe: "{{ 1 }}" },
  { __ansible_vault: "x" },
  { "{{ 1 }}": 1 },
  { deep: [{ "{% x %}": 1 }] },
])("a key that Ansible would interpret is refused: %j", (bad) => {
  expect(() => literalVariables({ x: bad })).toThrow(expect.objectContaining({ code: "bad-input" }));
});

test("too deep and too large values are refused", () => {
  let deep: Parameters<typeof literalVariables>[0][string] = 1;
  for (let i = 0; i < 100; i++) deep = [deep];
  expect(() => literalVariables({ deep })).toThrow(expect.objectContaining({ code: "bad-input" }));
  expect(() => literalVariables({ large: "x".repeat(1_000_001) })).toThrow(
    expect.objectContaining({ code: "too-large" }),
  );
});
