import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findTools } from "./find-tools.ts";

let home: string;
let bin: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "chiffon-tools-"));
  bin = path.join(home, "bin");
  await mkdir(bin);
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Programs that would leave a trace if anybody started them. */
async function install(...names: string[]): Promise<void> {
  for (const name of names) {
    await writeFile(path.join(bin, name), `#!/bin/sh\ntouch ${home}/started\n`);
    await chmod(path.join(bin, name), 0o755);
  }
}

const look = async (searchPath = bin) =>
  Object.fromEntries(
    await findTools({
      searchPath,
      home,
      dockerSocket: path.join(home, "docker.sock"),
      systemdFolder: path.join(home, "systemd"),
    }),
  );

const nothing = {
  docker: "no",
  podman: "no",
  git: "no",
  node: "no",
  npm: "no",
  compiler: "no",
  systemd: "no",
  supervisor: "no",
};

test("programs of the search path are found without being started; the internet is never looked for", async () => {
  expect(await look()).toEqual(nothing);
  await install("git", "podman", "supervisord", "g++", "gcc");
  await mkdir(path.join(home, "systemd"));
  await symlink(path.join(bin, "git"), path.join(bin, "npm"));
  expect(await look()).toEqual({
    ...nothing,
    git: "yes",
    podman: "yes",
    npm: "yes",
    supervisor: "yes",
    systemd: "yes",
  });
  await install("make");
  expect((await look())["compiler"]).toBe("yes");
  await expect(rm(path.join(home, "started"))).rejects.toThrow("ENOENT");
});

test("folders, files that cannot be run, dead links and relative entries of the path are no programs", async () => {
  await mkdir(path.join(bin, "git"));
  await writeFile(path.join(bin, "npm"), "");
  await symlink("/nowhere/node", path.join(bin, "node"));
  await install("podman");
  expect(await look()).toEqual({ ...nothing, podman: "yes" });
  expect(await look(`${path.relative(process.cwd(), bin)}::.`)).toEqual(nothing);
});

test("Docker is there when its server's socket can be used, and open when it may listen elsewhere", async () => {
  await install("docker");
  expect((await look())["docker"]).toBe("no");
  await mkdir(path.join(home, ".docker"));
  await writeFile(path.join(home, ".docker/config.json"), '{ "currentContext": "rootless" }');
  expect((await look())["docker"]).toBe("unknown");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path.join(home, "docker.sock"), resolve));
  expect((await look())["docker"]).toBe("yes");
  if (process.getuid?.() !== 0) {
    await chmod(path.join(home, "docker.sock"), 0o000);
    expect((await look())["docker"]).toBe("unknown");
  }
  await new Promise((resolve) => server.close(resolve));
});
