// Builds the images chiffon-server and chiffon-agent of Dockerfile, with a Docker engine or, where there is none, with buildah,
// which needs no daemon (isolation chroot: it works as root, also where no containers can be made). `--base IMAGE` takes
// another base than the one of Dockerfile. The last line says what came of it; exit code 1 when an image was not built.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { root } from "./setup/places.mjs";

const { values } = parseArgs({ options: { base: { type: "string" } } });
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const builders = [
  { name: "docker", answers: ["version", "--format", "{{.Server.Version}}"], build: ["build"] },
  { name: "buildah", answers: ["--version"], build: ["bud", "--isolation", "chroot"] },
];

const builder = builders.find(
  ({ name, answers }) => spawnSync(name, answers, { stdio: "ignore", timeout: 20_000 }).status === 0,
);
const why = builder === undefined ? "there is no Docker engine here, and no buildah" : buildAll(builder);
if (why !== undefined) {
  process.stdout.write(`image not built: ${why}\n`);
  process.exitCode = 1;
}

/** Why one could not be built; undefined when all were. */
function buildAll({ name, build }) {
  for (const target of ["server", "agent"]) {
    const image = `chiffon-${target}:${version}`;
    const base = values.base === undefined ? [] : ["--build-arg", `BASE=${values.base}`];
    const args = [...build, "--target", target, "--tag", image, ...base, "--file", "Dockerfile", "."];
    const stdio = ["ignore", "inherit", "pipe"];
    const done = spawnSync(name, args, { cwd: root, encoding: "utf8", stdio, maxBuffer: 1 << 26 });
    process.stderr.write(done.stderr ?? "");
    if (done.status !== 0)
      return `${image}: ${name}: ${done.stderr?.trim().split("\n").at(-1) || `it ended with ${done.status ?? done.signal}`}`;
    process.stdout.write(`image built: ${image}, by ${name}\n`);
  }
  return undefined;
}
