import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { getTools } from "./testing/lab.ts";
import { findAnsible } from "./tools.ts";

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chiffon-tools-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function putScript(folder: string, name: string, script: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

test("[INFRA-02] the installed Ansible is found, with the interpreter that runs it", async () => {
  const tools = await getTools();
  expect(tools.playbook).toMatch(/^\/.*\/ansible-playbook$/);
  expect(tools.version).toMatch(/^2\.\d+/);
  expect(tools.python).toMatch(/^\/.*python3?/);
  expect(tools.configSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(tools.searchPath.split(":").at(0)).toBe(join(tools.playbook, ".."));
});

test("one that does not work is passed over, a virtual environment comes first, and none is no error", async () => {
  const folder = await createFolder();
  const answer = (version: string): string =>
    `echo 'ansible-playbook [core ${version}]'; echo '  python version = 3.11.2 (main) [GCC] (/bin/sh)'`;
  await putScript(join(folder, "broken"), "ansible-playbook", "exit 1");
  await putScript(join(folder, "good"), "ansible-playbook", answer("2.15.1"));
  await putScript(join(folder, "good"), "ansible-lint", "exit 0");
  await putScript(join(folder, "venv", "bin"), "ansible-playbook", answer("2.19.0"));
  const search = [join(folder, "none"), join(folder, "broken"), join(folder, "good")];
  const found = await findAnsible({ search, home: folder });
  expect(found).toMatchObject({
    playbook: join(folder, "good", "ansible-playbook"),
    lint: join(folder, "good", "ansible-lint"),
    inventory: null,
    version: "2.15.1",
    python: "/bin/sh",
  });
  expect(await findAnsible({ search, home: folder, venv: join(folder, "venv") })).toMatchObject({
    version: "2.19.0",
  });
  expect(await findAnsible({ search: [join(folder, "none"), "relative"], home: folder })).toBeUndefined();
});
