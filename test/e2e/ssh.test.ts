import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { AuditPage } from "../../src/contracts/audit.ts";
import type { LiveEvent } from "../../src/contracts/live.ts";
import type { Request } from "../../src/contracts/request.ts";
import {
  approve,
  ended,
  plan,
  planAnswering,
  playbook,
  readWholeLog,
  writeRepository,
} from "../support/jobs.ts";
import { createWorld, signUp, startServer, waitUntil } from "../support/server.ts";
import { sshInventory, startSshd } from "../support/sshd.ts";

test("a remote host by real SSH: its key is a question with the fingerprint, accepted once, and strict afterwards", async () => {
  await using world = await createWorld();
  await using sshd = await startSshd(world);
  const inventory = sshInventory(sshd);
  const repository = await writeRepository(world, {
    "hosts.yml": inventory,
    "remote.yml": playbook(
      "remote",
      `    - name: Write over there
      ansible.builtin.copy:
        content: far away
        dest: ${path.join(world.dir, "far.txt")}
        mode: "0644"
`,
    ),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);

  const asked = await api.post<Request>("/requests", { text: "Deploy remote" });
  const [question] = asked.questions;
  expect(asked.status).toBe("needs_clarification");
  expect(question?.kind).toBe("host_key");
  expect(question?.text).toContain(sshd.fingerprint());

  const answers = [{ question: question?.id ?? "", value: question?.options[0]?.value ?? "" }];
  const planned = await api.post<Request>(`/requests/${asked.id}/answer`, { answers });
  expect(planned.status).toBe("planned");
  const shown = await plan(api, "Deploy remote");
  expect(shown.steps[0]?.hosts).toEqual(["box"]);
  const run = await ended(api, await approve(api, shown));
  expect(`${run.state} ${run.state === "succeeded" ? "" : await readWholeLog(api, run.id)}`).toBe(
    "succeeded ",
  );
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("far away");

  await writeFile(path.join(world.dir, "far.txt"), "untouched");
  await sshd.changeHostKey();
  const second = await ended(api, await approve(api, await plan(api, "Deploy remote")));
  expect(second.state).toBe("failed");
  expect(await readWholeLog(api, second.id)).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
  expect(await readFile(path.join(world.dir, "far.txt"), "utf8")).toBe("untouched");
}, 180_000);

test("[P9] a cancelled run says what may still run on a host whose SSH server takes no mark, in reason, event and record", async () => {
  await using world = await createWorld();
  await using sshd = await startSshd(world, { accept: "LANG" });
  const pidFile = path.join(world.dir, "pid");
  const repository = await writeRepository(world, {
    "hosts.yml": sshInventory(sshd),
    "remote.yml": playbook(
      "remote",
      `    - name: Take long over there
      ansible.builtin.shell:
        cmd: echo $$ > ${pidFile}; exec sleep 300
      changed_when: true
`,
    ),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const runId = await approve(api, await planAnswering(api, "Deploy remote"));
  const pid = await waitUntil(async () => {
    const text = await readFile(pidFile, "utf8").catch(() => "");
    return text.endsWith("\n") ? Number(text) : undefined;
  }, 60_000);

  await api.post(`/runs/${runId}/cancel`, { reason: "enough" });
  const run = await ended(api, runId);
  process.kill(pid, "SIGKILL");

  const told = "it may still run on box (its SSH server does not accept the variable LC_CHIFFON_RUN)";
  expect(run.state).toBe("cancelled");
  expect(run.reason).toContain(told);
  expect(run.tasks[0]?.attempts[0]?.error?.message).toContain(told);
  const { items } = await api.get<{ items: LiveEvent[] }>(`/runs/${runId}/events?after=0&limit=1000`);
  expect(items.find((event) => event.type === "attempt.ended")?.data).toMatchObject({
    reason: expect.stringContaining(told),
  });
  const records = await api.get<AuditPage>(`/audit/query?run=${runId}`);
  expect(JSON.stringify(records.items)).toContain(told);
}, 180_000);

test("a host that does not answer by SSH is told as such, and there is no plan", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, {
    "hosts.yml": "all:\n  hosts:\n    gone:\n      ansible_host: 127.0.0.1\n      ansible_port: 1\n",
    "remote.yml": playbook("remote", "    - name: Say\n      ansible.builtin.debug:\n        msg: hi\n"),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);

  const asked = await api.post<Request>("/requests", { text: "Deploy remote" });

  expect(asked.status).toBe("failed");
  expect(asked.problem?.message).toContain("gone (127.0.0.1, port 1) does not answer by SSH");
}, 120_000);
