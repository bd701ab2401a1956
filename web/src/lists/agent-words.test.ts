import { expect, test } from "vitest";
import { joinCommand, readLabels, whereIs } from "./agent-words.ts";

test("the command to join names the server, its key, and the type where it is another than usual", () => {
  const serverKey = "SHA256:abc";
  expect(joinCommand("https://box:7707", { type: "infra", serverKey })).toBe(
    "chiffon agent --join https://box:7707 --server-key SHA256:abc",
  );
  expect(joinCommand("https://box:7707", { type: "desktop", serverKey })).toBe(
    "chiffon agent --join https://box:7707 --server-key SHA256:abc --type desktop",
  );
});

test("labels are apart by spaces or commas, each once", () => {
  expect(readLabels(" gpu, cellar  gpu ")).toEqual(["gpu", "cellar"]);
  expect(readLabels("  ")).toEqual([]);
});

test("where an agent is: in the server, or where it came from last", () => {
  const joined = { at: "2026-11-30T10:00:00.000Z", address: "192.0.2.7", revokedAt: null };
  expect(whereIs({ joined: null })).toBe("part of the server");
  expect(whereIs({ joined })).toBe("another machine, last from 192.0.2.7");
  expect(whereIs({ joined: { ...joined, address: null } })).toBe("another machine");
});
