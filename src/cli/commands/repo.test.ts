import { expect, test } from "vitest";
import { trustText } from "./repo.ts";

test("lists say of each repository how the trust in it stands", () => {
  const at = "2026-11-22T12:00:00.000Z";
  expect(trustText({ state: "none", files: 0, trustedAt: null })).toBe("nothing to trust");
  expect(trustText({ state: "trusted", files: 2, trustedAt: at })).toMatch(/^trusted since 2026-11-2\d$/);
  expect(trustText({ state: "trusted", files: 0, trustedAt: at })).toMatch(/^trusted since/);
  expect(trustText({ state: "none", files: 1, trustedAt: null })).toBe("not trusted: 1 file");
  expect(trustText({ state: "revoked", files: 2, trustedAt: at })).toBe("not trusted: 2 files");
  expect(trustText({ state: "ended", files: 2, trustedAt: at })).toBe("changed since trust");
  expect(trustText(null)).toBe("-");
});
