import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("RFC 8785 section 3.2.2: numbers, strings and literals are written in the one way", () => {
  const value = {
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '€$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test("RFC 8785 section 3.2.3: keys are sorted by UTF-16 code units, not by code points", () => {
  const value = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toHaveLength(7);
  const names = [...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
  expect(names).toEqual([
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

test.each([
  [0, "0"],
  [-0, "0"],
  [5e-324, "5e-324"],
  [-5e-324, "-5e-324"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [9007199254740992, "9007199254740992"],
  [295147905179352830000, "295147905179352830000"],
  [9.999999999999997e22, "9.999999999999997e+22"],
  [1e23, "1e+23"],
  [0.000001, "0.000001"],
  [1e-7, "1e-7"],
])("RFC 8785 appendix B: %d is written as %s", (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test("what has no JSON text of its own is refused, with the path and without the value", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const holes: unknown[] = [1];
  holes.length = 2;
  const refused: unknown[] = [
    undefined,
    { a: undefined },
    [undefined],
    holes,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    10n,
    () => 1,
    Symbol("x"),
    "\ud800",
    { "\udc00": 1 },
    new Date(0),
    new Map(),
    new Uint8Array(2),
    Object("boxed"),
    { [Symbol("hidden")]: 1 },
    cycle,
  ];
  for (const value of refused) expect(() => canonicalJson(value)).toThrow(TypeError);
  expect(() => canonicalJson({ steps: [{ secret: 10n }] })).toThrow("$.steps[0].secret");
});

test("plain objects of another realm and without a prototype are written as any other", () => {
  expect(canonicalJson(runInNewContext("({ b: [1], a: {} })"))).toBe('{"a":{},"b":[1]}');
  expect(canonicalJson(Object.assign(Object.create(null) as object, { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
});

test("an own key named __proto__ is data like any other", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1},"b":1}');
});

test("any JSON value reads back as itself, and its text does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value);
      const back: unknown = JSON.parse(text);
      expect(canonicalJson(back)).toBe(text);
      expect(canonicalJson(shuffleKeys(value))).toBe(text);
      expect(JSON.stringify(back).length).toBe(text.length);
    }),
    { numRuns: 500 },
  );
});

function shuffleKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffleKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, shuffleKeys(item)] as const)
      .toReversed(),
  );
}
