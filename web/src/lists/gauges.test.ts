import { expect, test } from "vitest";
import { listGauges } from "./gauges.ts";

test("A load above the cores fills the bar and is said in words; nothing divides by zero", () => {
  const gauges = listGauges({
    cpu_load_1min: 11.1,
    cpu_load_5min: 1,
    cpu_load_15min: 1,
    cpu_cores_physical: 2,
    cpu_cores_available: 1,
    memory_total_gb: 16,
    memory_available_gb: 12,
    gpus: [{ vendor: "nvidia", name: "RTX", vram_total_gb: 0, vram_available_gb: 0, utilisation: null }],
    disk: { path: "/", total_gb: 100, available_gb: 25 },
    os: "Debian",
  });
  expect(gauges).toEqual([
    { name: "CPU load", share: 1, text: "11.10 on 2 cores" },
    { name: "Memory", share: 0.25, text: "4.0 of 16.0 GB" },
    { name: "GPU 0 RTX", share: 0, text: "0.0 of 0.0 GB" },
    { name: "Disk /", share: 0.75, text: "75.0 of 100.0 GB" },
  ]);
});
