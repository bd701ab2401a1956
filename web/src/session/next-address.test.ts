import { expect, test } from "vitest";
import { parseNext } from "./next-address.ts";

test("After the sign-in a person goes where they wanted to", () => {
  expect(parseNext("/plans/1?tab=risk#x")).toBe("/plans/1?tab=risk#x");
  expect(parseNext("/loginpage")).toBe("/loginpage");
});

test("After the sign-in nobody is led to another site, or back to the sign-in", () => {
  const wrong = [
    undefined,
    7,
    "",
    "plans",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/a\\b",
    "javascript:alert(1)",
    "/login",
    "/login?next=/login",
    "/setup/",
  ];
  for (const value of wrong) expect(parseNext(value)).toBe("/");
});
