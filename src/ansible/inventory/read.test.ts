import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Inventory } from "../../contracts/catalogue.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { splitWords } from "./ini.ts";
import { createInventoryModel } from "./model.ts";
import { readIniInventory } from "./ini.ts";
import { expandHostEntry } from "./ranges.ts";
import { readHostVariables, readInventory } from "./read.ts";

const run = promisify(execFile);

type AnsibleGroups = Record<string, { hosts?: string[]; children?: string[] }>;
type AnsibleInventory = AnsibleGroups & { _meta: { hostvars: Record<string, Record<string, unknown>> } };

async function askAnsible(root: string, path: string): Promise<AnsibleInventory> {
  const { stdout } = await run("ansible-inventory", ["-i", path, "--playbook-dir", root, "--list"], {
    cwd: root,
    env: { PATH: "/usr/bin:/bin", HOME: root, LANG: "C.UTF-8", ANSIBLE_CONFIG: join(root, "no-such.cfg") },
    maxBuffer: 10_000_000,
  });
  return JSON.parse(stdout) as AnsibleInventory;
}

function membersOf(answer: AnsibleInventory, group: string): string[] {
  const { hosts = [], children = [] } = answer[group] ?? {};
  return [...new Set([...hosts, ...children.flatMap((child) => membersOf(answer, child))])].sort();
}

function expectSame(ours: Inventory, theirs: AnsibleInventory): void {
  expect(ours.hosts.map((host) => host.name).sort()).toEqual(membersOf(theirs, "all"));
  for (const group of ours.groups)
    expect([group.name, [...group.hosts].sort()]).toEqual([group.name, membersOf(theirs, group.name)]);
  const named = Object.keys(theirs).filter((name) => name !== "_meta" && name !== "all");
  for (const name of named) expect(ours.groups.map((group) => group.name)).toContain(name);
  for (const host of ours.hosts) {
    const vars = theirs._meta.hostvars[host.name] ?? {};
    expect(host).toMatchObject({
      address: vars["ansible_host"] ?? host.name,
      port: Number(vars["ansible_port"] ?? 22),
      user: vars["ansible_user"] ?? null,
      connection: vars["ansible_connection"] ?? "ssh",
    });
  }
}

test.each([
  ["flat", "inventory.ini"],
  ["nested", "inventories/prod"],
  ["nested", "inventories/test/hosts.yml"],
  ["projects", "music/hosts"],
] as const)(
  "[INFRA-01] %s/%s is read as Ansible itself reads it",
  { timeout: 60_000 },
  async (name, path) => {
    await using copy = await copyRepository(name);
    const { inventory, findings } = await readInventory({ root: copy.root, path });
    expect(findings).toEqual([]);
    expectSame(inventory, await askAnsible(copy.root, path));
  },
);

test("unusual but valid entries are read as Ansible reads them", { timeout: 60_000 }, async () => {
  await using copy = await copyRepository("empty");
  await copy.write(
    "hosts",
    [
      "; a comment",
      "early ansible_user='first user' note=\"a # b\"",
      "[one] # comment",
      "n[1:5:2].lan ansible_port=2201",
      "n[08:10]",
      "[2001:db8::7]:2207",
      "x[a:c]-[1:2]:2208",
      "[two:children]",
      "one",
      "empty",
      "[empty]",
      "[two:vars]",
      "ansible_connection = local",
      "ansible_user=  spaced out  ",
    ].join("\n"),
  );
  const { inventory, findings } = await readInventory({ root: copy.root, path: "hosts" });
  expect(findings).toEqual([]);
  expect(inventory.hosts).toHaveLength(14);
  expectSame(inventory, await askAnsible(copy.root, "hosts"));
});

test("scripts and plug-ins are dynamic and none of them runs", async () => {
  await using copy = await copyRepository("projects");
  await copy.write("script", `#!/bin/sh\ntouch ${join(copy.outside, "ran")}\necho '{}'\n`, 0o755);
  await copy.write("binary", "\x7fELF\0\0", 0o755);
  await copy.write("cloud.yml", "plugin: some.cloud.hosts\n");
  await copy.write("old.toml", "[web]\n");
  await copy.write("locked.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  const why = {
    script: "script is a script",
    binary: "binary is a program, or too large",
    "cloud.yml": "cloud.yml asks the plug-in some.cloud.hosts",
    "old.toml": "old.toml is TOML, which only a plug-in reads",
    "locked.yml": "locked.yml is encrypted with a vault",
  };
  for (const [path, reason] of Object.entries(why)) {
    expect((await readInventory({ root: copy.root, path })).inventory).toMatchObject({
      path,
      hosts: [],
      groups: [],
      dynamic: true,
      reason,
    });
  }
  expect(existsSync(join(copy.outside, "ran"))).toBe(false);
});

test("a folder with a script beside a file keeps the hosts of the file", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("inventory/hosts", "web1\n");
  await copy.write("inventory/cloud.yml", "plugin: some.cloud.hosts\n");
  await copy.write("inventory/notes.md", "not an inventory");
  await chmod(join(copy.root, "inventory/hosts"), 0o755);
  const { inventory } = await readInventory({ root: copy.root, path: "inventory" });
  expect(inventory).toMatchObject({ dynamic: true, hosts: [{ name: "web1" }] });
});

