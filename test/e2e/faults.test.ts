import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PlaybookPage } from "../../src/contracts/api.ts";
import type { Request } from "../../src/contracts/request.ts";
import { plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  listProcesses,
  signUp,
  startServer,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

let world: World;
let server: Server;
let api: Api;
let repository: string;
let port: string;

const say = `    - name: Say
      ansible.builtin.debug:
        msg: hi
`;

beforeAll(async () => {
  world = await createWorld();
  repository = await writeRepository(world, {
    "good.yml": playbook("good", say),
    "gone.yml": playbook("gone", say),
    "broken.yml": '- name: Deploy nothing\n  hosts: all\n  tasks: [\n    "unclosed\n',
  });
  server = await startServer(world, { args: ["--repo", repository] });
  api = await signUp(server);
  port = new URL(server.url).port;
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  const left = await listProcesses(world);
  await world[Symbol.asyncDispose]();
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
});

const noTrace = /\n\s+at \S+ \(|node:internal/;

test("an empty text and a text of 100 kB are refused with what to do", async () => {
  await expect(api.post("/requests", { text: "   " })).rejects.toThrow(/400.*the request is empty/s);
  await expect(api.post("/requests", { text: "x".repeat(100_000) })).rejects.toThrow(
    /400.*10,000 characters/s,
  );
});

test("an unknown service is no plan: the answer says what the catalogue has and how to add a repository", async () => {
  const asked = await api.post<Request>("/requests", { text: "Deploy nextcloud" });

  expect(asked.status).toBe("failed");
  expect(asked.problem?.message).toContain("good");
  expect(asked.problem?.hint).toContain("chiffon up --repo DIR");
});

test("a broken file is one finding with its line; everything else goes on working", async () => {
  const { findings } = await api.get<PlaybookPage>("/playbooks");

  expect(findings.filter((finding) => finding.path === "broken.yml")).toHaveLength(1);
  expect((await plan(api, "Deploy good")).steps).toHaveLength(1);
});

test("a playbook that has gone since the plan makes the plan stale", async () => {
  const shown = await plan(api, "Deploy gone");
  await rm(path.join(repository, "gone.yml"));

  await expect(api.post(`/plans/${shown.id}/approve`, { hash: shown.hash })).rejects.toThrow(/plan-stale/);
});

test("a port in use is told with what to do, and the data directory is free again afterwards", async () => {
  await using other = await createWorld();
  const tried = await chiffon(other, ["up", "--port", port, "--repo", repository]);

  expect(tried.code).toBe(1);
  expect(tried.stderr).toContain(port);
  expect(tried.stderr).toContain("--port");
  expect(tried.stderr).not.toMatch(noTrace);
  expect(await listProcesses(other)).toEqual([]);
}, 60_000);

test("a second server on the same data ends at once and names the first", async () => {
  const tried = await chiffon(world, ["up", "--port", "0", "--repo", repository]);

  expect(tried.code).toBe(1);
  expect(tried.stderr).toContain(String(server.child.pid));
  expect(tried.stderr).not.toMatch(noTrace);
  expect((await plan(api, "Deploy good")).state).toBe("proposed");
}, 60_000);

test("a folder that does not exist is told before anything is started", async () => {
  await using other = await createWorld();
  const tried = await chiffon(other, ["up", "--port", "0", "--repo", "/no/such/folder"]);

  expect(tried).toMatchObject({ code: 1 });
  expect(tried.stderr).toContain("/no/such/folder is not a folder");
});

test("without Ansible there is no plan but a message that leads on", async () => {
  await using other = await createWorld();
  const bin = path.join(other.dir, "bin");
  await mkdir(bin);
  // Everything that the server itself needs, and nothing else.
  for (const tool of ["git", "sh", "cat", "kill"])
    await symlink(path.join("/usr/bin", tool), path.join(bin, tool));
  await writeFile(path.join(other.dir, "x"), "");
  await using bare = await startServer(other, { args: ["--repo", repository], env: { PATH: bin } });
  const asked = await (await signUp(bare)).post<Request>("/requests", { text: "Deploy good" });

  expect(asked.status).toBe("failed");
  expect(asked.problem?.message).toContain("Ansible is not installed");
  expect(asked.problem?.hint).toContain("chiffon doctor");
}, 60_000);

test("usage errors exit 2 and say what is possible", async () => {
  const tried = await chiffon(world, ["up", "--prot", "1"]);

  expect(tried.code).toBe(2);
  expect(tried.stderr).toContain("--prot");
});
