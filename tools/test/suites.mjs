/**
 * The suites in the order in which they run. Each ends as counts: {passed, failed, skipped, notes}. Those without `run` are
 * projects of vitest; neighbours with the same `together` run side by side, because some wait while others compute.
 */
import { requirementsSuite } from "./requirements.mjs";
import { staticSuite } from "./static.mjs";

export const suites = [
  { name: "check", says: "types, lint, format, unused code, lock files", run: staticSuite },
  { name: "unit", says: "tests beside the code, without database and Ansible" },
  {
    name: "integration",
    says: "tests beside the code, on real databases, Ansible and git",
  },
  { name: "house", says: "test/house: the rules of this repository" },
  { name: "e2e", says: "test/e2e: real processes from end to end" },
  { name: "browser", says: "test/browser: the dashboard in a real Chromium" },
  {
    name: "requirements",
    says: "docs/requirements.md against the tests above",
    run: requirementsSuite,
  },
];
