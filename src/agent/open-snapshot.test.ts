import { expect, test } from "vitest";
import { ChiffonError } from "../domain/errors.ts";
import { scaleWaits } from "../domain/waits.ts";
import type { SnapshotFile } from "../contracts/plan.ts";
import type { Blobs, ExecutorDeps, Order } from "./executor-deps.ts";
import { openApproved } from "./open-snapshot.ts";

const digest = "a".repeat(64);
const files: SnapshotFile[] = [{ path: "site.yml", sha256: "b".repeat(64), size: 1, executable: false }];
const never = new AbortController().signal;
const here = { treeDir: "/here", files };
const received = { treeDir: "/received", files };

const orderOf = (inputs: Order["inputs"] = null) =>
  ({ inputs, parameters: { step: { snapshot: digest } } }) as Order;

function depsOf(parts: { open: () => Promise<typeof here>; list?: Blobs["list"] }) {
  const done: string[] = [];
  const lists: (readonly SnapshotFile[])[] = [];
  const deps: Pick<ExecutorDeps, "snapshots" | "blobs" | "waits"> = {
    snapshots: {
      open: parts.open,
      receive: (wish) => {
        done.push(`received ${wish.digest}`);
        lists.push(wish.files);
        return Promise.resolve(received);
      },
      verify: () => Promise.resolve({ ok: true }),
      digest: () => digest,
    },
    blobs: {
      list: (asked, signal) => {
        done.push(`listed ${asked}`);
        return parts.list?.(asked, signal) ?? Promise.resolve(files);
      },
      read: async function* () {},
    },
    waits: scaleWaits(0.001),
  };
  return { deps, done, lists };
}

const notHere = () => Promise.reject(new ChiffonError("not-found", "not here"));

test("a snapshot that is here is opened, and nobody is asked", async () => {
  const { deps, done } = depsOf({ open: () => Promise.resolve(here) });
  expect(await openApproved(deps, orderOf(), never)).toEqual({ snapshot: here });
  expect(done).toEqual([]);
});

test("one that is not here is received by the list of the order, or by the server's where the order has none", async () => {
  const { deps, done, lists } = depsOf({ open: notHere });
  const inputs = files.map((file) => ({ ...file, path: "other.yml" }));
  expect(await openApproved(deps, orderOf(inputs), never)).toEqual({ snapshot: received });
  expect(await openApproved(deps, orderOf(), never)).toEqual({ snapshot: received });
  expect(done).toEqual([`received ${digest}`, `listed ${digest}`, `received ${digest}`]);
  expect(lists).toEqual([inputs, files]);
});

test("one that was changed here is refused with 5007 and not made anew; one that nobody has is no fault of the files", async () => {
  const changed = depsOf({ open: () => Promise.reject(new ChiffonError("hash-mismatch", "changed")) });
  expect(await openApproved(changed.deps, orderOf(), never)).toEqual({
    fault: { code: 5007, message: "nothing ran: changed" },
  });
  expect(changed.done).toEqual([]);
  const gone = depsOf({ open: notHere, list: notHere });
  await expect(openApproved(gone.deps, orderOf(), never)).rejects.toMatchObject({ code: "not-found" });
});

test("what was received is compared once more, list and tree", async () => {
  const { deps } = depsOf({ open: notHere });
  const other = { ...deps, snapshots: { ...deps.snapshots, digest: () => "c".repeat(64) } };
  expect(await openApproved(other, orderOf(), never)).toMatchObject({ fault: { code: 5007 } });
  const verify = () => Promise.resolve({ ok: false as const, path: "x.yml", reason: "it is new" });
  const added = { ...deps, snapshots: { ...deps.snapshots, verify } };
  expect(await openApproved(added, orderOf(), never)).toEqual({
    fault: { code: 5007, message: "x.yml in the snapshot was changed: it is new" },
  });
});

test("a list that does not come is waited for no longer than a lease allows", async () => {
  const hang = () => new Promise<never>(() => {});
  const { deps } = depsOf({ open: notHere, list: hang });
  await expect(openApproved(deps, orderOf(), never)).rejects.toMatchObject({ code: "server-unreachable" });
  const slow = { ...depsOf({ open: notHere, list: hang }).deps, waits: scaleWaits(1) };
  await expect(
    openApproved(slow, orderOf(), AbortSignal.abort(new Error("cancelled"))),
  ).rejects.toMatchObject({ code: "server-unreachable", message: expect.stringContaining("cancelled") });
});