test("[INFRA-01] says where a vault password is needed, and for whom, never the value", async () => {
  await using copy = await copyRepository("empty");
  await copy.write(
    "hosts.yml",
    "web:\n  hosts:\n    web1:\n      ansible_password: !vault |\n        61\n    web2:\n",
  );
  await copy.write("group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  await copy.write(
    "group_vars/web.yml",
    "port: 80\n'key': !vault |\n  6162\nlist:\n  - !vault |\n    6162\n",
  );
  await copy.write("host_vars/web2", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  await copy.write("host_vars/other.yml", "a: !vault x\n");
  const { inventory } = await readInventory({ root: copy.root, path: "hosts.yml" });
  expect(inventory).toMatchObject({ dynamic: false });
  expect(inventory.encrypted).toEqual([
    { name: "ansible_password", path: "hosts.yml", line: 4 },
    { name: null, path: "group_vars/all/vault.yml", line: null, of: "all" },
    { name: "key", path: "group_vars/web.yml", line: 2, of: "web" },
    { name: null, path: "group_vars/web.yml", line: 5, of: "web" },
    { name: null, path: "host_vars/web2", line: null, of: "web2" },
  ]);
});

test("what cannot be read is said with its line", async () => {
  await using copy = await copyRepository("empty");
  await copy.write(
    "hosts",
    "a[5:1]\nb stray\n[c:odd]\n[d:vars]\nnothing\n[e:children]\nf\n[f:children]\ne\n",
  );
  const { inventory, findings } = await readInventory({ root: copy.root, path: "hosts" });
  expect(findings.map((finding) => finding.line)).toEqual([1, 2, 3, 5, 9]);
  expect(inventory.hosts.map((host) => host.name)).toEqual(["b"]);
  await copy.write("hosts.yml", "web:\n  - a\n");
  expect((await readInventory({ root: copy.root, path: "hosts.yml" })).findings[0]?.message).toMatch(
    /no inventory/,
  );
  await copy.write("bad.yml", "web:\n\thosts:\n");
  expect((await readInventory({ root: copy.root, path: "bad.yml" })).findings).toEqual([
    { path: "bad.yml", line: 2, message: expect.stringMatching(/tab/) },
  ]);
});

test("nothing outside the repository is read, whatever leads there", async () => {
  await using copy = await copyRepository("empty");
  await copy.link("hosts", "/etc/hostname");
  await copy.link("group_vars", copy.outside);
  await copy.write("web", "host1\n");
  for (const path of ["hosts", "../outside", "/etc/hostname", "missing"]) {
    await expect(readInventory({ root: copy.root, path })).rejects.toMatchObject({ code: "not-found" });
  }
  expect((await readInventory({ root: copy.root, path: "web" })).inventory.hosts).toHaveLength(1);
});

test("vaulted and templated connection variables do not break anything", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("hosts", "web1\nweb2 ansible_port=none\n");
  await copy.write(
    "host_vars/web1.yml",
    "ansible_user: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61\nansible_host: '{{ x }}'\n",
  );
  const { inventory } = await readInventory({ root: copy.root, path: "hosts" });
  expect(inventory.hosts).toMatchObject([
    { name: "web1", user: null, address: "{{ x }}" },
    { name: "web2", port: 22 },
  ]);
});

test("a range too large is refused instead of filling the memory", () => {
  expect(expandHostEntry("h[0:999999999]")).toHaveProperty("problem");
  expect(expandHostEntry("h[0:999][0:999]")).toHaveProperty("problem");
  expect(expandHostEntry("h[a:c][1:2]")).toMatchObject({ names: ["ha1", "ha2", "hb1", "hb2", "hc1", "hc2"] });
});

test("no text makes the INI reader throw", () => {
  const unit = fc.constantFrom(..."[]:=#;\"'\\ \n\nab19".split(""), "[a:children]\n", "[b:vars]\n");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 120 }), (text) => {
      const model = createInventoryModel();
      readIniInventory(text, model, () => {});
      model.reconcile();
      for (const host of model.hosts()) model.toHost(host);
      splitWords(text);
    }),
    { numRuns: 2_000 },
  );
});

test("wanted variables of hosts are read with Ansible's precedence, and nothing else is", async () => {
  await using copy = await copyRepository("flat");
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(copy.root, name)), { recursive: true });
    await writeFile(join(copy.root, name), text);
  };
  await write("inv/hosts", "[web]\na way=inline\nb\nc\n\n[web:vars]\nway=group\nport=1\n");
  await write("inv/group_vars/all.yml", "way: all\nrelease: 1.5\nlist: [1]\n");
  await write("inv/host_vars/b.yml", "way: beside\n");
  await write(
    "plays/host_vars/c.yml",
    "way: '{{ play }}'\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n",
  );
  const names = new Set(["way", "release", "list", "secret"]);
  const found = readHostVariables({ root: copy.root, path: "inv/hosts", folders: [".", "plays"], names });
  expect([...found].map(([host, values]) => [host, Object.fromEntries(values)])).toEqual([
    ["a", { way: "inline", release: "1.5" }],
    ["b", { way: "beside", release: "1.5" }],
    ["c", { way: "{{ play }}", release: "1.5" }],
  ]);
});
