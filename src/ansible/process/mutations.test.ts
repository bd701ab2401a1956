import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  appendFile,
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttemptSpec } from "./attempt-spec.ts";
import { prepareAttempt } from "./prepare.ts";
import { runFiles } from "./run-files.ts";
import { startSupervisor } from "./start-supervisor.ts";
import { createLab, finish, type Lab } from "./testing/lab.ts";

const run = promisify(execFile);

/** What somebody could do who can write to Chiffon's data folder, between the approval and the start. */
interface Tampering {
  readonly name: string;
  /** `seed` chooses file, byte and so on. */
  readonly act: (at: { spec: AttemptSpec; files: readonly string[]; seed: number }) => Promise<void>;
}

const pick = <T>(list: readonly T[], seed: number): T => {
  const found = list[seed % list.length];
  if (found === undefined) throw new Error("nothing to choose from");
  return found;
};
const chosen = ({ spec, files, seed }: Parameters<Tampering["act"]>[0]) =>
  join(spec.tree ?? "", pick(files, seed));

async function flipByte(path: string, seed: number): Promise<void> {
  const bytes = await readFile(path);
  const at = (seed >>> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (seed & 7));
  await writeFile(path, bytes);
}

const tamperings: readonly Tampering[] = [
  { name: "one bit of a file", act: (at) => flipByte(chosen(at), at.seed) },
  { name: "a byte more", act: (at) => appendFile(chosen(at), "\n") },
  { name: "a file without content", act: (at) => writeFile(chosen(at), "") },
  { name: "a file that is gone", act: (at) => unlink(chosen(at)) },
  { name: "a file with another name", act: (at) => rename(chosen(at), `${chosen(at)}.old`) },
  {
    name: "two files that changed places",
    act: async (at) => {
      const [one, two] = [chosen(at), chosen({ ...at, seed: at.seed + 1 })];
      await rename(one, `${one}.x`);
      await rename(two, one);
      await rename(`${one}.x`, two);
    },
  },
  {
    name: "a file that may be executed, or may not any more",
    act: async (at) => {
      const { mode } = await stat(chosen(at));
      await chmod(chosen(at), mode ^ 0o111);
    },
  },
  {
    name: "a link to a file with the same content",
    act: async (at) => {
      const away = join(at.spec.runDir, "..", `same-${at.seed}`);
      await copyFile(chosen(at), away);
      await unlink(chosen(at));
      await symlink(away, chosen(at));
    },
  },
  {
    name: "a folder that became a link to one with the same files",
    act: async (at) => {
      const folder = join(at.spec.tree ?? "", pick(["roles", "group_vars", "roles/app/tasks"], at.seed));
      const away = join(at.spec.runDir, "..", `folder-${at.seed}`);
      await cp(folder, away, { recursive: true });
      await rm(folder, { recursive: true });
      await symlink(away, folder);
    },
  },
  {
    name: "a pipe in the place of a file",
    act: async (at) => {
      await unlink(chosen(at));
      await run("mkfifo", [chosen(at)]);
    },
  },
  {
    name: "a folder in the place of a file",
    act: async (at) => {
      await unlink(chosen(at));
      await mkdir(chosen(at));
    },
  },
  {
    name: "a file that nobody approved",
    act: async (at) => {
      const path = pick(
        [
          "host_vars/localhost.yml",
          "group_vars/all/more.yml",
          "library/ping.py",
          "x",
          "roles/app/vars/main.yml",
        ],
        at.seed,
      );
      const target = join(at.spec.tree ?? "", path);
      if (path === "group_vars/all/more.yml") await rm(join(at.spec.tree ?? "", "group_vars/all.yml"));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, "a: 1\n");
    },
  },
  {
    name: "a link that nobody approved",
    act: (at) => symlink("/etc", join(at.spec.tree ?? "", `link-${at.seed}`)),
  },
  {
    name: "a file of the run itself: configuration, variables, host keys, approved hosts, command line",
    act: async (at) => {
      const { configuration, variables, knownHosts, hosts, job } = runFiles;
      const path = join(at.spec.runDir, pick([configuration, variables, knownHosts, hosts, job], at.seed));
      await appendFile(path, "\n");
    },
  },
  {
    name: "another command line",
    act: async (at) => {
      const path = join(at.spec.runDir, runFiles.job);
      const job = await readFile(path, "utf8");
      const changed = pick(
        [
          job.replace("--limit=localhost", "--limit=all"),
          job.replace(/"inputs":\[.*?\]/, '"inputs":[]'),
          job.replace('"LANG"', '"ANSIBLE_STRATEGY":"debug","LANG"'),
          job.replace("site.yml", "other.yml"),
        ],
        at.seed,
      );
      expect(changed).not.toBe(job);
      await writeFile(path, changed);
    },
  },
];

