import { describe, expect, test } from "vitest";
import { decideHost, decideOrigin, isLoopback, listHosts, type HostRules } from "./guard.ts";

const local: HostRules = { scheme: "http", port: 7707, host: "127.0.0.1", allowedHosts: [] };

function answers(header: string | undefined, listen: HostRules, localAddress?: string): boolean {
  return decideHost(header, { hosts: listHosts(listen), listen, localAddress });
}

describe("the Host header", () => {
  test("has to be this machine's name with the port, exactly", () => {
    for (const good of ["localhost:7707", "127.0.0.1:7707", "[::1]:7707", "LOCALHOST:7707"]) {
      expect(answers(good, local), good).toBe(true);
    }
    const bad = [
      undefined,
      "",
      "localhost",
      "127.0.0.1",
      "localhost:7708",
      "localhost:7707 ",
      "localhost.:7707",
      "evil.example:7707",
      "localhost:7707@evil.example",
      "evil.example#localhost:7707",
      "127.0.0.2:7707",
      "[::1]",
      "::1:7707",
    ];
    for (const host of bad) expect(answers(host, local), String(host)).toBe(false);
  });

  test("may be a name that was allowed, with the server's port or the one that was given", () => {
    const listen: HostRules = {
      ...local,
      allowedHosts: ["Garden.local", "proxy.example:8443", "fd00::5", "[fd00::6]:99"],
    };
    for (const good of ["garden.local:7707", "proxy.example:8443", "[fd00::5]:7707", "[fd00::6]:99"]) {
      expect(answers(good, listen), good).toBe(true);
    }
    for (const bad of ["garden.local", "proxy.example:7707", "[fd00::6]:7707"]) {
      expect(answers(bad, listen), bad).toBe(false);
    }
  });

  test("may leave out the port where it is the scheme's own", () => {
    const listen: HostRules = {
      scheme: "https",
      port: 443,
      host: "10.0.0.5",
      allowedHosts: ["garden.local"],
    };
    for (const good of ["garden.local", "10.0.0.5", "10.0.0.5:443", "localhost"])
      expect(answers(good, listen)).toBe(true);
    expect(answers("garden.local", { ...listen, scheme: "http" })).toBe(false);
  });

  test("of a server on all addresses may be the address that the connection arrived at, and never a name", () => {
    const listen: HostRules = { scheme: "https", port: 7707, host: "0.0.0.0", allowedHosts: [] };
    expect(answers("192.168.1.5:7707", listen, "192.168.1.5")).toBe(true);
    expect(answers("192.168.1.5:7707", { ...listen, host: "::" }, "::ffff:192.168.1.5")).toBe(true);
    expect(answers("192.168.1.6:7707", listen, "192.168.1.5")).toBe(false);
    expect(answers("evil.example:7707", listen, "192.168.1.5")).toBe(false);
    expect(answers("0.0.0.0:7707", listen, "192.168.1.5")).toBe(false);
    expect(answers("192.168.1.5:7707", local, "192.168.1.5")).toBe(false);
  });
});

describe("the Origin header", () => {
  const expected = "http://localhost:7707";
  const base = { unsafe: true, origin: undefined, fetchSite: undefined, expected };

  test("is needed exactly for what a cookie changes", () => {
    expect(decideOrigin({ ...base, via: "cookie", origin: expected })).toBe(true);
    expect(decideOrigin({ ...base, via: "cookie", origin: expected, fetchSite: "same-origin" })).toBe(true);
    for (const origin of [
      undefined,
      "null",
      "http://localhost:7708",
      "https://localhost:7707",
      `${expected}/`,
    ]) {
      expect(decideOrigin({ ...base, via: "cookie", origin }), String(origin)).toBe(false);
    }
    for (const fetchSite of ["same-site", "cross-site", "none", ""]) {
      expect(decideOrigin({ ...base, via: "cookie", origin: expected, fetchSite }), fetchSite).toBe(false);
    }
  });

  test("may be missing at login, but not be foreign there", () => {
    expect(decideOrigin({ ...base, via: "none" })).toBe(true);
    expect(decideOrigin({ ...base, via: "none", origin: expected })).toBe(true);
    expect(decideOrigin({ ...base, via: "none", origin: "https://evil.example" })).toBe(false);
    expect(decideOrigin({ ...base, via: "none", fetchSite: "cross-site" })).toBe(false);
  });

  test("does not matter for a bearer token", () => {
    expect(
      decideOrigin({ ...base, via: "bearer", origin: "https://evil.example", fetchSite: "cross-site" }),
    ).toBe(true);
  });

  test("is not looked at for reading, but other sites' pages read nothing by a cookie", () => {
    const read = { ...base, via: "cookie" as const, unsafe: false };
    for (const fetchSite of [undefined, "same-origin", "none"])
      expect(decideOrigin({ ...read, fetchSite })).toBe(true);
    for (const fetchSite of ["same-site", "cross-site"])
      expect(decideOrigin({ ...read, fetchSite })).toBe(false);
  });
});

test("Loopback is what only this machine can reach", () => {
  for (const address of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost"])
    expect(isLoopback(address)).toBe(true);
  for (const address of ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.evil.example", "1127.0.0.1"]) {
    expect(isLoopback(address)).toBe(false);
  }
});
