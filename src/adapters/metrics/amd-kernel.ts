import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Gpu } from "../../contracts/metrics.ts";
import { describeGpu, mostGpus, readNumber, restOf } from "./describe-gpu.ts";

/** AMD processors as the kernel's driver `amdgpu` shows them under `/sys`, for machines without AMD's tools. */
export async function readAmdKernel(root: string): Promise<Gpu[]> {
  const folder = path.join(root, "class/drm");
  const cards = (await readdir(folder).catch(() => []))
    .filter((name) => /^card\d{1,3}$/.test(name))
    .toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    .slice(0, mostGpus);
  const gpus = await Promise.all(cards.map((card) => readCard(path.join(folder, card, "device"))));
  return gpus.filter((gpu) => gpu !== undefined);
}

/** Undefined for the cards of other vendors, which have no such files. */
async function readCard(device: string): Promise<Gpu | undefined> {
  const files = ["mem_info_vram_total", "mem_info_vram_used", "gpu_busy_percent", "product_name", "device"];
  const [total, used, percent, product, model] = await Promise.all(
    files.map((file) => readFile(path.join(device, file), "utf8").catch(() => "")),
  );
  const bytes = readNumber(total);
  if (bytes === undefined) return undefined;
  return describeGpu({
    vendor: "amd",
    // Only server cards tell a name; of the others the kernel knows the number of the model.
    name: product?.trim() || `AMD ${model?.trim() ?? ""}`,
    total: bytes,
    free: restOf(bytes, readNumber(used)),
    percent: readNumber(percent),
  });
}
