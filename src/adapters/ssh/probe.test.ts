import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "../../../test/support/server.ts";
import { startSshd, type Sshd } from "../../../test/support/sshd.ts";
import { probeBySsh, probeHere, type ProbeTarget } from "./probe.ts";
import { scanHostKeys } from "./scan-host-keys.ts";

const searchPath = process.env["PATH"] ?? "";
let world: World;
let sshd: Sshd;
let knownHosts: string[];

beforeAll(async () => {
  world = await createWorld();
  sshd = await startSshd(world);
  const signal = AbortSignal.timeout(10_000);
  const offered = await scanHostKeys({ address: "127.0.0.1", port: sshd.port }, { path: searchPath, signal });
  knownHosts = offered.map((key) => key.line);
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const probe = (changed: Partial<ProbeTarget> = {}, signal = AbortSignal.timeout(10_000)) =>
  probeBySsh(
    {
      address: "127.0.0.1",
      port: sshd.port,
      user: sshd.user,
      identityFile: sshd.identity,
      knownHosts,
      ...changed,
    },
    { searchPath, home: world.home, signal },
  );

/** Every login gets this command in place of the one that it asks for. */
async function withForcedCommand<T>(command: string, work: () => Promise<T>): Promise<T> {
  const file = path.join(world.dir, "sshd/authorized");
  const before = await readFile(file, "utf8");
  await writeFile(file, `command="${command.replaceAll('"', '\\"')}" ${before}`);
  try {
    return await work();
  } finally {
    await writeFile(file, before);
  }
}

test("a machine with Python answers with its version and whether sudo works", async () => {
  const found = await probe();
  expect(found).toMatchObject({ kind: "found", python: expect.stringMatching(/^3\.\d+/) });
  expect(found).toHaveProperty("sudo", process.getuid?.() === 0 ? "root" : expect.any(String));
  expect(await probeHere({ searchPath, home: world.home, signal: AbortSignal.timeout(10_000) })).toEqual(
    found,
  );
});

test("a machine without Python and sudo is told apart, also when its login says something first", async () => {
  // The real question by the real login, on a machine whose only programs are sh and id; it is no root there.
  const bare = path.join(world.dir, "bare");
  const command = `mkdir -p ${bare}; ln -sf /bin/sh ${bare}/sh; printf '#!/bin/sh\\necho 1000\\n' > ${bare}/id; chmod +x ${bare}/id; echo Welcome; PATH=${bare} exec sh -c "$SSH_ORIGINAL_COMMAND"`;
  expect(await withForcedCommand(command, probe)).toEqual({ kind: "found", python: null, sudo: "missing" });
  const asking = `${command.replace("echo Welcome;", `printf '#!/bin/sh\\nexit 1\\n' > ${bare}/sudo; chmod +x ${bare}/sudo;`)}`;
  expect(await withForcedCommand(asking, probe)).toEqual({ kind: "found", python: null, sudo: "no" });
  const allowing = asking.replace("exit 1", "exit 0");
  expect(await withForcedCommand(allowing, probe)).toEqual({ kind: "found", python: null, sudo: "yes" });
});

test("a login that runs something else is an odd answer, and what it prints is shortened plain text", async () => {
  const odd = await withForcedCommand("printf 'only\\033[31m backups\\n' >&2; exit 3", probe);
  expect(odd).toEqual({ kind: "odd-answer", said: "only [31m backups" });
  const endless = await withForcedCommand("yes x | head -c 3000000", probe);
  expect(endless).toEqual({ kind: "odd-answer", said: "x" });
});

test("a key that is not the accepted one is never taken, and without one nothing is logged in", async () => {
  const other = knownHosts.map((line) =>
    line.replace(/ AAAA\S+$/, ` ${"AAAAC3NzaC1lZDI1NTE5AAAAI"}${"B".repeat(43)}`),
  );
  expect(await probe({ knownHosts: other })).toEqual({ kind: "other-key" });
  expect(await probe({ knownHosts: [] })).toEqual({ kind: "other-key" });
});

test("a wrong login, a closed port and a name that nobody has are told apart", async () => {
  const foreign = path.join(world.dir, "sshd/host");
  expect(await probe({ identityFile: foreign })).toMatchObject({ kind: "refused-login" });
  const closed = knownHosts.map((line) => line.replace(`:${sshd.port}`, ":1"));
  expect(await probe({ port: 1, knownHosts: closed })).toMatchObject({
    kind: "unreachable",
    said: expect.stringContaining("refused"),
  });
  expect(await probe({ address: "nobody.invalid" })).toMatchObject({ kind: "unreachable" });
});

test("a machine that never answers ends with the signal", async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sockets = new Set<{ destroy(): void }>();
  const stop = new AbortController();
  silent.once("connection", (socket) => {
    sockets.add(socket);
    stop.abort();
  });
  expect(await probe({ port }, stop.signal)).toEqual({ kind: "timeout" });
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test("texts of an inventory that could be more than names are never given to ssh", async () => {
  const proof = path.join(world.dir, "proof");
  const hostile: Partial<ProbeTarget>[] = [
    { address: `-oProxyCommand=touch ${proof}` },
    { address: "a b" },
    { user: `x -oProxyCommand=touch ${proof}` },
    { user: "-x" },
    { identityFile: `x"\nProxyCommand touch ${proof}` },
    { identityFile: "%d/$(id)" },
  ];
  for (const changed of hostile)
    expect(await probe(changed)).toMatchObject({
      kind: "unreachable",
      said: expect.stringContaining("plain"),
    });
  await expect(readFile(proof)).rejects.toThrow("ENOENT");
});

test("without ssh on this machine that is what is said", async () => {
  const options = { searchPath: world.dir, home: world.home, signal: AbortSignal.timeout(10_000) };
  const target = { address: "127.0.0.1", port: sshd.port, user: null, identityFile: null, knownHosts };
  expect(await probeBySsh(target, options)).toEqual({ kind: "no-ssh" });
});
