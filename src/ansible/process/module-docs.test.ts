import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createModuleDocs } from "./module-docs.ts";
import { getTools } from "./testing/lab.ts";

test("modules say what they do in check mode; one that is not there says nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chiffon-docs-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const configuration = join(folder, "ansible.cfg");
  await writeFile(configuration, "[defaults]\n");
  const docs = createModuleDocs(configuration);
  const tools = await getTools();
  const wanted = ["copy", "ansible.builtin.uri", "no.such.module", "-x", "copy"];
  const found = await docs(tools, wanted);
  expect([...found]).toEqual([
    ["copy", "full"],
    ["ansible.builtin.uri", "none"],
  ]);
  // The second time nothing is started: not even with a tool that is not there.
  expect(await docs({ ...tools }, wanted)).toEqual(found);
  expect(await docs({ ...tools, playbook: join(folder, "none") }, wanted)).toEqual(new Map());
}, 120_000);
