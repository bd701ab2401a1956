import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

const cores = Math.min(4, availableParallelism());
const dist = "**/node_modules/**";
/** Rooms whose tests need neither a database nor Ansible: the fast loop. */
const quick = [
  "src/*.test.ts",
  "src/{contracts,domain,understand,cli}/**/*.test.ts",
  "web/src/**/*.test.ts",
  "test/explore/**/*.test.ts",
];
/**
 * How long a test waits for a condition before it gives up. Not a promise about speed: one second, the default, was too short
 * on a machine that is busy with other tests.
 */
const expect = { poll: { timeout: 20_000, interval: 100 } };
/**
 * Tests that hold no state outside of themselves: the files of a worker share its process, with its modules and its one
 * PostgreSQL. With a process for every file the unit tests take twice the processor time.
 */
const shared = { isolate: false, expect, exclude: [dist] };
/**
 * Suites that start databases, servers and `ansible-playbook`. They run side by side, so that the cores work while some wait
 * for something; one worker more than cores makes nobody late.
 */
const real = { maxWorkers: cores + 1, sequence: { groupOrder: 2 } };
const limit = { testTimeout: 120_000, hookTimeout: 120_000 };
const slow = { testTimeout: 240_000, hookTimeout: 240_000, expect, exclude: [dist] };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: quick,
          ...limit,
          maxWorkers: cores,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          ...real,
          name: "integration",
          include: ["src/**/*.test.ts"],
          exclude: [dist, ...quick],
          ...limit,
        },
      },
      {
        test: {
          ...shared,
          ...real,
          name: "house",
          include: ["test/house/**/*.test.ts"],
          ...limit,
        },
      },
      {
        test: {
          ...slow,
          ...real,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/homelab/**/*.test.ts"],
        },
      },
      {
        test: { ...slow, ...real, name: "browser", include: ["test/browser/**/*.test.ts"] },
      },
    ],
  },
});
