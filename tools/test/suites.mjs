/**
 * The suites in the order in which they run. Each ends as counts: {passed, failed, skipped, notes}. Those that are `together` run
 * side by side: the short tests of one fill the cores while the last long one of another still waits for something.
 */
import { requirementsSuite } from "./requirements.mjs";
import { staticSuite } from "./static.mjs";
import { vitestSuites } from "./vitest.mjs";

export const suites = [
  { name: "check", says: "types, lint, format, unused code, lock files", run: one(staticSuite) },
  { name: "unit", says: "tests beside the code, without database and Ansible", run: vitestSuites },
  {
    name: "integration",
    says: "tests beside the code, on real databases, Ansible and git",
    together: true,
    run: vitestSuites,
  },
  { name: "house", says: "test/house: the rules of this repository", together: true, run: vitestSuites },
  { name: "e2e", says: "test/e2e: real processes from end to end", together: true, run: vitestSuites },
  {
    name: "browser",
    says: "test/browser: the dashboard in a real Chromium",
    together: true,
    run: vitestSuites,
  },
  {
    name: "requirements",
    says: "docs/requirements.md against the tests above",
    run: one(requirementsSuite),
  },
];

/** A suite that is no vitest project, in the form of those that are. */
function one(run) {
  return async () => [await run()];
}
