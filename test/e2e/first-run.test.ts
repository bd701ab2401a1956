import { execFileSync } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import type { PlaybookPage } from "../../src/contracts/api.ts";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { Machine, MachineCheck, RepositoryView } from "../../src/contracts/first-run.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import {
  approve,
  ended,
  localInventory,
  plan,
  playbook,
  readWholeLog,
  writeRepository,
} from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  password,
  signIn,
  signUp,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";
import { startSshd } from "../support/sshd.ts";

const say = "    - name: Say\n      ansible.builtin.debug:\n        msg: hi\n";

async function makeGitRepository(world: World, name: string): Promise<string> {
  const work = await writeRepository(world, { "wiki.yml": playbook("wiki", say) }, `${name}-work`);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
      env: { PATH: world.env["PATH"] ?? "", HOME: world.home },
    });
  git("init", "--quiet", "--initial-branch=main", work);
  git("-C", work, "add", "-A");
  git("-C", work, "commit", "--quiet", "-m", "first");
  git("clone", "--quiet", "--bare", work, path.join(world.dir, `${name}.git`));
  return `file://${path.join(world.dir, `${name}.git`)}`;
}

/** Kills the server while git waits for a machine that never answers; the half clone lies there afterwards. */
async function killDuringClone(world: World, server: Server, api: Api): Promise<void> {
  const folder = path.join(world.data, "repositories");
  const before = (await readdir(folder)).length;
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const adding = api
    .post("/repositories", { url: `ssh://git@127.0.0.1:${port}/half` })
    .catch(() => "cut off");
  await waitUntil(async () => sockets.size > 0 && (await readdir(folder)).length > before);
  await server.kill();
  expect(await adding).toBe("cut off");
  // What git has made so far is kept, as by a power cut: git itself would tidy up.
  await mkdir(path.join(folder, "half-of-a-power-cut/.git"), { recursive: true });
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  await waitUntil(
    () => !execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(`127.0.0.1:${port}`),
  );
}

async function remove(server: Server, api: Api, at: string): Promise<number> {
  const headers = { authorization: `Bearer ${api.token}` };
  return (await fetch(`${server.url}/api/v1${at}`, { method: "DELETE", headers })).status;
}

const names = async (api: Api): Promise<string[]> =>
  (await api.get<PlaybookPage>("/playbooks?limit=200")).items
    .filter((unit) => unit.kind === "playbook")
    .map((unit) => `${unit.repository}:${unit.name}`);

test("repositories are added to a running server by path and by git address, survive a kill, and can be removed", async () => {
  await using world = await createWorld();
  const folder = await writeRepository(world, { "page.yml": playbook("page", say) }, "homelab");
  const url = await makeGitRepository(world, "wiki");
  const server = await startServer(world);
  const api = await signUp(server);
  expect(await api.get("/repositories")).toEqual([]);
  expect(await api.get("/machines")).toEqual([]);

  const byPath = await api.post<RepositoryView>("/repositories", { path: folder });
  expect(byPath).toMatchObject({
    name: "homelab",
    source: "path",
    units: 1,
    hosts: 1,
    inventory: "hosts.yml",
  });
  const byGit = await api.post<RepositoryView>("/repositories", { url, branch: "main" });
  expect(byGit).toMatchObject({ name: "wiki", source: "git", url, branch: "main", units: 1, addedBy: "ada" });
  expect(await names(api)).toEqual(["homelab:page", "wiki:wiki"]);
  for (const [body, why] of [
    [{ path: "relative" }, "not an absolute path"],
    [{ url: "https://ada:secret@git.example.org/x" }, "credential helper"],
    [{ url: "ext::sh -c id" }, "https://HOST/PATH"],
    [{ path: folder }, "served already"],
    [{ path: folder, url }, "400"],
  ] as const)
    await expect(api.post("/repositories", body)).rejects.toThrow(why);
  const waiting = await plan(api, "Deploy wiki");
  await killDuringClone(world, server, api);

  await using again = await startServer(world);
  const after = await signIn(again);
  expect(await names(after)).toEqual(["homelab:page", "wiki:wiki"]);
  expect(await readdir(path.join(world.data, "repositories"))).toHaveLength(1);
  const pulled = await after.post<RepositoryView>("/repositories/wiki/pull");
  expect(pulled.commit).toBe(byGit.commit);
  const done = await ended(after, await approve(after, await plan(after, "Deploy page")));
  expect(done.state).toBe("succeeded");

  expect(await remove(again, after, "/repositories/wiki")).toBe(204);
  expect(await remove(again, after, "/repositories/wiki")).toBe(404);
  expect(await names(after)).toEqual(["homelab:page"]);
  expect(await after.get<Plan>(`/plans/${waiting.id}`)).toMatchObject({
    state: "stale",
    reason: "the repository wiki was removed",
  });
  const { items } = await after.get<AuditPage>("/audit/query?kind=repository.added");
  expect(items.map((record) => record.actor.name)).toEqual(["ada", "ada"]);
}, 240_000);

