import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { probeBySsh, probeHere } from "../../adapters/ssh/probe.ts";
import { scanHostKeys } from "../../adapters/ssh/scan-host-keys.ts";
import { createCatalogues } from "../catalogues.ts";
import type { Caller } from "../engine.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { checkMachines, listMachines, type MachinesDeps } from "./machines.ts";

const caller: Caller = { actor: { kind: "user", name: "ada", id: "1" }, strong: true };
const searchPath = process.env["PATH"] ?? "";
const never = new AbortController().signal;
let core: TestCore;
let root: string;

beforeEach(async () => {
  core = await createTestCore();
  root = await mkdtemp(path.join(tmpdir(), "chiffon-machines-"));
});
afterEach(async () => {
  await core[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** Real repositories with these inventories, by name. */
async function depsWith(inventories: Record<string, string>): Promise<MachinesDeps> {
  for (const [name, text] of Object.entries(inventories)) {
    await mkdir(path.join(root, name), { recursive: true });
    await writeFile(path.join(root, name, "hosts.ini"), text);
    await writeFile(path.join(root, name, "site.yml"), "- hosts: all\n  tasks: []\n");
  }
  const tools = { searchPath, home: root };
  return {
    ...core.deps,
    catalogues: createCatalogues(
      Object.keys(inventories).map((name) => ({ name, root: path.join(root, name), inventory: "hosts.ini" })),
    ),
    scanHostKeys: (host) => scanHostKeys(host, { path: searchPath, signal: AbortSignal.timeout(15_000) }),
    probeBySsh: (target, signal) => probeBySsh(target, { ...tools, signal }),
    probeHere: (signal) => probeHere({ ...tools, signal }),
  };
}

const check = (deps: MachinesDeps, hosts?: string[], signal = never) =>
  checkMachines(deps, caller, { body: hosts === undefined ? {} : { hosts }, signal });

test("the hosts of all inventories are listed with their groups, and a machine of two repositories is looked at once", async () => {
  const here = "here ansible_connection=local\n";
  const deps = await depsWith({
    one: `[web]\n${here}box ansible_host=127.0.0.1 ansible_port=1 ansible_user=ada\n`,
    two: here,
  });
  expect(await listMachines(deps)).toMatchObject([
    { host: "here", repository: "one", inventory: "hosts.ini", groups: ["web"], connection: "local" },
    { host: "box", repository: "one", connection: "ssh", address: "127.0.0.1", port: 1, user: "ada" },
    { host: "here", repository: "two" },
  ]);
  const checked = await check(deps);
  expect(checked.map(({ host }) => host)).toEqual(["here", "box"]);
  expect(checked[0]?.checks.map(({ name }) => name)).toEqual(["ssh", "python", "sudo"]);
  expect(checked[1]).toMatchObject({ state: "unreachable", fingerprints: [] });
  const record = await core.db.selectFrom("audit_record").select("kind").executeTakeFirst();
  expect(record?.kind).toBe("machines.checked");
});

test("more hosts than a call may check, and names that nobody has, are refused before anything is connected", async () => {
  const deps = await depsWith({ many: "n[1:60] ansible_connection=local\n" });
  await expect(check(deps)).rejects.toThrow("60 hosts are more than the 50");
  await expect(check(deps, ["n1", "--evil"])).rejects.toMatchObject({ code: "not-found" });
  expect(await check(deps, ["n7", "n8"])).toHaveLength(2);
});

test("other connections are told as such, and hostile addresses reach no program", async () => {
  const deps = await depsWith({
    odd: `box ansible_connection=docker\nbad ansible_host="-oProxyCommand=touch ${root}/proof"\n`,
  });
  const checked = await check(deps);
  expect(checked.map(({ host, state }) => [host, state])).toEqual([
    ["box", "incomplete"],
    ["bad", "unreachable"],
  ]);
  expect(checked[0]?.checks[0]?.message).toContain('The connection "docker" cannot be checked');
});

test("many silent machines are looked at eight at a time, and the caller's signal ends it", async () => {
  const deps = await depsWith({ silent: "s[1:20] ansible_host=127.0.0.1 ansible_port=PORT\n" });
  const sockets = new Set<{ destroy(): void }>();
  const stop = new AbortController();
  let most = 0;
  let open = 0;
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => (open -= 1)).on("error", () => undefined);
    most = Math.max(most, (open += 1));
    if (sockets.size === 8) stop.abort(new Error("left"));
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await writeFile(
    path.join(root, "silent/hosts.ini"),
    `s[1:20] ansible_host=127.0.0.1 ansible_port=${port}\n`,
  );
  // A known key, so that nothing but the login is tried.
  const line = `[127.0.0.1]:${port} ssh-ed25519 AAAA`;
  const row = { address: "127.0.0.1", port, line, fingerprint: "x", accepted_at: new Date() };
  await core.db
    .insertInto("host_key")
    .values({ ...row, accepted_by: JSON.stringify(caller.actor) })
    .execute();
  try {
    await expect(check(deps, undefined, stop.signal)).rejects.toThrow("left");
    expect(most).toBe(8);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});
