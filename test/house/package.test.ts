import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { root } from "./linter.ts";

const manifest = z
  .object({
    files: z.array(z.string()),
    dependencies: z.record(z.string(), z.string()),
    bin: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "chiffon-pack-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("the published package starts on plain Node with nothing but its declared dependencies", () => {
  const source = path.join(folder, "source");
  const installed = path.join(folder, "empty", "node_modules");
  mkdirSync(installed, { recursive: true });
  pack(source, path.join(installed, "chiffonctl"));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(path.dirname(path.join(installed, name)), { recursive: true });
    symlinkSync(path.join(root, "node_modules", name), path.join(installed, name));
  }

  const main = path.join(installed, "chiffonctl", manifest.bin["chiffon"] ?? "no bin");
  const help = run(process.execPath, [main, "--help"], path.join(folder, "empty"));

  expect(help.output).toContain("chiffon");
  expect(help.status).toBe(0);
});

test("the build carries every file that the code reads beside itself, and no test", () => {
  const built = path.join(folder, "source", "dist");
  const beside = list(path.join(root, "src")).filter(
    (file) => /\.(sql|py|cfg|yml)$/.test(file) && !/(^|[\\/])testing[\\/]/.test(file),
  );

  expect(beside.filter((file) => !existsSync(path.join(built, file)))).toEqual([]);
  expect(list(built).filter((file) => /\.test\.|(^|[\\/])testing/.test(file))).toEqual([]);
});

/** Builds into `source`, packs that with npm and unpacks the archive as npm would install it. */
function pack(source: string, target: string): void {
  mkdirSync(source);
  for (const name of ["package.json", "LICENSE", ...manifest.files.filter((file) => file !== "dist")])
    if (existsSync(path.join(root, name)))
      cpSync(path.join(root, name), path.join(source, name), { recursive: true });
  succeed(
    run(process.execPath, [path.join(root, "tools/build.mjs"), "--out", path.join(source, "dist")], root),
  );
  succeed(run("npm", ["pack", "--silent", "--ignore-scripts", "--offline"], source));
  const archive = readdirSync(source).find((name) => name.endsWith(".tgz")) ?? "no archive";
  mkdirSync(target);
  succeed(run("tar", ["-xzf", archive, "--strip-components=1", "-C", target], source));
}

function run(command: string, args: string[], cwd: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

function succeed({ status, output }: { status: number | null; output: string }): void {
  if (status !== 0) throw new Error(output);
}

function list(start: string): string[] {
  return readdirSync(start, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(start, path.join(entry.parentPath, entry.name)));
}
