import { expect, test } from "vitest";
import { lookOf } from "./states-of-things.ts";

test("A state that this page does not know is shown as it is written", () => {
  expect(lookOf("run", "succeeded")).toMatchObject({ tone: "ok", text: "Succeeded" });
  expect(lookOf("run", "hibernating")).toEqual({ tone: "quiet", icon: "dot", text: "hibernating" });
  expect(lookOf("run", "constructor").text).toBe("constructor");
});

test("An outcome that nobody knows never looks like success", () => {
  for (const kind of ["run", "task"] as const) expect(lookOf(kind, "unknown").tone).toBe("warn");
});
