import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gpu } from "../../contracts/metrics.ts";
import { createNvidiaSource, parseNvidiaLog } from "./nvidia.ts";
import { parseQueryTable } from "./query-table.ts";

const recorded = (name: string) => readFile(path.join(import.meta.dirname, "recorded", name), "utf8");
const parseNvidiaTable = (text: string) => parseQueryTable(text, "nvidia");

describe("the table of nvidia-smi", () => {
  test.each([
    ["nvidia-535.161.08-a100-mig-in-pod.csv", "NVIDIA A100-SXM4-80GB", null],
    ["nvidia-580.173.02-gb10.csv", "NVIDIA GB10", 0],
  ])("%s is read, and tells no memory", async (file, name, utilisation) => {
    expect(parseNvidiaTable(await recorded(file))).toEqual([
      { vendor: "nvidia", name, vram_total_gb: 0, vram_available_gb: 0, utilisation },
    ]);
  });

  test("one line per processor, memory in MiB, utilisation in percent", () => {
    const text = "NVIDIA GeForce RTX 4090, 24564, 23010, 7\nNVIDIA RTX A2000 12GB, 12282, 0, 100\n";
    const gpus = parseNvidiaTable(text);
    expect(gpus).toEqual([
      {
        vendor: "nvidia",
        name: "NVIDIA GeForce RTX 4090",
        vram_total_gb: 23.99,
        vram_available_gb: 22.47,
        utilisation: 0.07,
      },
      {
        vendor: "nvidia",
        name: "NVIDIA RTX A2000 12GB",
        vram_total_gb: 11.99,
        vram_available_gb: 0,
        utilisation: 1,
      },
    ]);
    for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu);
  });

  test.each(["[N/A]", "[Not Supported]", "N/A", "[Unknown Error]", "[Insufficient Permissions]"])(
    "%s counts as unknown, and no memory of its own",
    (nothing) => {
      expect(parseNvidiaTable(`NVIDIA GB10, ${nothing}, ${nothing}, ${nothing}\n`)).toEqual([
        { vendor: "nvidia", name: "NVIDIA GB10", vram_total_gb: 0, vram_available_gb: 0, utilisation: null },
      ]);
    },
  );

  test("a comma in a name does not shift the numbers", () => {
    expect(parseNvidiaTable("Tesla K80, rev, 11441, 11000, 0\n")[0]).toMatchObject({
      name: "Tesla K80, rev",
      vram_total_gb: 11.17,
    });
  });

  test.each([
    "",
    "\n",
    "No devices were found\n",
    "NVIDIA-SMI has failed because it couldn't communicate with the driver.\n",
  ])("%j means none", (text) => {
    expect(parseNvidiaTable(text)).toEqual([]);
  });
});

describe("the log of nvidia-smi", () => {
  const instance = (index: number) => ({
    vendor: "nvidia",
    name: `NVIDIA A100-SXM4-80GB MIG ${index}`,
    vram_total_gb: 19.5,
    vram_available_gb: 19.49,
    utilisation: null,
  });
  test.each([
    [
      "nvidia-418.43-quadro-p400.xml",
      { name: "Quadro P400", vram_total_gb: 1.95, vram_available_gb: 1.95, utilisation: 0 },
    ],
    [
      "nvidia-515.105.01-tesla-t4.xml",
      { name: "Tesla T4", vram_total_gb: 15, vram_available_gb: 13.61, utilisation: 0 },
    ],
    [
      "nvidia-595.58.03-rtx-3080.xml",
      {
        name: "NVIDIA GeForce RTX 3080",
        vram_total_gb: 10,
        vram_available_gb: 0.64,
        utilisation: 0.65,
      },
    ],
  ])("%s is read", async (file, expected) => {
    expect(parseNvidiaLog(await recorded(file))).toEqual([{ vendor: "nvidia", ...expected }]);
  });

  test("[DESK-02] NVIDIA: each instance of a card that is divided counts as a processor", async () => {
    const gpus = parseNvidiaLog(await recorded("nvidia-535.54.03-a100-mig.xml"));
    expect(gpus).toEqual([0, 1, 2, 3].map((index) => instance(index)));
    for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu);
  });

  test("compute instances that share an instance share its memory", async () => {
    const log = await recorded("nvidia-535.54.03-a100-mig.xml");
    const shared = log.replaceAll(
      /<gpu_instance_id>[45]<\/gpu_instance_id>/g,
      "<gpu_instance_id>3</gpu_instance_id>",
    );
    expect(parseNvidiaLog(shared)).toEqual([instance(0), instance(3)]);
  });

  test("a divided card without instances has nothing free", async () => {
    const log = await recorded("nvidia-535.54.03-a100-mig.xml");
    const empty = log.replace(/<mig_devices>[^]*<\/mig_devices>/, "<mig_devices></mig_devices>");
    expect(parseNvidiaLog(empty)).toMatchObject([
      { name: "NVIDIA A100-SXM4-80GB MIG", vram_total_gb: 80, vram_available_gb: 0 },
    ]);
  });

  test.each(["", "<gpu id=", "<gpu id=<current_mig>Enabled<mig_devices>", "<mig_device>".repeat(9999)])(
    "broken logs do no harm",
    (text) => {
      for (const gpu of parseNvidiaLog(text)) expect(Gpu.parse(gpu)).toMatchObject({ vram_total_gb: 0 });
    },
  );
});

