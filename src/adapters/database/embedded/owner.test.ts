import { chmod, mkdir, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { findObstacle, letThrough, pickOwner } from "./owner.ts";

const passwd = [
  "root:x:0:0:root:/root:/bin/bash",
  "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin",
  "postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash",
  "chiffon:x:998:997::/var/lib/chiffon:/usr/sbin/nologin",
].join("\n");

test("chiffon is preferred to postgres, and that to nobody; never root, never a user that is not there", () => {
  expect(pickOwner(passwd)).toEqual({ uid: 998, gid: 997 });
  expect(pickOwner(passwd.replace("chiffon:", "other:"))).toEqual({ uid: 101, gid: 104 });
  expect(pickOwner(passwd.replaceAll(/^(chiffon|postgres):/gm, "other:"))).toEqual({
    uid: 65534,
    gid: 65533,
  });
  expect(pickOwner("root:x:0:0:root:/root:/bin/bash")).toBeUndefined();
  expect(pickOwner("chiffon:x:0:0::/:/bin/sh\nnobody:x:none:0::/:/bin/sh")).toBeUndefined();
});

test("the first folder that stops the user is named; ours alone is opened for its group and for no one else", async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), "chiffon-owner-"));
  const owner = { uid: 65534, gid: process.getgid?.() ?? 0 };
  try {
    const inner = path.join(root, "a", "b");
    await mkdir(inner, { recursive: true });
    await chmod(root, 0o701);
    await chmod(path.join(root, "a"), 0o700);
    await chmod(inner, 0o701);
    expect(await findObstacle(inner, undefined)).toBeUndefined();
    const stopped = await findObstacle(inner, { uid: 65534, gid: 65530 });
    expect(stopped).toBe(await realpath(path.join(root, "a")));
    await letThrough(path.join(root, "a"), owner);
    expect((await stat(path.join(root, "a"))).mode & 0o777).toBe(0o710);
    await chmod(path.join(root, "a"), 0o750);
    await letThrough(path.join(root, "a"), owner);
    expect((await stat(path.join(root, "a"))).mode & 0o777).toBe(0o750);
  } finally {
    await rm(root, { recursive: true });
  }
});
