import { ChiffonError } from "./errors.ts";

/** Whether there was no room: the disk is full, or a quota is used up. */
export function isFullDisk(error: unknown): boolean {
  if (ChiffonError.is(error)) return error.code === "disk-full";
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
