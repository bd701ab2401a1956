import fc from "fast-check";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createGlob } from "./glob.ts";
import { createLinearRegex } from "./linear-regex.ts";
import { resolveHosts } from "./pattern.ts";
import { readInventory } from "./read.ts";

const run = promisify(execFile);

function inventoryOf(groups: Record<string, string[]>, alone: string[] = []) {
  const names = [...new Set([...alone, ...Object.values(groups).flat()])];
  return {
    dynamic: false,
    hosts: names.map((name) => ({
      name,
      groups: [],
      connection: "ssh",
      address: name,
      port: 22,
      user: null,
    })),
    groups: Object.entries(groups).map(([name, hosts]) => ({ name, hosts })),
  };
}

const lab = inventoryOf(
  { web: ["web1", "web2", "web3"], db: ["db1", "db2"], prod: ["web1", "web2", "db1"], "db.old": ["db2"] },
  ["lone"],
);

test.each([
  ["all", ["lone", "web1", "web2", "web3", "db1", "db2"]],
  ["*", ["lone", "web1", "web2", "web3", "db1", "db2"]],
  ["web", ["web1", "web2", "web3"]],
  ["web2", ["web2"]],
  ["web:db", ["web1", "web2", "web3", "db1", "db2"]],
  ["web,db1", ["web1", "web2", "web3", "db1"]],
  ["web:&prod", ["web1", "web2"]],
  ["web:db:&prod:!web1", ["web2", "db1"]],
  ["!web1:web", ["web2", "web3"]],
  ["&prod", ["web1", "web2", "db1"]],
  ["!web", ["lone", "db1", "db2"]],
  ["w*", ["web1", "web2", "web3"]],
  ["web?", ["web1", "web2", "web3"]],
  ["*1", ["web1", "db1"]],
  ["web[0]", ["web1"]],
  ["web[-1]", ["web3"]],
  ["web[0:1]", ["web1", "web2"]],
  ["web[1:]", ["web2", "web3"]],
  ["~(web|db)1$", ["web1", "db1"]],
  ["~.*2", ["web2", "db2"]],
  ["localhost", ["localhost"]],
  ["web1:localhost", ["web1", "localhost"]],
  ["nothing", []],
  ["a:b,web", ["web1", "web2", "web3"]],
  ["", ["lone", "web1", "web2", "web3", "db1", "db2"]],
])("the pattern %j chooses %j", (pattern, hosts) => {
  expect(resolveHosts(lab, pattern)).toEqual({ hosts });
});

test.each([
  ["{{ target }}", /template/],
  ["~(?=web)x", /regular expression/],
  ["~(a)\\1", /regular expression/],
  ["@hosts.txt", /file/],
])("the pattern %j is not resolved, and it says why", (pattern, reason) => {
  expect(resolveHosts(lab, pattern)).toEqual({ unresolved: expect.stringMatching(reason) });
});

test("a dynamic inventory resolves nothing but localhost", () => {
  const dynamic = { ...lab, dynamic: true };
  expect(resolveHosts(dynamic, "web")).toEqual({ unresolved: expect.stringMatching(/script or plug-in/) });
  expect(resolveHosts(dynamic, "localhost")).toEqual({ hosts: ["localhost"] });
});

test("regular expressions and globs that stall a backtracking engine end here", () => {
  const text = "a".repeat(250);
  expect(createLinearRegex("(a+)+(a|aa)*(a*)*b")?.(text)).toBe(false);
  expect(createGlob(`${"*a".repeat(100)}b`)(text)).toBe(false);
  expect(createLinearRegex("(((a{99}){99}){99}){99}")).toBe(undefined);
});

