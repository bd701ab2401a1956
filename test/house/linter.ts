import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const configFile = z.looseObject({
  jsPlugins: z.array(z.string()),
  options: z.looseObject({ typeAware: z.boolean() }),
});
const answer = z.object({
  diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string(), message: z.string() })),
});

export interface Finding {
  file: string;
  /** As oxlint prints it, such as `eslint(no-restricted-imports)`. */
  rule: string;
}

/** Lints the given files (path -> text) under this repository's own rules in an empty folder; type-aware rules are off there. */
export function lintFiles(files: ReadonlyMap<string, string>): Finding[] {
  const folder = mkdtempSync(path.join(tmpdir(), "chiffon-lint-"));
  try {
    const config = configFile.parse(JSON.parse(readFileSync(path.join(root, ".oxlintrc.json"), "utf8")));
    config.options.typeAware = false;
    config.jsPlugins = config.jsPlugins.map((file) => path.join(root, file));
    writeFileSync(path.join(folder, ".oxlintrc.json"), JSON.stringify(config));
    for (const [name, text] of files) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const oxlint = path.join(root, "node_modules", "oxlint", "bin", "oxlint");
    const done = spawnSync(process.execPath, [oxlint, "--format", "json"], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    const { diagnostics } = answer.parse(JSON.parse(done.stdout));
    return diagnostics.map(({ code, filename, message }) => ({
      file: path.relative(folder, path.resolve(folder, filename)),
      rule: code ?? message,
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
