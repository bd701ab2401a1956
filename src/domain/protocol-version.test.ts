import { expect, test } from "vitest";
import { agreeOnVersion } from "./protocol-version.ts";

test("both sides use the same major version and the smaller minor version, compared as numbers", () => {
  expect(agreeOnVersion(["1.0"], "1.0")).toBe("1.0");
  expect(agreeOnVersion(["1.7"], "1.0")).toBe("1.0");
  expect(agreeOnVersion(["1.0"], "1.7")).toBe("1.0");
  expect(agreeOnVersion(["1.9"], "1.10")).toBe("1.9");
  expect(agreeOnVersion(["1.2", "1.5", "2.0"], "1.10")).toBe("1.5");
  expect(agreeOnVersion(["2.3", "1.4"], "2.1")).toBe("2.1");
});

test("there is no version where the major versions differ, or where what is offered is no version", () => {
  expect(agreeOnVersion(["2.0", "3.1"], "1.0")).toBeUndefined();
  expect(agreeOnVersion([], "1.0")).toBeUndefined();
  expect(agreeOnVersion(["1", "1.0.0", "v1.0", "1.-1", " 1.0", "1.123456"], "1.0")).toBeUndefined();
});
