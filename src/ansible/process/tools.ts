import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { ansibleConfiguration } from "./environment.ts";

/** An Ansible installation. */
export type AnsibleTools = {
  /** Absolute path of `ansible-playbook`. */
  playbook: string;
  /** Absolute path of `ansible-inventory`, null when it is not installed beside it. */
  inventory: string | null;
  /** Absolute path of `ansible-lint`, null when there is none. */
  lint: string | null;
  /** The interpreter that runs Ansible; also runs our supervisor. */
  python: string;
  /** Version of ansible-core, for example `2.14.18`. */
  version: string;
  /** Folders in which Ansible looks for collections, in order; each holds `ansible_collections`. */
  collections: readonly string[];
  /** SHA-256 of the ansible.cfg that attempts get. */
  configSha256: string;
  /** PATH for Ansible's own look-ups (ssh, git, …), the tool's folder first. */
  searchPath: string;
  home: string;
};

type FindOptions = {
  /** Entries of PATH, in order. */
  search: readonly string[];
  home: string;
  /** A virtual environment that has Ansible; looked at first. */
  venv?: string;
  signal?: AbortSignal;
};

interface Answer {
  python: string;
  version: string;
  /** Where Ansible's own modules lie. */
  library: string | null;
}

const cache = new Map<string, Answer>();

/** The first `ansible-playbook` that answers: in the given virtual environment, on PATH, in `~/.local/bin`. */
export async function findAnsible(options: FindOptions): Promise<AnsibleTools | undefined> {
  const folders = [
    ...(options.venv === undefined ? [] : [join(options.venv, "bin")]),
    ...options.search.filter((folder) => folder.startsWith("/")),
    join(options.home, ".local", "bin"),
  ];
  for (const folder of new Set(folders)) {
    const playbook = join(folder, "ansible-playbook");
    if (!(await isExecutable(playbook))) continue;
    const found = await readVersion(playbook, folders, options);
    if (found === undefined) continue;
    return {
      playbook,
      inventory: await findTool("ansible-inventory", [folder]),
      lint: await findTool("ansible-lint", [folder, ...folders]),
      python: found.python,
      version: found.version,
      collections: [
        join(options.home, ".ansible", "collections"),
        "/usr/share/ansible/collections",
        ...(found.library === null ? [] : [dirname(found.library)]),
      ],
      configSha256: createHash("sha256").update(ansibleConfiguration).digest("hex"),
      searchPath: searchPath(folder, folders),
      home: options.home,
    };
  }
  return undefined;
}

function searchPath(first: string, folders: readonly string[]): string {
  return [...new Set([first, ...folders])].join(delimiter);
}

async function findTool(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

/** Asking costs half a second of CPU, so the answer is kept until the file changes. */
async function readVersion(
  playbook: string,
  folders: readonly string[],
  options: FindOptions,
): Promise<Answer | undefined> {
  const target = await realpath(playbook);
  const { mtimeMs, size } = await stat(target);
  const key = `${playbook}:${target}:${mtimeMs}:${size}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const text = await run(playbook, searchPath(dirname(playbook), folders), options);
  const version = /^ansible-playbook \[core ([0-9][0-9A-Za-z.+-]*)\]/m.exec(text)?.[1];
  const python = /^\s*python version = .* \((\/[^()]+)\)\s*$/m.exec(text)?.[1];
  if (version === undefined || python === undefined || !(await isExecutable(python))) return undefined;
  const library = /^\s*ansible python module location = (\/\S.*?)\s*$/m.exec(text)?.[1] ?? null;
  const found = { python, version, library };
  cache.set(key, found);
  return found;
}

function run(playbook: string, path: string, options: FindOptions): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      playbook,
      ["--version"],
      {
        env: { PATH: path, HOME: options.home, LANG: "C.UTF-8" },
        // Not where we are: the working directory of the server may hold an ansible.cfg.
        cwd: "/",
        timeout: 30_000,
        maxBuffer: 1 << 20,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout) => {
        // One that does not start is as good as none: the next folder may have a working one.
        resolve(error === null ? stdout : "");
      },
    );
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
