import path from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = path.join(import.meta.dirname, "../..");
/** Files that take a minute or more. What begins last should be short, else one core waits for the other at the end. */
const long = [
  "test/homelab/kuma.test.ts",
  "test/e2e/preview-tables.test.ts",
  "test/e2e/preview.test.ts",
  "test/browser/reload.test.ts",
  "src/ansible/operations/operations.test.ts",
  "src/adapters/bus/rabbitmq/rabbitmq.test.ts",
  "test/e2e/replicas.test.ts",
  "test/e2e/servers.test.ts",
  "test/e2e/containers.test.ts",
  "test/e2e/servers.test.ts",
  "test/e2e/run.test.ts",
  "test/homelab/homelab.test.ts",
  "test/browser/main-job.test.ts",
];
/** Then those that start whole servers, and at the end the many short ones. */
const suites = ["e2e", "browser", "house", "integration"];
/** They wait until kuma.test.ts has compiled Uptime Kuma, so they begin late. */
const late = ["test/homelab/kuma-git.test.ts", "test/homelab/demo.test.ts", "test/browser/flagship.test.ts"];

/** The order of the test files: long ones first; within a suite vitest's own order (long or large first). */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const file = path.relative(root, moduleId);
  const at = long.indexOf(file);
  if (at !== -1) return at;
  return long.length + (late.includes(file) ? suites.indexOf("browser") + 0.5 : suites.indexOf(project.name));
}
