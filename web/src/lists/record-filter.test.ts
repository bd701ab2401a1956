import { expect, test } from "vitest";
import { changeFilter, fromLocalField, parseRecordFilter, toLocalField } from "./record-filter.ts";
import { lookOfRecord } from "./record-words.ts";

test("An address gives the filter that it names, and nothing else", () => {
  const filter = parseRecordFilter({
    status: "failed",
    q: " nginx ",
    service: "",
    run: 7,
    since: "x",
    page: "2",
  });
  expect(filter).toEqual({ status: "failed", q: "nginx", run: "7" });
});

test("A changed part leaves the others; an empty one is taken away", () => {
  const filter = changeFilter({ status: "failed" }, "service", "nginx");
  expect(filter).toEqual({ status: "failed", service: "nginx" });
  expect(changeFilter(filter, "status", "")).toEqual({ service: "nginx" });
});

test("A time is shown in the browser's zone and kept as an instant", () => {
  const field = toLocalField("2026-11-22T15:33:00.000Z");
  expect(fromLocalField(field)).toBe("2026-11-22T15:33:00.000Z");
  expect(toLocalField(undefined)).toBe("");
  expect(fromLocalField("2026-11-")).toBe("");
});

test("A record's status has the sign of the outcome or of the plan's state", () => {
  expect(lookOfRecord("failed").tone).toBe("bad");
  expect(lookOfRecord("approved").tone).toBe("ok");
  expect(lookOfRecord("anything").tone).toBe("quiet");
  expect(lookOfRecord(null).tone).toBe("quiet");
});