test("the command line adds, lists, pulls and removes repositories; it needs an admin's password for that", async () => {
  await using world = await createWorld();
  await writeRepository(world, { "page.yml": playbook("page", say) }, "homelab");
  const url = await makeGitRepository(world, "wiki");
  await using server = await startServer(world);
  await signUp(server);
  const admin = { env: { CHIFFON_PASSWORD: password } };

  expect((await chiffon(world, ["repo", "add", "homelab"])).code).not.toBe(0);
  const added = await chiffon(world, ["repo", "add", "homelab", "--user", "ada"], admin);
  expect(added).toMatchObject({ code: 0, stdout: "homelab: 1 playbook, 1 host\n" });
  const cloned = await chiffon(world, ["repo", "add", url, "--user", "ada", "--json"], admin);
  expect(JSON.parse(cloned.stdout)).toMatchObject({ name: "wiki", source: "git" });
  const refused = await chiffon(world, ["repo", "add", "http://git.example.org/x", "--user", "ada"], admin);
  expect(refused.stderr).toContain("not protected");
  expect((await chiffon(world, ["repo", "add", "--example", "--user", "ada"], admin)).code).toBe(0);
  const listed = await chiffon(world, ["repo", "list"]);
  expect(listed.stdout).toMatch(/trust[\s\S]*nothing to trust/);
  expect(listed.stdout).toMatch(/homelab\s+path\s+1\s+1[\s\S]*wiki\s+git\s+1\s+1[\s\S]*homelab-2\s+example/);
  expect((await chiffon(world, ["repo", "pull", "wiki", "--user", "ada"], admin)).code).toBe(0);
  expect((await chiffon(world, ["repo", "remove", "wiki", "--user", "ada"], admin)).code).toBe(0);
  const left = await chiffon(world, ["repo", "list", "--json"]);
  expect((JSON.parse(left.stdout) as RepositoryView[]).map(({ name }) => name)).toEqual([
    "homelab",
    "homelab-2",
  ]);
}, 240_000);

