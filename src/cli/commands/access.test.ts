import { describe, expect, test } from "vitest";
import { testPassword } from "../../http/testing/server.ts";
import { useOwnMachine } from "../testing/own-machine.ts";
import { runCli } from "../testing/run-cli.ts";

const machine = useOwnMachine();
const { chiffon, calls } = machine;

describe("before there is any user", () => {
  test("the owner of the server's files makes the first one without typing a code", async () => {
    const added = await chiffon(["user", "add", "ada"], { password: testPassword });
    expect(added).toEqual({ code: 0, stdout: "", stderr: "user ada (admin) can sign in\n" });
    expect(
      await machine.server.access.login({ username: "ada", password: testPassword }, { address: "::1" }),
    ).toMatchObject({ role: "admin" });
  });
});

describe("with users", () => {
  test("another user needs the password of an admin, and the two passwords come by different ways", async () => {
    const refused = await chiffon(["user", "add", "grace"], { password: "another long one" });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--user NAME") });
    const args = ["user", "add", "grace", "--role", "viewer", "--password-stdin", "--user", "ada"];
    const added = await chiffon(args, { stdin: "another long one\n", password: testPassword });
    expect(added).toMatchObject({ code: 0, stderr: "user grace (viewer) added\n" });
    const list = await chiffon(["user", "list", "--json"]);
    expect(JSON.parse(list.stdout)).toMatchObject([
      { username: "ada" },
      { username: "grace", role: "viewer" },
    ]);
  });

  test("a code for a new password is data, and what to do with it is not", async () => {
    const reset = await chiffon(["user", "reset", "grace"]);
    expect(reset.stdout).toMatch(/^[0-9A-Z-]{20,}\n$/);
    expect(reset.stderr).toContain(`chiffon user add grace --code ${reset.stdout.trim()}`);
    const set = await chiffon(["user", "add", "grace", "--code", "-", "--password-stdin"], {
      stdin: `${reset.stdout.trim()}\nyet another long one\n`,
    });
    expect(set).toMatchObject({ code: 0, stderr: "user grace (viewer) can sign in\n" });
  });

  test("a secret comes by stdin and goes out only when it is asked for", async () => {
    expect(await chiffon(["secret", "set", "DB_PASSWORD"], { stdin: "hunter2-hunter2\n" })).toMatchObject({
      code: 1,
    });
    const set = await chiffon(["secret", "set", "DB_PASSWORD", "--user", "ada"], {
      stdin: "hunter2-hunter2\n",
      password: testPassword,
    });
    expect(set).toEqual({ code: 0, stdout: "", stderr: "secret DB_PASSWORD is set\n" });
    expect(calls("secrets.set")).toEqual([["DB_PASSWORD"]]);
    expect((await chiffon(["secret", "list"])).stdout).toContain("DB_PASSWORD");
    expect((await chiffon(["secret", "reveal", "DB_PASSWORD"])).stdout).toBe("hunter2-hunter2\n");
    expect((await chiffon(["secret", "remove", "DB_PASSWORD"])).code).toBe(0);
  });

  test("a value that was typed as an argument is a usage error and is not repeated", async () => {
    const typed = await chiffon(["secret", "set", "DB_PASSWORD", "hunter2-hunter2"]);
    expect(typed.code).toBe(2);
    const asName = await chiffon(["secret", "set", "hunter2-hunter2!"], { stdin: "x" });
    expect(asName.code).toBe(2);
    expect(asName.stderr).not.toContain("hunter2");
  });

  test("a token is alone on stdout, works, and no longer works once revoked", async () => {
    const created = await chiffon(
      ["token", "create", "ci", "--permission", "read", "--days", "1", "--user", "ada"],
      { password: testPassword },
    );
    expect(created.stdout).toMatch(/^chf_\S+\n$/);
    const remote = { url: machine.server.address, token: created.stdout.trim() };
    expect((await runCli(["plan", "list"], { config: remote })).code).toBe(0);
    expect((await runCli(["ask", "x"], { config: remote })).stderr).toContain('"propose" is missing');
    expect((await chiffon(["token", "revoke", "ci"])).stderr).toMatch(/^token ci \(\w{8}\) revoked\n$/);
    expect(await runCli(["plan", "list"], { config: remote })).toMatchObject({ code: 1 });
    expect((await chiffon(["token", "create", "ci", "--permission", "fly"])).code).toBe(2);
    expect((await chiffon(["token", "create", "ci"])).code).toBe(2);
  });

  test("without any token the hint says how to get one", async () => {
    const answer = await runCli(["run", "list"], { config: { url: machine.server.address } });
    expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining("CHIFFON_TOKEN_FILE") });
  });
});
