import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { connect } from "../support/database.ts";
import { approve, ended, plan, playbook, readWholeLog, writeRepository } from "../support/jobs.ts";
import { createWorld, signUp, startServer, waitUntil } from "../support/server.ts";

const canary = "cAnary-7f3k-Qz91-value";

test("a secret reaches the play, and neither output, events, database, git, log nor any file", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, {
    "vault.yml": playbook(
      "keeper",
      `    - name: Use it
      ansible.builtin.copy:
        content: "{{ (canary_token | length) == ${canary.length} }} {{ (made_up | length) }}"
        dest: ${path.join(world.dir, "used.txt")}
        mode: "0600"
    - name: Print it, as careless playbooks do
      ansible.builtin.debug:
        msg: "token={{ canary_token }} base64={{ canary_token | b64encode }}"
`,
      "# chiffon:secret=canary_token\n# chiffon:secret=made_up generate=24\n",
    ),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);

  const asked = await api.post<{ status: string; questions: { kind: string; text: string }[]; id: string }>(
    "/requests",
    { text: "Deploy keeper" },
  );
  expect(asked).toMatchObject({ status: "needs_clarification", questions: [{ kind: "secret" }] });
  expect(asked.questions[0]?.text).toContain("chiffon secret set canary_token");
  await fetch(`${server.url}/api/v1/secrets/canary_token`, {
    method: "PUT",
    headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" },
    body: JSON.stringify({ value: canary }),
  }).then((answer) => expect(answer.ok).toBe(true));
  const shown = await plan(api, `Deploy keeper, the token is ${canary}`).catch(() =>
    plan(api, "Deploy keeper"),
  );
  const run = await ended(api, await approve(api, shown));

  expect(run.state).toBe("succeeded");
  expect(await readFile(path.join(world.dir, "used.txt"), "utf8")).toBe("True 24");
  // The record of the finished task is in git within seconds.
  const git = path.join(world.data, "audit.git");
  await waitUntil(() => historyOf(git).includes(`.audit/tasks/${run.tasks[0]?.id.slice(0, 2)}/`));
  const log = await readWholeLog(api, run.id);
  expect(log).toContain("token=«secret:canary_token»");
  for (const form of [canary, Buffer.from(canary).toString("base64")]) {
    expect(log).not.toContain(form);
    expect(JSON.stringify(await api.get(`/runs/${run.id}/events?after=0`))).not.toContain(form);
    expect(await findInDatabase(form)).toEqual([]);
    expect(await findInFiles(world.data, form)).toEqual([]);
    expect(historyOf(git)).not.toContain(form);
  }

  async function findInDatabase(text: string): Promise<string[]> {
    await using db = await connect(world);
    const tables = await db.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    const found: string[] = [];
    for (const { name } of tables.rows) {
      const hits = await db.query(
        `SELECT 1 FROM "${name}" AS row WHERE row::text LIKE '%' || $1 || '%' LIMIT 1`,
        [text],
      );
      if (hits.rows.length > 0) found.push(name);
    }
    return found;
  }
}, 180_000);

/** Files below a folder, the database's own aside, that hold the text. */
async function findInFiles(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || file.includes("/pg/")) continue;
    if ((await readFile(file)).includes(text)) found.push(file);
  }
  return found;
}

/** Everything that git's history holds, as text. */
function historyOf(repository: string): string {
  const options = { encoding: "utf8", maxBuffer: 64_000_000 } as const;
  return spawnSync("git", ["--git-dir", repository, "log", "-p", "--all"], options).stdout;
}
