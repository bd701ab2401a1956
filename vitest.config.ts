import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Integration tests start real databases and real ansible-playbook processes: more workers than cores only makes them time out.
const maxWorkers = Math.max(1, Math.min(4, availableParallelism()));
const slow = { testTimeout: 240_000, hookTimeout: 240_000 };
const dist = "**/node_modules/**";
/** Rooms whose tests need neither a database nor Ansible: the fast loop. */
const quick = ["src/*.test.ts", "src/{contracts,domain,understand,cli}/**/*.test.ts", "web/src/**/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: quick,
          exclude: [dist],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["src/**/*.test.ts"],
          exclude: [dist, ...quick],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "house",
          include: ["test/house/**/*.test.ts"],
          exclude: [dist],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/homelab/**/*.test.ts"],
          exclude: [dist],
          ...slow,
          // They often wait for something: three at a time keep two cores busy without making anybody late.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          exclude: [dist],
          ...slow,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
