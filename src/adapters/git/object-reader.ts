import { awaitEnd, gitFailed, spawnGit } from "./run-git.ts";
import type { GitOptions } from "./run-git.ts";

export interface ObjectReader extends AsyncDisposable {
  /** Content of a blob by id or `commit:path`; undefined when there is none. One call at a time. */
  read(name: string): Promise<Buffer | undefined>;
}

/** Larger objects are none of ours. */
const maxObjectBytes = 64 * 1024 * 1024;

/** Reads any number of objects through one `git cat-file --batch`. */
export function objectReader(options: GitOptions): ObjectReader {
  const child = spawnGit(options, ["cat-file", "--batch"]);
  const ended = awaitEnd(child);
  ended.catch(() => undefined);
  child.stdin.on("error", () => undefined); // the end of git says why
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);

  async function more(): Promise<void> {
    const next = await chunks.next();
    if (next.done === true) throw gitFailed("read the record", await ended);
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
  }

  async function take(count: number): Promise<Buffer> {
    if (rest.length < count) {
      const parts = [rest];
      let have = rest.length;
      while (have < count) {
        rest = Buffer.alloc(0);
        await more();
        parts.push(rest);
        have += rest.length;
      }
      rest = Buffer.concat(parts);
    }
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  }

  async function takeLine(): Promise<string> {
    let border = rest.indexOf(10);
    while (border < 0) {
      await more();
      border = rest.indexOf(10);
    }
    const line = rest.toString("utf8", 0, border);
    rest = rest.subarray(border + 1);
    return line;
  }

  return {
    async read(name) {
      if (/[\n\0]/.test(name)) throw new TypeError("not the name of an object");
      child.stdin.write(`${name}\n`);
      const header = await takeLine();
      const [, type, size] = /^[0-9a-f]+ (blob|tree|commit|tag) (\d+)$/.exec(header) ?? [];
      if (type === undefined || size === undefined) return undefined;
      if (Number(size) > maxObjectBytes)
        throw gitFailed("read the record", { code: 0, stderr: `${header}: too large` });
      const content = await take(Number(size) + 1);
      return type === "blob" ? content.subarray(0, -1) : undefined;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.stdout.destroy();
      await ended.catch(() => undefined);
    },
  };
}
