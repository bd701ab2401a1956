import { expect, test } from "vitest";
import { keepDraft, putBack, readDraft, type DraftStore } from "./drafts.ts";

function createStore(): DraftStore & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

test("Each conversation keeps its own draft, and an empty one leaves nothing behind", () => {
  const store = createStore();
  keepDraft(store, "a", "Deploy");
  keepDraft(store, "b", "Restart");
  expect(readDraft(store, "a")).toBe("Deploy");
  expect(readDraft(store, "b")).toBe("Restart");
  keepDraft(store, "a", "");
  expect(readDraft(store, "a")).toBe("");
  expect(store.kept.size).toBe(1);
});

test("A browser that forbids storage loses no keystroke and throws nothing", () => {
  const refuse = (): never => {
    throw new Error("denied");
  };
  const store: DraftStore = { getItem: refuse, setItem: refuse, removeItem: refuse };
  keepDraft(store, "a", "Deploy");
  expect(readDraft(store, "a")).toBe("");
});

test("A text that could not be sent comes back before what was written since", () => {
  expect(putBack("Deploy", "")).toBe("Deploy");
  expect(putBack("Deploy", "Deploy")).toBe("Deploy");
  expect(putBack("Deploy", "and grafana too")).toBe("Deploy\nand grafana too");
});
