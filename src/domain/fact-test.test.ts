import { expect, test } from "vitest";
import { HostFacts, type FactTest } from "../contracts/fact.ts";
import { decideTest, describeTest } from "./fact-test.ts";

const facts = HostFacts.parse({
  memory_mb: "1950",
  memory_free_mb: "500",
  disk_bytes: "100000000000",
  disk_free_bytes: 9.5e9,
  cores: "2",
  uptime_seconds: "7776000",
  system: "Debian",
  version: "12.11",
  architecture: "x86_64",
});

const decide = (test_: FactTest, told: HostFacts | undefined = facts) =>
  decideTest(test_, { host: "web1", facts: told });

test.each([
  // A machine that is sold with 2 GB has a little less than 2 GiB: it does not have less than 2 GB.
  [{ fact: "memory", is: "less", value: 2e9 }, false],
  [{ fact: "memory", is: "at-least", value: 2e9 }, true],
  [{ fact: "memory-free", is: "less", value: 600e6 }, true],
  [{ fact: "memory-used", is: "more", value: 70 }, true],
  [{ fact: "disk", is: "equal", value: 1e11 }, true],
  [{ fact: "disk-free", is: "more", value: 1e10 }, false],
  [{ fact: "disk-used", is: "more", value: 80 }, true],
  [{ fact: "cores", is: "at-most", value: 2 }, true],
  [{ fact: "cores", is: "more", value: 2 }, false],
  [{ fact: "uptime", is: "more", value: 90 * 86_400 }, false],
  [{ fact: "uptime", is: "at-least", value: 90 * 86_400 }, true],
  [{ fact: "system", is: "equal", value: "debian" }, true],
  [{ fact: "system", is: "equal", value: "debian 12" }, true],
  [{ fact: "system", is: "equal", value: "debian 1" }, false],
  [{ fact: "system", is: "not-equal", value: "ubuntu" }, true],
  [{ fact: "architecture", is: "equal", value: "x86_64" }, true],
] satisfies [FactTest, boolean][])("%o is %s", (asked, holds) => {
  expect(decide(asked).holds).toBe(holds);
});

test("it says what the machine has, and what it would have to have", () => {
  expect(decide({ fact: "memory", is: "less", value: 2e9 })).toEqual({
    holds: false,
    text: "memory of web1 is 2.04 GB, and has to be less than 2 GB",
  });
  expect(decide({ fact: "system", is: "equal", value: "debian 11" }).text).toBe(
    "system of web1 is Debian 12.11, and has to be debian 11",
  );
  expect(decide({ fact: "uptime", is: "more", value: 8_640_000 }).text).toBe(
    "time since the start of web1 is 90 days, and has to be more than 100 days",
  );
  expect(describeTest({ fact: "disk-used", is: "more", value: 80 }, "nas")).toBe(
    "used share of the disk (/) of nas is more than 80 %",
  );
  expect(describeTest({ fact: "system", is: "equal", value: "debian 12" }, "nas")).toBe(
    "system of nas is debian 12",
  );
});

test("what a machine does not tell, or tells as nonsense, is not known: neither the condition nor its opposite holds", () => {
  const odd = HostFacts.parse({
    memory_mb: "unknown",
    disk_bytes: -1,
    cores: { a: 1 },
    uptime_seconds: "",
    system: "x".repeat(1_000),
    version: 12,
  });
  expect(odd).toEqual({});
  for (const fact of ["memory", "disk", "cores", "uptime", "memory-used"] as const)
    for (const is of ["less", "at-least"] as const) {
      expect(decide({ fact, is, value: 1 }, odd).holds).toBeNull();
      expect(decideTest({ fact, is, value: 1 }, { host: "web1", facts: undefined }).holds).toBeNull();
    }
  expect(decide({ fact: "system", is: "not-equal", value: "debian" }, odd)).toEqual({
    holds: null,
    text: "the system of web1 is not known",
  });
});
