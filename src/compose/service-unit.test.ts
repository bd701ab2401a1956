import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { describeUnit, type ServiceUnit } from "./service-unit.ts";

const unit: ServiceUnit = {
  node: "/opt/node/bin/node",
  main: "/home/ada/chiffon/src/main.ts",
  up: ["--data", "/home/ada/.local/share/chiffon", "--repo", "/home/ada/my homelab"],
  searchPath: "/home/ada/.local/bin:/usr/bin",
  environmentFile: "/home/ada/.config/chiffon/environment",
};

test("the unit starts the server by absolute paths, again when it fails, and leaves playbooks alone when it stops", () => {
  const lines = describeUnit(unit).split("\n");
  expect(lines).toContain(
    'ExecStart=/opt/node/bin/node /home/ada/chiffon/src/main.ts up --data /home/ada/.local/share/chiffon --repo "/home/ada/my homelab"',
  );
  for (const line of [
    "Restart=on-failure",
    "KillMode=process",
    "Environment=PATH=/home/ada/.local/bin:/usr/bin",
    "EnvironmentFile=-/home/ada/.config/chiffon/environment",
    "WantedBy=default.target",
  ]) {
    expect(lines).toContain(line);
  }
});

test("what systemd would expand or end is quoted, and what it cannot hold is refused", () => {
  const text = describeUnit({
    ...unit,
    up: ["--repo", String.raw`/a/100%/$HOME/"q"/b\c`],
    searchPath: "/a b%c",
  });
  expect(text).toContain(String.raw`up --repo "/a/100%%/$$HOME/\"q\"/b\\c"`);
  expect(text).toContain('Environment="PATH=/a b%%c"');
  expect(() => describeUnit({ ...unit, up: ["--repo", "/a\nExecStartPre=/bin/evil"] })).toThrow(
    /control characters/,
  );
});

if (existsSync("/usr/bin/systemd-analyze"))
  test("systemd finds nothing wrong with it", async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-unit-"));
    try {
      const file = path.join(dir, "chiffon.service");
      await writeFile(file, describeUnit({ ...unit, node: process.execPath, main: "/etc/hostname" }));
      execFileSync("/usr/bin/systemd-analyze", ["verify", "--user", file], {
        env: { PATH: "/usr/bin:/bin", HOME: dir, XDG_RUNTIME_DIR: dir },
        stdio: "pipe",
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
