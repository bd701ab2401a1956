import { expect, test } from "vitest";
import { decideKey, type KeyPress } from "./keys.ts";
import { isAt, places } from "./places.ts";

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrl: false, meta: false, alt: false, typing: false, dialog: false, ...more };
}

test("The palette opens from everywhere, also while somebody types", () => {
  expect(decideKey(press("k", { ctrl: true, typing: true }), false)).toEqual({ kind: "palette" });
  expect(decideKey(press("K", { meta: true, dialog: true }), false)).toEqual({ kind: "palette" });
  expect(decideKey(press("k", { ctrl: true, alt: true }), false)).toEqual({ kind: "none" });
});

test("Letters mean themselves where letters are typed, and nothing over a dialog", () => {
  for (const key of ["g", "/", "?", "r"]) {
    expect(decideKey(press(key, { typing: true }), true)).toEqual({ kind: "none" });
    expect(decideKey(press(key, { dialog: true }), true)).toEqual({ kind: "none" });
    expect(decideKey(press(key, { ctrl: true }), false)).toEqual({ kind: "none" });
  }
});

test("The second key after g names a place; no key but g begins it", () => {
  expect(decideKey(press("g"), false)).toEqual({ kind: "prefix" });
  expect(decideKey(press("r"), true)).toEqual({ kind: "go", key: "r" });
  expect(decideKey(press("Escape"), true)).toEqual({ kind: "none" });
  expect(decideKey(press("r"), false)).toEqual({ kind: "none" });
  expect(decideKey(press("/"), false)).toEqual({ kind: "search" });
  expect(decideKey(press("?"), false)).toEqual({ kind: "help" });
});

test("Every place has a key of its own, and what lies below it belongs to it", () => {
  expect(new Set(places.map(({ key }) => key)).size).toBe(places.length);
  const at = (path: string): string[] => places.filter((place) => isAt(place, path)).map(({ name }) => name);
  expect(at("/")).toEqual(["Chat"]);
  expect(at("/chat/1")).toEqual(["Chat"]);
  expect(at("/plans/1")).toEqual(["Plans"]);
  expect(at("/runs")).toEqual(["Runs"]);
  expect(at("/runsx")).toEqual([]);
});