test("machines are checked without Ansible: a key that is unknown or another is told, never accepted; the facts run then shows them", async () => {
  await using world = await createWorld();
  await using sshd = await startSshd(world);
  const box = `    box:
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
      ansible_python_interpreter: /usr/bin/python3
    gone:
      ansible_host: 127.0.0.1
      ansible_port: 1
`;
  const files = { "hosts.yml": `${localInventory}${box}`, "page.yml": playbook("page", say) };
  const folder = await writeRepository(world, files);
  await using server = await startServer(world);
  const api = await signUp(server);
  await api.post("/repositories", { path: folder });
  const hosts = (await api.get<Machine[]>("/machines")).map(({ host, connection, port }) => [
    host,
    connection,
    port,
  ]);
  expect(hosts).toEqual([
    ["this-machine", "local", 22],
    ["box", "ssh", sshd.port],
    ["gone", "ssh", 1],
  ]);

  const first = await api.post<MachineCheck[]>("/machines/check");
  const states = first.map(({ host, state }) => [host, state]);
  expect(states).toEqual([
    ["this-machine", expect.stringMatching(/^(?:ok|incomplete)$/)],
    ["box", "unknown-key"],
    ["gone", "unreachable"],
  ]);
  expect(first[1]?.fingerprints.join()).toContain(sshd.fingerprint());
  expect(first[1]?.checks[0]?.message).toContain("not known yet");
  expect(first[2]?.checks[0]?.hint).toContain("sshd listens");
  await expect(api.post("/machines/check", { hosts: ["nobody"] })).rejects.toThrow("is in no inventory");

  const asked = await api.post<Request>("/machines/facts", { hosts: ["this-machine", "box"] });
  const [question] = asked.questions.filter(({ answer }) => answer === null);
  expect(question?.kind).toBe("host_key");
  const answers = [{ question: question?.id ?? "", value: question?.options[0]?.value ?? "" }];
  const answered = await api.post<Request>(`/requests/${asked.id}/answer`, { answers });
  const facts = await api.get<Plan>(`/plans/${answered.planId}`);
  expect(facts).toMatchObject({
    risk: "R0",
    steps: [{ hosts: ["this-machine", "box"], unit: { id: "operation:facts" } }],
  });
  const run = await ended(api, await approve(api, facts));
  expect(`${run.state} ${run.state === "succeeded" ? "" : await readWholeLog(api, run.id)}`).toBe(
    "succeeded ",
  );
  expect(await readWholeLog(api, run.id)).toContain("processor_cores");

  const [reached] = await api.post<MachineCheck[]>("/machines/check", { hosts: ["box"] });
  expect(reached?.checks.slice(0, 2).map(({ name, status }) => `${name} ${status}`)).toEqual([
    "ssh ok",
    "python ok",
  ]);
  await sshd.changeHostKey();
  const [other] = await api.post<MachineCheck[]>("/machines/check", { hosts: ["box"] });
  expect(other).toMatchObject({
    state: "changed-key",
    fingerprints: [expect.stringContaining(sshd.fingerprint())],
  });
  expect(other?.checks[0]?.message).toContain("another SSH key than the one that was accepted");
  const { items } = await api.get<AuditPage>("/audit/query?kind=machines.checked");
  expect(items).toHaveLength(3);
}, 240_000);

test("the facts of all machines of the example need one request, one approval and no answer", async () => {
  await using world = await createWorld();
  await using server = await startServer(world);
  const api = await signUp(server);
  await expect(api.post("/machines/facts")).rejects.toThrow("No inventory has a host");
  await api.post("/repositories", { example: true });
  const many = "all:\n  hosts:\n    one: {ansible_connection: local}\n    two: {ansible_connection: local}\n";
  const folder = await writeRepository(
    world,
    { "hosts.yml": many, "page.yml": playbook("page", say) },
    "second",
  );
  await api.post("/repositories", { path: folder });

  for (const [body, steps] of [
    [{}, [["this-machine"], ["one", "two"]]],
    [{ hosts: ["two"] }, [["two"]]],
  ] as const) {
    const asked = await api.post<Request>("/machines/facts", body);
    expect(asked).toMatchObject({ status: "planned", questions: [] });
    const shown = await api.get<Plan>(`/plans/${asked.planId}`);
    expect(shown).toMatchObject({ risk: "R0", approvalForm: { kind: "click" } });
    expect(shown.steps.map(({ unit, hosts }) => [unit.id, hosts])).toEqual(
      steps.map((hosts) => ["operation:facts", hosts]),
    );
    expect((await ended(api, await approve(api, shown))).state).toBe("succeeded");
  }
}, 240_000);
