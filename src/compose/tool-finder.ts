import path from "node:path";
import { findAnsible, type AnsibleTools } from "../ansible/process/tools.ts";

/** The installed Ansible; looked for again when it was not there, or after a minute. */
export function createToolFinder(options: {
  readonly searchPath: string;
  readonly home: string;
}): () => Promise<AnsibleTools | undefined> {
  let found: Promise<AnsibleTools | undefined> | undefined;
  let until = 0;
  return async () => {
    if (!found || Date.now() > until) {
      until = Date.now() + 60_000;
      found = findAnsible({ search: options.searchPath.split(path.delimiter), home: options.home });
    }
    const tools = await found;
    if (!tools) found = undefined;
    return tools;
  };
}