test("a regular expression matches as JavaScript's own does, from the start of the name", () => {
  const atom = fc.constantFrom(
    "a",
    "b",
    ".",
    "[ab]",
    "[^a]",
    "\\d",
    "\\w",
    "\\.",
    "(a|b)",
    "(?:ab)",
    "(b|)",
    "^",
    "$",
    "\\b",
  );
  const piece = fc.tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{1,2}", "{2}", "*?"));
  const usable = piece.filter(([one, count]) => count === "" || !["^", "$", "\\b"].includes(one));
  const pattern = fc
    .array(usable, { maxLength: 5 })
    .map((pieces) => pieces.map((each) => each.join("")).join(""));
  fc.assert(
    fc.property(
      pattern,
      fc.string({ unit: fc.constantFrom("a", "b", "1", ".", "-"), maxLength: 8 }),
      (source, text) => {
        expect(createLinearRegex(source)?.(text)).toBe(new RegExp(`^(?:${source})`, "u").test(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a glob matches as a plain translation to a regular expression does", () => {
  const part = fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", ".", "-");
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join("")),
      fc.string({ unit: fc.constantFrom("a", "b", "c", ".", "-"), maxLength: 8 }),
      (glob, text) => {
        const source = glob
          .replaceAll(/[.]/g, "\\.")
          .replaceAll("[!", "[^")
          .replaceAll("*", ".*")
          .replaceAll("?", ".");
        expect(createGlob(glob)(text)).toBe(new RegExp(`^(?:${source})$`, "v").test(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

/* The reference: sets, in the order unions, intersections, exclusions. */
function model(pattern: string[], groups: Record<string, string[]>, all: string[]): string[] {
  const setOf = (name: string) =>
    new Set(name === "all" ? all : (groups[name] ?? (all.includes(name) ? [name] : [])));
  const plain = pattern.filter((part) => !/^[!&]/.test(part));
  let found = new Set((plain.length === 0 ? ["all"] : plain).flatMap((name) => [...setOf(name)]));
  for (const part of pattern.filter((each) => each.startsWith("&")))
    found = found.intersection(setOf(part.slice(1)));
  for (const part of pattern.filter((each) => each.startsWith("!")))
    found = found.difference(setOf(part.slice(1)));
  return all.filter((host) => found.has(host));
}

test("unions, intersections and exclusions are those of sets", () => {
  const hosts = ["h1", "h2", "h3", "h4", "h5"];
  const group = fc.uniqueArray(fc.constantFrom(...hosts), { maxLength: 5 });
  const groups = fc.record({ g1: group, g2: group, g3: group });
  const name = fc.constantFrom("g1", "g2", "g3", "all", ...hosts);
  const part = fc.tuple(fc.constantFrom("", "", "!", "&"), name).map((each) => each.join(""));
  fc.assert(
    fc.property(
      groups,
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(":", ","),
      (given, parts, by) => {
        expect(resolveHosts(inventoryOf(given, hosts), parts.join(by))).toEqual({
          hosts: model(parts, given, hosts),
        });
      },
    ),
    { numRuns: 1_000 },
  );
});

test("no pattern makes it throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."~*?[]()!&:,ab1{}+|\\^$.- ".split("")), maxLength: 20 }),
      (pattern) => {
        expect(typeof resolveHosts(lab, pattern)).toBe("object");
      },
    ),
    { numRuns: 3_000 },
  );
});

test("[INFRA-01] Ansible itself chooses the same hosts", { timeout: 120_000 }, async () => {
  await using copy = await copyRepository("flat");
  const { inventory } = await readInventory({ root: copy.root, path: "inventory.ini" });
  const patterns = [
    "all",
    "web:!staging",
    "web:database:&production",
    "web0[12]",
    "web[0]",
    "web[0:1]",
    "web[1:],gateway",
    "*.lan",
    "~(web|db).*[13]",
    "production:!~db.*",
    "localhost",
    "ungrouped",
    "w*:&staging",
    "none-such",
  ];
  const plays = patterns.map((hosts) => ({ hosts, gather_facts: false }));
  await copy.write("patterns.yml", JSON.stringify(plays));
  const { stdout } = await run("ansible-playbook", ["-i", "inventory.ini", "--list-hosts", "patterns.yml"], {
    cwd: copy.root,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: copy.outside,
      LANG: "C.UTF-8",
      ANSIBLE_CONFIG: join(copy.outside, "none.cfg"),
    },
  });
  const theirs = stdout
    .split(/^ {2}play #\d+.*$/m)
    .slice(1)
    .map((part) => part.match(/^ {6}\S+$/gm)?.map((line) => line.trim()) ?? []);
  const ours = patterns.map((pattern) => resolveHosts(inventory, pattern));
  expect(theirs).toHaveLength(patterns.length);
  expect(patterns.map((pattern, index) => [pattern, theirs[index]?.sort()])).toEqual(
    patterns.map((pattern, index) => {
      const resolved = ours[index];
      return [pattern, resolved !== undefined && "hosts" in resolved ? [...resolved.hosts].sort() : resolved];
    }),
  );
});
