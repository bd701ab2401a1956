import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { root } from "./linter.ts";

/** What a person reads. docs/requirements.md has a check of its own. */
const documents = [
  "README.md",
  "SECURITY.md",
  ...readdirSync(path.join(root, "docs"))
    .filter((name) => name.endsWith(".md") && name !== "requirements.md")
    .map((name) => `docs/${name}`),
];
const manifest = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

interface Help {
  readonly subcommands: readonly string[];
  /** Whether an option is followed by a value, by its long and short name. */
  readonly options: ReadonlyMap<string, boolean>;
  readonly needed: number;
  readonly most: number;
}

/** Help of every command by its words: "" is the program, "plan approve" a command of a group. */
let helps: ReadonlyMap<string, Help>;

beforeAll(() => {
  helps = readHelps();
}, 120_000);

test("every command in the documents exists, with its options and as many words as it takes", () => {
  const commands = documents.flatMap((file) => findCommands(file, read(file)));
  expect(commands.length).toBeGreaterThan(60);

  const problems = commands.flatMap(({ at, line }) => {
    const problem = findProblem(splitWords(line));
    return problem === undefined ? [] : [`${at}: ./chiffon ${line}: ${problem}`];
  });

  expect(problems).toEqual([]);
});

test("every linked file and heading exists", () => {
  expect(documents.flatMap((file) => findBrokenLinks(file, read(file)))).toEqual([]);
});

test("what is named by a path, a script, a variable or the title of a test exists", () => {
  expect(documents.flatMap((file) => findMissingNames(file, read(file)))).toEqual([]);
});

test("every command of the help is told in docs/commands.md", () => {
  const told = findCommands("docs/commands.md", read("docs/commands.md")).map(
    ({ line }) => resolveCommand(splitWords(line)).name,
  );
  const leaves = [...helps].filter(([name, help]) => name !== "" && help.subcommands.length === 0);

  expect(leaves.map(([name]) => name).filter((name) => !told.includes(name))).toEqual([]);
});

test("these checks find what they are for", () => {
  expect(findProblem(["plan", "prove", "X"])).toContain("prove");
  expect(findProblem(["dashboard"])).toContain("dashboard");
  expect(findProblem(["run", "watch", "X", "--colour"])).toContain("--colour");
  expect(findProblem(["run", "watch"])).toContain("at least 1");
  expect(findProblem(["run", "watch", "X", "Y"])).toContain("at most 1");
  expect(findProblem(["agents", "--json"])).toBeUndefined();
  expect(
    findCommands("a", '`./chiffon up`\n```sh\npass | ./chiffon ask "a | b" --json > x  # why\n```'),
  ).toMatchObject([{ line: "up" }, { line: 'ask "a | b" --json' }]);
  expect(
    findBrokenLinks("README.md", "[a](docs/nothing.md) [b](#nowhere) [c](https://example.org)"),
  ).toHaveLength(2);
  const names =
    "`src/nothing.ts` `npm run nothing` `CHIFFON_NOTHING` `test/house/texts.test.ts`: “nothing of this”";
  expect(findMissingNames("README.md", names)).toHaveLength(4);
});

