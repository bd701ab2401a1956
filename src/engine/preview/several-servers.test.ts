import { randomUUID } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import { caller } from "../request/testing.ts";
import { openPreviews } from "./previews.ts";
import { endLeftPreviews } from "./sql.ts";
import { createPreviewWorld } from "./testing.ts";

const inventory =
  "[servers]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n";

test("of two servers one looks at a plan; the other shows that, does not begin anew, and ends it only when the first is gone", async () => {
  await using world = await createPreviewWorld({
    "hosts.ini": inventory,
    "slow.yml":
      "# chiffon:service=slow\n- hosts: servers\n  gather_facts: false\n  tasks:\n    - name: wait\n      ansible.builtin.pause: {seconds: 600}\n",
  });
  const { deps, previews: here } = world;
  const there = path.join(deps.dataDir, "there");
  await using elsewhere = await openPreviews({
    ...deps,
    replica: randomUUID(),
    folder: there,
    runDirOf: (id) => path.join(there, id),
  });
  const planId = await world.plan("deploy slow");
  const stateOf = async () => (await elsewhere.get(planId)).steps[0]?.state;
  const kindsOf = async () => {
    const rows = await deps.db.selectFrom("audit_record").select("body").execute();
    const kinds = rows.map(({ body }) => (JSON.parse(body.toString()) as { kind: string }).kind);
    return kinds.filter((kind) => kind.startsWith("preview."));
  };

  await here.start(caller, planId, {});
  expect((await elsewhere.start(caller, planId, {})).steps[0]?.state).toBe("running");
  await elsewhere.tend(true);
  // It has given its own up, because the first is at it.
  await elsewhere.settled();
  expect(await stateOf()).toBe("running");
  expect(await kindsOf()).toEqual(["preview.started"]);

  await endLeftPreviews(deps.db, deps.clock.now(), [deps.replica]);
  expect(await stateOf()).toBe("running");
  await endLeftPreviews(deps.db, deps.clock.now(), []);
  expect((await elsewhere.get(planId)).steps[0]).toMatchObject({
    state: "cancelled",
    reason: "the server was ended while it ran",
  });

  await elsewhere.start(caller, planId, {});
  here.stop(planId);
  await here.settled();
  // The end of what counts as gone changes nothing about the new one.
  expect(await stateOf()).toBe("running");
  elsewhere.stop(planId);
  await elsewhere.settled();
  expect(await stateOf()).toBe("cancelled");
}, 120_000);
