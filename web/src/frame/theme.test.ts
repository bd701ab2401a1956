import { expect, test } from "vitest";
import { parseTheme } from "./theme.ts";

test("What is no theme means that the system decides", () => {
  expect(parseTheme("dark")).toBe("dark");
  expect(parseTheme("light")).toBe("light");
  expect(parseTheme(null)).toBe("system");
  expect(parseTheme("<script>")).toBe("system");
});
