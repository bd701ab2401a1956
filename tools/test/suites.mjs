/** The suites in the order in which they run. Each ends as counts: {passed, failed, skipped, notes}. */
import { requirementsSuite } from "./requirements.mjs";
import { staticSuite } from "./static.mjs";
import { vitestSuite } from "./vitest.mjs";

export const suites = [
  { name: "check", says: "types, lint, format, unused code, lock files", run: staticSuite },
  { name: "unit", says: "tests beside the code, without database and Ansible", run: vitestSuite },
  {
    name: "integration",
    says: "tests beside the code, on real databases, Ansible and git",
    run: vitestSuite,
  },
  { name: "house", says: "test/house: the rules of this repository", run: vitestSuite },
  { name: "e2e", says: "test/e2e: real processes from end to end", run: vitestSuite },
  { name: "browser", says: "test/browser: the dashboard in a real Chromium", run: vitestSuite },
  {
    name: "requirements",
    says: "docs/requirements.md against the tests above",
    run: requirementsSuite,
  },
];
