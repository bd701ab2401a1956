import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { PlaybookPage } from "../src/contracts/api.ts";
import { createWorld, signIn, signUp, startServer, type World } from "../test/support/server.ts";
import { median } from "./cpu.ts";
import type { Verdict } from "./verdict.ts";

const units = 10_000;

/** Second start to ready, and the memory of the Node process a minute after a start with 10,000 units loaded. */
export async function benchStart(options: Map<string, string>): Promise<Verdict[]> {
  await using world = await createWorld();
  const args = ["--repo", await writeRepository(world)];
  {
    await using first = await startServer(world, { args });
    await signUp(first);
  }
  const times: number[] = [];
  for (let round = 0; round < Number(options.get("--rounds") ?? 5); round += 1) {
    const began = performance.now();
    await using server = await startServer(world, { args });
    times.push((performance.now() - began) / 1_000);
    process.stderr.write(`start ${round + 1}: ${times.at(-1)?.toFixed(2)} s (${server.url})\n`);
  }
  await using server = await startServer(world, { args });
  const api = await signIn(server);
  const { total } = await api.get<PlaybookPage>("/playbooks");
  if (total < units) throw new Error(`${total} units instead of ${units}`);
  await delay(60_000);
  const status = await readFile(`/proc/${server.child.pid}/status`, "utf8");
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  return [
    {
      name: "second-start",
      figure: `${median(times).toFixed(2)} s`,
      target: "<=3 s",
      met: median(times) <= 3,
    },
    { name: "idle-memory", figure: `${megabytes.toFixed(0)} MB`, target: "<=250 MB", met: megabytes <= 250 },
  ];
}

async function writeRepository(world: World): Promise<string> {
  const folder = path.join(world.dir, "repository");
  await mkdir(folder);
  await writeFile(
    path.join(folder, "hosts.yml"),
    "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n",
  );
  for (let at = 0; at < units; at += 1) {
    if (at % 100 === 0) await mkdir(path.join(folder, `group-${at / 100}`));
    await writeFile(
      path.join(folder, `group-${Math.floor(at / 100)}`, `service-${at}.yml`),
      `# chiffon:service=service-${at}\n- name: Deploy service ${at}\n  hosts: all\n  vars:\n    service_${at}_port: ${1_024 + at}\n  tasks:\n    - name: Write the file\n      ansible.builtin.copy:\n        content: "{{ service_${at}_port }}"\n        dest: /tmp/service-${at}\n        mode: "0644"\n`,
    );
  }
  return folder;
}
