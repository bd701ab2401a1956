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

test("Words that an address can also read as numbers or truth values stay words; times become instants", () => {
  expect(parseRecordFilter({ q: true, service: 42, actor: null, status: ["failed"], run: {} })).toEqual({
    q: "true",
    service: "42",
  });
  expect(parseRecordFilter({ since: 2026, until: "2026-11-22T16:33:00+01:00" })).toEqual({
    since: "2026-01-01T00:00:00.000Z",
    until: "2026-11-22T15:33:00.000Z",
  });
  expect(parseRecordFilter({ since: "+275760-09-12T00:00:00Z" })).toEqual({});
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
  expect(fromLocalField("20261-11-22T15:33")).toBe("");
});

test("A record's status has the sign of the outcome or of the plan's state", () => {
  expect(lookOfRecord("failed").tone).toBe("bad");
  expect(lookOfRecord("approved").tone).toBe("ok");
  expect(lookOfRecord("anything").tone).toBe("quiet");
  expect(lookOfRecord(null).tone).toBe("quiet");
});
