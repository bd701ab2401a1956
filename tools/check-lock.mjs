// Fails when a lock file would not install elsewhere. npm drops the packages of foreign platforms from a lock that it writes
// beside an existing node_modules (cure: remove both, then write), and it can write the host of one machine's registry.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { root } from "./setup/places.mjs";

for (const file of ["package-lock.json", path.join("tools", "runtime", "package-lock.json")]) {
  const text = readFileSync(path.join(root, file), "utf8");
  const { packages } = JSON.parse(text);
  const held = new Set(Object.keys(packages).map((key) => key.split("node_modules/").pop()));
  for (const [key, entry] of Object.entries(packages)) {
    const missing = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !held.has(name));
    if (missing.length > 0) fail(`${file}: ${key || "the package itself"} lacks ${missing.join(", ")}`);
    if (key.includes("node_modules/") && !entry.link && !entry.integrity)
      fail(`${file}: ${key} has no integrity hash`);
  }
  if (/"resolved": "https?:/.test(text)) fail(`${file} names the host of a registry`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
