import { expect, test } from "vitest";
import { trustInShort } from "./trust-words.ts";

test("Lists say in a few words how the trust in a repository stands", () => {
  const at = "2026-11-22T12:00:00.000Z";
  const day = expect.stringMatching(/^trusted since 2026-11-2\d$/);
  const words = (["none", "trusted", "ended", "revoked"] as const).map((state) => [
    trustInShort({ state, files: 2, trustedAt: at }).text,
    trustInShort({ state, files: 0, trustedAt: at }).text,
  ]);
  expect(words).toEqual([
    ["not trusted: 2 files", "nothing to trust"],
    [day, day],
    ["changed since trust", "nothing to trust"],
    ["not trusted: 2 files", "nothing to trust"],
  ]);
});