/** A tree as a snapshot has it, with its list. */
async function makeTree(lab: Lab, name: string, mark: string): Promise<string> {
  const tree = join(lab.folder, name);
  const files: Record<string, string> = {
    "site.yml": `- hosts: localhost\n  gather_facts: false\n  roles: [app]\n`,
    "other.yml": `- hosts: localhost\n  gather_facts: false\n  tasks: [{command: touch ${mark}}]\n`,
    "roles/app/tasks/main.yml": `- command: touch ${mark}\n`,
    "roles/app/files/run.sh": "#!/bin/sh\nexit 0\n",
    "group_vars/all.yml": "level: 1\n",
    ".chiffon-hosts.yml": '"all":\n  "hosts":\n    "localhost":\n      "ansible_connection": "local"\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  await chmod(join(tree, "roles/app/files/run.sh"), 0o755);
  return tree;
}

async function listInputs(tree: string): Promise<{ path: string; sha256: string; executable: boolean }[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const sha256 = createHash("sha256")
          .update(await readFile(path))
          .digest("hex");
        return { path, sha256, executable: ((await stat(path)).mode & 0o111) !== 0 };
      }),
  );
}

const rounds = 200;
const atOnce = 4;

test(
  "[P3] of 200 changes between approval and start, with real processes, none lets the playbook run",
  { timeout: 240_000 },
  async () => {
    await using lab = await createLab();
    const seeds = fc.sample(fc.nat({ max: 0x7fffffff }), { numRuns: rounds, seed: 20_261_130 });
    const reasons = new Map<string, number>();
    const attempt = async (index: number, tampering: Tampering | undefined) => {
      const mark = join(lab.folder, `mark-${index}`);
      const tree = await makeTree(lab, `tree-${index}`, mark);
      const inputs = await listInputs(tree);
      const base = await lab.spec("", { runDir: join(lab.folder, "runs", `attempt-${index}`) });
      const spec = {
        ...base,
        projectDir: tree,
        playbook: "site.yml",
        inventory: ".chiffon-hosts.yml",
        inputs,
        tree,
      };
      const prepared = await prepareAttempt(spec);
      const files = inputs.map((input) => relative(tree, input.path)).toSorted();
      await tampering?.act({ spec, files, seed: seeds[index] ?? 0 });
      const { result } = await finish(spec, await startSupervisor(spec, prepared));
      return { result, ran: existsSync(mark) };
    };
    expect(await attempt(rounds, undefined)).toMatchObject({ ran: true, result: { exitCode: 0 } });
    const accepted: string[] = [];
    const work = seeds.map((_, index) => index).values();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const index of work) {
          const tampering = pick(tamperings, index);
          const { result, ran } = await attempt(index, tampering);
          const isRefused = result.reason === "refused" && result.refused?.code === 5007;
          if (ran || !isRefused || result.startedAt !== null) accepted.push(tampering.name);
          else reasons.set(tampering.name, (reasons.get(tampering.name) ?? 0) + 1);
        }
      }),
    );
    expect(accepted).toEqual([]);
    expect([...reasons.values()].reduce((sum, count) => sum + count, 0)).toBe(rounds);
    process.stdout.write(
      `[P3] ${rounds} changes of ${tamperings.length} kinds after the approval: 0 accepted\n`,
    );
  },
);
