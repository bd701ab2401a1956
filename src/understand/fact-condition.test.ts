import { expect, test } from "vitest";
import { readFactCondition } from "./fact-condition.ts";

const gb = 1e9;

test.each([
  ["if web1 has less than 2 GB of memory", "web1", "memory", "less", 2 * gb],
  ["if web1 has at least 512 MB of ram", "web1", "memory", "at-least", 512e6],
  ["if web1 has 4 GiB of memory or more", "web1", "memory", "at-least", 4 * 1_073_741_824],
  ["if web1 has 4 or more cores", "web1", "cores", "at-least", 4],
  ["unless web1 has more than 8 GB of memory", "web1", "memory", "at-most", 8 * gb],
  ["only if web1 has less than 500 MB of free memory", "web1", "memory-free", "less", 500e6],
  ["when memory of web2 is above 90 %", "web2", "memory-used", "more", 90],
  ["if the disk of nas has more than 10 GB free", "nas", "disk-free", "more", 10 * gb],
  ["if nas has less than 10 GB of disk space", "nas", "disk-free", "less", 10 * gb],
  ["if there is less than 10 GB of disk space left on nas", "nas", "disk-free", "less", 10 * gb],
  ["if the free disk space on nas is below 1.5 TB", "nas", "disk-free", "less", 1.5e12],
  ["if the disk of web1 is more than 80 % full", "web1", "disk-used", "more", 80],
  ["if the disk of web1 has less than 20% free", "web1", "disk-used", "more", 80],
  ["if web1 has more than 4 cores", "web1", "cores", "more", 4],
  ["if web1 has fewer than 4 CPUs", "web1", "cores", "less", 4],
  ["if web1 does not have more than 4 cores", "web1", "cores", "at-most", 4],
  ["if it has been up for more than 90 days", null, "uptime", "more", 90 * 86_400],
  ["if the uptime of db2 is at least 12 hours", "db2", "uptime", "at-least", 43_200],
  ["if web1 runs Debian 12", "web1", "system", "equal", "debian 12"],
  ["if web1 is running Ubuntu", "web1", "system", "equal", "ubuntu"],
  ["if web1 doesn\u2019t run Debian", "web1", "system", "not-equal", "debian"],
  ["if web1 is not a debian machine", "web1", "system", "not-equal", "debian"],
  ["if the OS is debian", null, "system", "equal", "debian"],
  ["if not: the OS is debian", null, "system", "not-equal", "debian"],
  ["if the operating system of web1 is Red Hat 9", "web1", "system", "equal", "redhat 9"],
  ["if web1 is arm64", "web1", "architecture", "equal", "aarch64"],
  ["if the host has less than 2 GB of memory", null, "memory", "less", 2 * gb],
  ["if the memory is below 2 GB", null, "memory", "less", 2 * gb],
] as const)("%s is a comparison", (...row) => {
  const [text, host, fact, is, value] = row;
  expect(readFactCondition(text)).toEqual({ host, test: { fact, is, value } });
});

test.each([
  "if web1 has 2 GB of memory",
  "if web1 has less than 2 GB free",
  "if web1 has less than 2 GB of memory and more than 4 cores",
  "if web1 has less than 2 bananas of memory",
  "if the disk is ok",
  "if web1 is down",
  "if web1 is debian 12 or older",
  "if web1 is older than debian 12",
  "if the memory of web1 is above 190 %",
  "if it failed",
  "if web1 has a lot of memory",
  "web1 has less than 2 GB of memory",
  "if less than 2 GB of memory",
  "if web1 has at least 2 GB of memory or more",
  `if ${"web1 ".repeat(60)}has less than 2 GB of memory`,
  "",
])("%s is none, so it becomes a question", (text) => {
  expect(readFactCondition(text)).toBeUndefined();
});
