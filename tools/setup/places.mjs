import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const bin = path.join(root, "node_modules", ".bin");
/** What this checkout fetched for its own use only: Node 24, and Ansible where the machine has none. */
export const runtime = path.join(root, "tools", "runtime");
export const lockFolder = path.join(root, ".setup-lock");
// npm itself may lie about the Node it was started with once node_modules/.bin is first on PATH; this one is the machine's.
export const machineNode = process.env.npm_node_execpath ?? process.execPath;
