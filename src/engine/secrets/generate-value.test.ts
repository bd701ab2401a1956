import { expect, test } from "vitest";
import { generateValue } from "./generate-value.ts";

test("makes different values of the wanted length, with upper case, lower case and digits", () => {
  const values = Array.from({ length: 500 }, () => generateValue(8));
  expect(new Set(values).size).toBe(500);
  for (const value of values) expect(value).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])[A-Za-z0-9]{8}$/);
  expect(generateValue(128)).toHaveLength(128);
});
