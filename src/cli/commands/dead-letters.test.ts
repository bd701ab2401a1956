import { expect, test } from "vitest";
import { testPassword } from "../../http/testing/server.ts";
import { useOwnMachine } from "../testing/own-machine.ts";

const { chiffon, calls } = useOwnMachine();

test("messages that nobody could take are listed with the reason, replayed and thrown away", async () => {
  await chiffon(["user", "add", "ada"], { password: testPassword });
  const list = await chiffon(["agents", "dead"]);
  expect(list.stdout).toMatch(/outbox-7 .* chf\.up\.result +work_result .* its receiver failed each time/);
  expect(JSON.parse((await chiffon(["agents", "dead", "list", "--json"])).stdout)).toMatchObject([
    { id: "outbox-7" },
  ]);

  const admin = ["--user", "ada"];
  const replayed = await chiffon(["agents", "dead", "replay", "outbox-7", ...admin], {
    password: testPassword,
  });
  expect(replayed).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("outbox-7 was given out again"),
  });
  const discarded = await chiffon(["agents", "dead", "discard", "outbox-7", ...admin], {
    password: testPassword,
  });
  expect(discarded).toMatchObject({ code: 0, stderr: "outbox-7 was thrown away\n" });

  expect([calls("deadLetters.replay"), calls("deadLetters.discard")]).toEqual([
    [["outbox-7"]],
    [["outbox-7"]],
  ]);
  expect(await chiffon(["agents", "dead", "replay", "outbox-8"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("chiffon agents dead"),
  });
});
