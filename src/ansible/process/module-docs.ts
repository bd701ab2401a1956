import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { AnsibleTools } from "./tools.ts";

/** What a module says that it does in check mode. */
export type CheckSupport = "full" | "partial" | "none";

/** By module, as written; a module that says nothing, or that is not installed, is not among them. */
export type ModuleDocs = (
  tools: AnsibleTools,
  modules: readonly string[],
) => Promise<ReadonlyMap<string, CheckSupport>>;

const Docs = z.record(
  z.string(),
  z.object({
    doc: z
      .object({
        attributes: z
          .object({ check_mode: z.object({ support: z.string() }) })
          .partial()
          .optional(),
      })
      .nullish(),
  }),
);
const moduleName = /^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*){0,3}$/i;
const longest = 60_000;
const largest = 64 << 20;

/**
 * Asks the installed Ansible (`ansible-doc`) once for each module and version. Nothing of a repository is read: it runs outside of all of
 * them.
 * @param configuration absolute path of an ansible.cfg of ours
 */
export function createModuleDocs(configuration: string): ModuleDocs {
  const known = new Map<string, CheckSupport | undefined>();
  return async (tools, modules) => {
    const keyOf = (module: string): string => `${tools.version} ${tools.playbook} ${module}`;
    const wanted = [...new Set(modules)].filter((module) => moduleName.test(module));
    const missing = wanted.filter((module) => !known.has(keyOf(module)));
    if (missing.length > 0) {
      const found = await ask(tools, missing, configuration);
      for (const module of missing) known.set(keyOf(module), found.get(module));
    }
    return new Map(
      wanted.flatMap((module) => {
        const support = known.get(keyOf(module));
        return support === undefined ? [] : [[module, support] as const];
      }),
    );
  };
}

async function ask(
  tools: AnsibleTools,
  modules: readonly string[],
  configuration: string,
): Promise<Map<string, CheckSupport>> {
  const text = await run(tools, modules, configuration);
  const found = new Map<string, CheckSupport>();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // One without ansible-doc, or that answers otherwise: then only the run itself tells.
    return found;
  }
  const docs = Docs.safeParse(json);
  if (!docs.success) return found;
  for (const [name, { doc }] of Object.entries(docs.data)) {
    const support = doc?.attributes?.check_mode?.support;
    if (support === "full" || support === "partial" || support === "none") found.set(name, support);
  }
  return found;
}

function run(tools: AnsibleTools, modules: readonly string[], configuration: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      join(dirname(tools.playbook), "ansible-doc"),
      ["-j", ...modules],
      {
        env: { PATH: tools.searchPath, HOME: tools.home, LANG: "C.UTF-8", ANSIBLE_CONFIG: configuration },
        cwd: "/",
        timeout: longest,
        maxBuffer: largest,
      },
      (_error, stdout) => resolve(stdout),
    );
  });
}
