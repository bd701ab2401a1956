// Makes dist/, the form that is published: Node does not strip types below node_modules. `--out DIR` writes elsewhere.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { root } from "./setup/places.mjs";

// Files that the code reads beside itself at run time; tsc copies none of them.
const beside = new Set([".sql", ".py", ".cfg", ".yml"]);
const { values } = parseArgs({ options: { out: { type: "string", default: path.join(root, "dist") } } });
const from = path.join(root, "src");
const out = path.resolve(values.out);

rmSync(out, { recursive: true, force: true });
const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
const done = spawnSync(
  process.execPath,
  [tsc, "-p", path.join(root, "tsconfig.build.json"), "--outDir", out],
  {
    stdio: "inherit",
  },
);
if (done.status === 0) {
  cpSync(from, out, {
    recursive: true,
    filter: (file) =>
      statSync(file).isDirectory() ? path.basename(file) !== "testing" : beside.has(path.extname(file)),
  });
  const main = path.join(out, "main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
} else process.exitCode = 1;
