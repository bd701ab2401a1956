import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { describeSystemUnit, describeUnit, type ServiceUnit, type SystemUnit } from "./service-unit.ts";

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

const { up: _up, searchPath: _searchPath, ...common } = unit;
const server: SystemUnit = {
  ...common,
  kind: "server",
  user: "chiffon",
  args: ["--host", "0.0.0.0", "--repo", "/srv/my homelab"],
  secrets: [{ option: "CHIFFON_DATABASE_URL", file: "/etc/chiffon/database-url" }],
  environmentFile: "/etc/chiffon/server.env",
};
const agent: SystemUnit = { ...server, kind: "agent", args: [], secrets: [] };

test("a unit of the system has a user, a data directory and secrets by file, and playbooks outlive it", () => {
  const lines = describeSystemUnit(server).split("\n");
  for (const line of [
    "User=chiffon",
    "StateDirectory=chiffon-server",
    'ExecStart=/opt/node/bin/node /home/ada/chiffon/src/main.ts server --data /var/lib/chiffon-server --host 0.0.0.0 --repo "/srv/my homelab"',
    "LoadCredential=chiffon-database-url:/etc/chiffon/database-url",
    "Environment=CHIFFON_DATABASE_URL_FILE=%d/chiffon-database-url",
    "Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "KillMode=process",
    "NoNewPrivileges=yes",
    "StartLimitIntervalSec=0",
  ])
    expect(lines).toContain(line);
  // What a playbook that goes on, or the sandbox of previews, could not live with.
  for (const option of [
    "PrivateTmp",
    "RestrictNamespaces",
    "ProtectKernel",
    "ProtectProc",
    "MemoryDenyWriteExecute",
  ])
    expect(lines.filter((line) => line.startsWith(option))).toEqual([]);
  const ofAgent = describeSystemUnit(agent);
  expect(ofAgent).toContain("main.ts agent --data /var/lib/chiffon-agent\n");
  expect(ofAgent).not.toContain("LoadCredential");
  expect(() => describeSystemUnit({ ...server, user: "a\nUser=root" })).toThrow(/control characters/);
});

if (existsSync("/usr/bin/systemd-analyze"))
  test.each([server, agent])("systemd finds nothing wrong with the unit of a $kind", async (wanted) => {
    const dir = await mkdtemp(path.join(os.tmpdir(), "chiffon-unit-"));
    try {
      const file = path.join(dir, `chiffon-${wanted.kind}.service`);
      // Its user need not exist to read a unit, but is looked up.
      const here = { ...wanted, node: process.execPath, main: "/etc/hostname", user: os.userInfo().username };
      await writeFile(file, describeSystemUnit(here));
      const env = { PATH: "/usr/bin:/bin", HOME: dir };
      const said = execFileSync("/usr/bin/systemd-analyze", ["verify", "--man=no", file], {
        env,
        stdio: "pipe",
      });
      expect(String(said)).toBe("");
    } finally {
      await rm(dir, { recursive: true });
    }
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
