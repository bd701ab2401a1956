import { expect, test } from "vitest";
import { checkBranch, parseGitAddress, shortName } from "./check-url.ts";

test.each([
  ["https://git.example.org/ada/homelab.git", "https", "homelab"],
  ["https://git.example.org:8443/ada/home%20lab", "https", "home-lab"],
  ["ssh://git@git.example.org:2222/ada/homelab.git", "ssh", "homelab"],
  ["git@git.example.org:ada/homelab.git", "ssh", "homelab"],
  ["box:/srv/git/play books.git".replace(" ", "-"), "ssh", "play-books"],
  ["file:///srv/git/homelab.git/", "file", "homelab"],
  [" https://git.example.org/ada/.git ", "https", "repository"],
])("the address %s is taken, by %s", (written, protocol, name) => {
  expect(parseGitAddress(written)).toEqual({ url: written.trim(), protocol, name });
});

test.each([
  ["ext::sh -c touch% /tmp/x", "blanks"],
  ["ext::sh", "helper program"],
  ["fd::17/foo", "helper program"],
  ["--upload-pack=touch", "begin with -"],
  ["-oProxyCommand=x:y", "begin with -"],
  ["ssh://-oProxyCommand=x/y", "plain name"],
  ["ssh://-x@host/y", "plain name"],
  ["host:-x", "no address"],
  ["https://git.example.org/a\nb", "cannot be seen"],
  ["https://git.example.org/a\u202Eb", "cannot be seen"],
  ["https://git.example.org/a\0b", "cannot be seen"],
  ["http://git.example.org/a", "not protected"],
  ["git://git.example.org/a", "not protected"],
  ["ftp://git.example.org/a", "not used"],
  ["file://git.example.org/a", "three slashes"],
  ["/srv/git/homelab", "no address"],
  ["homelab", "no address"],
  ["https://", "no valid address"],
  ["https://$(touch)/a", "no"],
])("the address %j is refused: %s", (written, why) => {
  expect(() => parseGitAddress(written)).toThrow(why);
});

test.each([
  "https://ada:hunter2@git.example.org/a",
  "https://token@git.example.org/a",
  "ssh://git:pw@host/a",
])("credentials in %s are refused, and the hint says where they belong", (written) => {
  expect(() => parseGitAddress(written)).toThrow(
    expect.objectContaining({
      code: "bad-input",
      hint: expect.stringMatching(/credential helper.*deploy key/),
    }),
  );
  expect(() => parseGitAddress(written)).not.toThrow("hunter2");
});

test("a branch is a name that git takes, never an option", () => {
  for (const good of ["main", "feature/one", "v1.2", "äpfel"]) expect(checkBranch(good)).toBe(good);
  for (const bad of ["-u", "--upload-pack=x", "a..b", "a b", "a~1", "x.lock", "/a", "a/", "a\nb", "", "@{1}"])
    expect(() => checkBranch(bad), bad).toThrow("no name of a branch");
});

test("names of repositories can stand in ids, addresses and commands", () => {
  expect(shortName("My homelab (old)")).toBe("My-homelab-old");
  expect(shortName("../..")).toBe("repository");
  expect(shortName("operation")).toBe("repository");
  expect(shortName("x".repeat(200))).toHaveLength(60);
});