describe("nvidia-smi as a program", () => {
  let folder: string;
  const signal = new AbortController().signal;
  const install = (script: string) =>
    writeFile(path.join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "chiffon-smi-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("absent means no processors", async () => {
    expect(await createNvidiaSource({ searchPath: folder }).read(signal)).toEqual([]);
  });

  test("is found when it is installed later", async () => {
    const source = createNvidiaSource({ searchPath: folder });
    expect(await source.read(signal)).toEqual([]);
    await install(`echo "NVIDIA L4, 23034, 22500, 3"`);
    expect(await source.read(signal)).toHaveLength(1);
  });

  test("is asked for a bare table, with nothing of our environment", async () => {
    await install(`echo "$@" > ${folder}/args; env > ${folder}/env; echo "NVIDIA L4, 23034, 22500, 3"`);
    const gpus = await createNvidiaSource({ searchPath: `${folder}:/usr/bin:/bin` }).read(signal);
    expect(gpus).toMatchObject([{ name: "NVIDIA L4", utilisation: 0.03 }]);
    expect(await readFile(`${folder}/args`, "utf8")).toBe(
      "--query-gpu=name,memory.total,memory.free,utilization.gpu --format=csv,noheader,nounits\n",
    );
    expect(await readFile(`${folder}/env`, "utf8")).not.toMatch(/HOME|NODE|VITEST/);
  });

  test("[DESK-02] NVIDIA: where utilisation is unknown it is asked for instances", async () => {
    const table = await recorded("nvidia-535.161.08-a100-mig-in-pod.csv");
    const log = await recorded("nvidia-535.54.03-a100-mig.xml");
    await install(`if [ "$1" = -q ]; then cat <<'END'\n${log}\nEND\nelse echo '${table}'; fi`);
    const source = createNvidiaSource({ searchPath: `${folder}:/usr/bin:/bin` });
    expect(await source.read(signal)).toHaveLength(4);
    await install(`if [ "$1" = -q ]; then exit 1; else echo '${table}'; fi`);
    expect(await source.read(signal)).toMatchObject([{ name: "NVIDIA A100-SXM4-80GB", vram_total_gb: 0 }]);
  });

  test("one that fails means no processors, whatever it printed", async () => {
    await install(`echo "NVIDIA L4, 23034, 22500, 3"; exit 9`);
    expect(await createNvidiaSource({ searchPath: folder }).read(signal)).toEqual([]);
  });

  test("one that hangs is cut off and leaves no process", async () => {
    await install(`trap '' TERM INT; echo $$ > ${folder}/pid; while :; do sleep 100; done`);
    const source = createNvidiaSource({ searchPath: `${folder}:/usr/bin:/bin`, timeoutMs: 500 });
    const started = performance.now();
    expect(await source.read(signal)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(60_000); // by itself it would take 100 s
    const pid = Number(await readFile(`${folder}/pid`, "utf8"));
    await vi.waitFor(() => expect(() => process.kill(-pid, 0)).toThrow(/ESRCH/), { timeout: 60_000 });
  });

  test("one that prints without end is cut off", async () => {
    await install("exec yes 'NVIDIA L4, 1, 1, 1'");
    const source = createNvidiaSource({ searchPath: `${folder}:/usr/bin:/bin`, timeoutMs: 20_000 });
    expect(await source.read(signal)).toEqual([]);
  });

  test("an abort ends the waiting", async () => {
    await install("exec sleep 100");
    const source = createNvidiaSource({ searchPath: `${folder}:/usr/bin:/bin` });
    expect(await source.read(AbortSignal.timeout(200))).toEqual([]);
  });
});
