import { expect, test } from "vitest";
import { readHeader } from "./header.ts";

const header = (...lines: string[]) =>
  readHeader(`${lines.map((line) => `# ${line}`).join("\n")}\n- hosts: all\n`);

test("a playbook says what its machine has to have, on one line or several", () => {
  expect(header("chiffon:needs gpu_vram_gb=8 cpu_cores=4 memory_gb=16")).toMatchObject({
    needs: { gpu_vram_gb: 8, cpu_cores: 4, memory_gb: 16 },
    problems: [],
  });
  expect(header("chiffon:needs=cpu_cores=2, memory_gb=1.5", "chiffon:needs gpu_vram_gb=0.5").needs).toEqual({
    cpu_cores: 2,
    memory_gb: 1.5,
    gpu_vram_gb: 0.5,
  });
  expect(header("chiffon:service=wiki").needs).toBeNull();
});

test.each([
  ["", "cannot be read"],
  ["lots", '"lots" is no resource'],
  ["disk_gb=10", '"disk_gb" is no resource that agents report. Known are gpu_vram_gb, cpu_cores, memory_gb'],
  ["cpu_cores=-1", "is no resource"],
  ["cpu_cores=0", "out of range"],
  ["cpu_cores=1.5", "out of range"],
  ["memory_gb=9999999", "out of range"],
  ["memory_gb=1e3", "is no resource"],
  ["memory_gb={{x}}", "is no resource"],
  ["cpu_cores=1 cpu_cores=2", '"cpu_cores" is there already'],
])("needs %j is a finding with its line, and nothing of the line counts", (value, message) => {
  const found = header("chiffon:service=wiki", `chiffon:needs ${value}`);
  expect(found.needs).toBeNull();
  expect(found.problems).toEqual([{ line: 2, message: expect.stringContaining(message) }]);
});
