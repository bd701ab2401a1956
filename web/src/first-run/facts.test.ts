import { expect, test } from "vitest";
import { findFacts, keepFacts } from "./facts.ts";

test("A reload comes back to the request that was made, and never to something else", () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const facts = {
    requestId: "11111111-1111-4111-8111-111111111111",
    conversationId: "22222222-2222-4222-8222-222222222222",
  };
  expect(findFacts(store)).toBeUndefined();
  keepFacts(store, facts);
  expect(findFacts(store)).toEqual(facts);
  keepFacts(store, { ...facts, conversationId: null });
  expect(findFacts(store)).toEqual({ ...facts, conversationId: null });
  kept.set([...kept.keys()][0] ?? "", "../x ../y");
  expect(findFacts(store)).toBeUndefined();
  keepFacts(store, undefined);
  expect(kept.size).toBe(0);
});