function read(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

/** Every `./chiffon …` of code blocks and inline code, without what comes before, behind a pipe or in a comment. */
function findCommands(file: string, text: string): { at: string; line: string }[] {
  let isBlock = false;
  return text.split("\n").flatMap((line, index) => {
    if (line.startsWith("```")) {
      isBlock = !isBlock;
      return [];
    }
    const parts = isBlock ? [line] : [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    return parts.flatMap((part) => {
      const found = /(?:^|[\s|=])\.\/chiffon\s+([^\s].*)$/.exec(part)?.[1];
      return found === undefined ? [] : [{ at: `${file}:${index + 1}`, line: cutShell(found) }];
    });
  });
}

/** Up to the first pipe, redirection, comment or further command that stands outside of quotes. */
function cutShell(line: string): string {
  return (/^(?:"[^"]*"|'[^']*'|[^"'|<>;&#])*/.exec(line)?.[0] ?? "").trim();
}

function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
}

/** The command that the first words name, its own words removed; a group without a further word is its `list`. */
function resolveCommand(words: readonly string[]): { name: string; rest: readonly string[] } {
  let name = "";
  let rest = words;
  for (
    let next = rest[0];
    next !== undefined && helps.get(name)?.subcommands.includes(next) === true;
    next = rest[0]
  ) {
    name = `${name} ${next}`.trim();
    rest = rest.slice(1);
  }
  const help = helps.get(name);
  const isDefault = help?.subcommands.includes("list") === true && (rest[0] ?? "--").startsWith("--");
  return isDefault && !rest.includes("--help") ? { name: `${name} list`.trim(), rest } : { name, rest };
}

function findProblem(words: readonly string[]): string | undefined {
  const { name, rest } = resolveCommand(words);
  const help = helps.get(name);
  if (help === undefined) return `there is no command "${name}"`;
  let given = 0;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? "";
    if (!/^--?[a-z]/i.test(word)) given += 1;
    else if (word === "--help" || (word === "--version" && name === "")) return undefined;
    else {
      const takesValue = help.options.get(word.split("=")[0] ?? "");
      if (takesValue === undefined) return `"${name}" has no option ${word}`;
      if (takesValue && !word.includes("=")) at += 1;
    }
  }
  if (help.subcommands.length > 0) return `"${name}" has no command ${rest[0] ?? "of that name"}`;
  if (given < help.needed) return `it takes at least ${help.needed} words`;
  return given > help.most ? `it takes at most ${help.most} words` : undefined;
}

/** The real `--help` of every command. One process prints them all: starting one for each would take half a minute. */
function readHelps(): Map<string, Help> {
  const found = new Map<string, Help>();
  let names = [""];
  while (names.length > 0) {
    const texts = printHelps(names);
    const below: string[] = [];
    for (const [index, name] of names.entries()) {
      const help = parseHelp(texts[index] ?? "");
      found.set(name, help);
      below.push(...help.subcommands.map((each) => `${name} ${each}`.trim()));
    }
    names = below;
  }
  return found;
}

function printHelps(names: readonly string[]): string[] {
  const border = "\u0001";
  const main = pathToFileURL(path.join(root, "src/main.ts")).href;
  const script = `
    process.setMaxListeners(0);
    process.stdout.columns = 400;
    for (const [index, name] of ${JSON.stringify(names)}.entries()) {
      process.argv = [process.argv[0], "chiffon", ...name.split(" ").filter(Boolean), "--help"];
      await import(${JSON.stringify(main)} + "?" + index);
      await new Promise((resolve) => setImmediate(resolve));
      process.stdout.write(${JSON.stringify(border)});
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
  });
  const texts = stdout.split(border).slice(0, -1);
  if (texts.length !== names.length || texts.some((text) => !text.startsWith("Usage:")))
    throw new Error(stderr);
  return texts;
}

function parseHelp(text: string): Help {
  const section = (title: string): string[] => {
    const body = new RegExp(`^${title}:\\n((?: .*\\n|\\n(?= ))*)`, "m").exec(text)?.[1] ?? "";
    return body.split("\n").filter((line) => /^ {2}\S/.test(line));
  };
  const options = new Map<string, boolean>();
  for (const line of section("Options")) {
    const flags = line.trim().split(/ {2,}/)[0] ?? "";
    for (const name of flags.match(/--?[a-z][a-z-]*/gi) ?? []) options.set(name, /[<[]/.test(flags));
  }
  const subcommands = section("Commands").map((line) => line.trim().split(/[ [<]/)[0] ?? "");
  const words = (/^Usage: .*$/m.exec(text)?.[0] ?? "").match(/<[^>]+>|\[[^\]]+\]/g) ?? [];
  const own = words.filter((word) => word !== "[options]" && word !== "[command]");
  return {
    subcommands: subcommands.filter((name) => name !== "help"),
    options,
    needed: own.filter((word) => word.startsWith("<")).length,
    most: own.some((word) => word.includes("...")) ? Number.POSITIVE_INFINITY : own.length,
  };
}

function findBrokenLinks(file: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const link = match[1] ?? "";
    if (/^[a-z]+:/.test(link)) return [];
    const [target = "", heading] = link.split("#");
    const at = target === "" ? file : path.posix.join(path.posix.dirname(file), target);
    if (!existsSync(path.join(root, at))) return [`${file}: ${link}`];
    return heading === undefined || headingsOf(read(at)).has(heading) ? [] : [`${file}: ${link}`];
  });
}

function headingsOf(text: string): Set<string> {
  const slug = (title: string): string =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
      .replaceAll(" ", "-");
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? "")));
}

function findMissingNames(file: string, text: string): string[] {
  // compose.yaml has variables of its own.
  const configuration = read("src/config.ts") + read("compose.yaml");
  // How much some tests do.
  const soaks = read("test/e2e/database-faults.test.ts") + read("test/e2e/stream-faults.test.ts");
  const code = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  const paths = code.filter((each) => /^(src|test|docs|examples|tools|bench)\/[\w./-]+$/.test(each));
  const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
  const variables = [...text.matchAll(/\bCHIFFON_[A-Z_]+\b/g)].map((match) => match[0]);
  const titles = [...text.matchAll(/`([\w./-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap((match) =>
    [...(match[2] ?? "").matchAll(/“([^”]+)”/g)].map((title) => ({
      at: match[1] ?? "",
      title: title[1] ?? "",
    })),
  );
  return [
    ...paths.filter((each) => !existsSync(path.join(root, each))),
    ...scripts.filter((each) => manifest.scripts[each] === undefined),
    ...variables.filter((each) => !`${configuration}${soaks}`.includes(each.replace(/_FILE$/, ""))),
    ...titles
      .filter(({ at, title }) => !existsSync(path.join(root, at)) || !read(at).includes(title))
      .map(({ at, title }) => `${at} has no test “${title}”`),
  ].map((missing) => `${file}: ${missing}`);
}
