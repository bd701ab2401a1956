import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Unit tests start real databases and real ansible-playbook processes: more workers than cores only makes them time out.
const maxWorkers = Math.max(1, Math.min(4, availableParallelism()));
const slow = { testTimeout: 240_000, hookTimeout: 240_000 };
const dist = "**/node_modules/**";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "web/src/**/*.test.ts"],
          exclude: [dist],
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
          // Most of them wait for Ansible: two at a time keep two cores busy without making anybody late.
          maxWorkers: 2,
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
