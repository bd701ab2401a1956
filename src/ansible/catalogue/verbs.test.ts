import { expect, test } from "vitest";
import { deriveVerbs } from "./verbs.ts";

test.each([
  ["deploy-kuma", [], ["deploy"]],
  ["status-page", [], []],
  ["kuma-status", [], ["status"]],
  ["backup_database", [], ["backup"]],
  ["setup", ["Install and configure nginx"], ["deploy", "configure"]],
  ["site", ["Set up the backup server"], ["deploy"]],
  ["uninstall-wiki", [], ["remove"]],
  ["wiki", ["The wiki, updated"], []],
  ["upgrade.packages", ["Upgrade all packages"], ["update"]],
  ["tear-down-lab", [], ["remove"]],
])("%s with plays %j is for %j", (stem, plays, verbs) => {
  expect(deriveVerbs(stem, plays)).toEqual(verbs);
});
