import { expect, test } from "vitest";
import type { Message } from "../../../src/contracts/conversation.ts";
import { entriesOf, hasArrived, keepPhase } from "./timeline.ts";

const message = (id: string, requestId: string | null, from: Message["from"] = "person"): Message => ({
  id,
  at: "2026-11-22T12:00:00.000Z",
  from,
  by: from === "person" ? "ada" : "Chiffon",
  text: `text ${id}`,
  requestId,
});

test("A request is shown once, below the newest message that speaks of it", () => {
  const entries = entriesOf([
    message("1", null),
    message("2", "r"),
    message("3", "r", "chiffon"),
    message("4", null),
    message("5", "r"),
    message("6", "r", "chiffon"),
    message("7", null),
  ]);
  expect(entries.map((entry) => (entry.kind === "message" ? entry.message.id : entry.requestId))).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "r",
    "7",
  ]);
});

test("A message on its way gives way to its own row, and only to that", () => {
  const before = [message("1", null)];
  const outgoing = { text: "text 1", after: 1 };
  expect(hasArrived(outgoing, before)).toBe(false);
  expect(hasArrived(outgoing, [...before, { ...message("2", null), text: "text 1" }])).toBe(true);
  expect(hasArrived(outgoing, [...before, { ...message("2", null, "chiffon"), text: "text 1" }])).toBe(false);
});

test("The stream's phases are kept by request, and a repeated one changes nothing", () => {
  const stamp = { topic: "conversation:c", seq: 1, at: "2026-11-22T12:00:00.000Z" };
  const event = {
    ...stamp,
    type: "request.phase" as const,
    data: { requestId: "r", phase: "read" as const },
  };
  const once = keepPhase(new Map(), event);
  expect(once.get("r")).toBe("read");
  expect(keepPhase(once, event)).toBe(once);
  const other = { ...stamp, type: "message.added" as const, data: { messageId: "m" } };
  expect(keepPhase(once, other)).toBe(once);
});
