import os from "node:os";
import { describe, expect, test } from "vitest";
import { MachineMetrics } from "../../contracts/metrics.ts";
import { createMachineMetrics } from "./machine.ts";
import { countCores, parseMeminfo, parseOsName } from "./system.ts";

const signal = new AbortController().signal;

describe("metrics of this machine", () => {
  test("[DESK-01] tells load, memory, cores, disk and system, as the contract wants them", async () => {
    const source = createMachineMetrics({ diskPath: os.tmpdir(), searchPath: "", gpuSources: [] });
    const metrics = await source.read(signal);
    expect(MachineMetrics.parse(metrics)).toEqual(metrics);
    expect(metrics.memory_total_gb).toBeGreaterThan(0.1);
    expect(metrics.memory_available_gb).toBeGreaterThan(0);
    expect(metrics.memory_available_gb).toBeLessThanOrEqual(metrics.memory_total_gb);
    expect(metrics.cpu_cores_physical).toBeLessThanOrEqual(os.availableParallelism());
    expect(metrics.cpu_cores_available).toBe(
      Math.max(1, Math.floor(metrics.cpu_cores_physical - metrics.cpu_load_1min)),
    );
    expect(metrics.disk.total_gb).toBeGreaterThan(metrics.disk.available_gb);
    expect(metrics.os.length).toBeGreaterThan(3);
    expect(metrics.gpus).toEqual([]);
  });

  test("[DESK-02] puts the processors of all vendors together", async () => {
    const gpu = {
      vendor: "amd",
      name: "x",
      vram_total_gb: 8,
      vram_available_gb: 4,
      utilisation: null,
    } as const;
    const gpuSources = [
      { read: async () => [gpu, gpu] },
      { read: async () => [] },
      { read: async () => [gpu] },
    ];
    const source = createMachineMetrics({ diskPath: "/nonexistent", searchPath: "", gpuSources });
    const metrics = await source.read(signal);
    expect(metrics.gpus).toEqual([gpu, gpu, gpu]);
    expect(metrics.disk).toEqual({ path: "/nonexistent", total_gb: 0, available_gb: 0 });
  });

  test("carries no more processors than the contract allows", async () => {
    const gpu = {
      vendor: "amd",
      name: "x",
      vram_total_gb: 8,
      vram_available_gb: 4,
      utilisation: null,
    } as const;
    const gpuSources = [1, 2].map(() => ({ read: async () => Array.from({ length: 40 }, () => gpu) }));
    const source = createMachineMetrics({ diskPath: os.tmpdir(), searchPath: "", gpuSources });
    expect(MachineMetrics.parse(await source.read(signal)).gpus).toHaveLength(64);
  });

  test("is cheap: a hundred readings take less than two seconds", async () => {
    const source = createMachineMetrics({ diskPath: os.tmpdir(), searchPath: "", gpuSources: [] });
    await source.read(signal);
    const before = process.cpuUsage();
    for (let count = 0; count < 100; count++) await source.read(signal);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });

  test("fails only when it was aborted", async () => {
    const source = createMachineMetrics({ diskPath: "/", searchPath: "" });
    await expect(source.read(AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe("what the kernel says", () => {
  const core = (processor: number, socket: number, id: number) =>
    `processor\t: ${processor}\nphysical id\t: ${socket}\nsiblings\t: 4\ncore id\t\t: ${id}\ncpu cores\t: 2\n`;

  test("cores are counted without hyper-threads, over all sockets", () => {
    const text = [
      core(0, 0, 0),
      core(1, 0, 1),
      core(2, 0, 0),
      core(3, 0, 1),
      core(4, 1, 0),
      core(5, 1, 1),
    ].join("\n");
    expect(countCores(text)).toBe(4);
    expect(countCores("processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\n")).toBeUndefined();
    expect(countCores(undefined)).toBeUndefined();
  });

  test("available memory is the kernel's estimate, or what is free on old kernels", () => {
    expect(
      parseMeminfo("MemTotal:       2048 kB\nMemFree:         512 kB\nMemAvailable:   1024 kB\n"),
    ).toEqual({
      total: 2048 * 1024,
      available: 1024 * 1024,
    });
    expect(parseMeminfo("MemTotal:       2048 kB\nMemFree:         512 kB\n")?.available).toBe(512 * 1024);
    expect(parseMeminfo("")).toBeUndefined();
  });

  test("the system's name is read with or without quotes", () => {
    expect(parseOsName('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toBe(
      "Debian GNU/Linux 12 (bookworm)",
    );
    expect(parseOsName("PRETTY_NAME=Alpine\n")).toBe("Alpine");
    expect(parseOsName("NAME=x\n")).toBeUndefined();
  });
});
