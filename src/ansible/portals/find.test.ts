import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FoundPortals } from "./candidate.ts";
import { findPortals, maxPortals } from "./find.ts";

const fixtures = path.join(import.meta.dirname, "../../../test/fixtures/repositories");
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "chiffon-portals-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function find(files: Record<string, string>): Promise<FoundPortals> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return await findPortals({ root });
}

/** "name url path:line" of all lists together. */
const brief = (found: FoundPortals): string[] =>
  found.candidates.flatMap((list) => list.portals.map((each) => `${each.name} ${each.url} ${each.source}`));
const notes = (found: FoundPortals): string[] => [
  ...found.candidates.flatMap((list) => list.notes),
  ...found.notes,
];

describe("[E2E-02] portals are found in the repository's own data, each with file and line", () => {
  test("in a list of links whose addresses are partly variables", async () => {
    const found = await findPortals({ root: path.join(fixtures, "portals-list") });
    expect(found.candidates).toMatchObject([
      { kind: "list", name: "dashboard_links", path: "group_vars/all/start_page.yml", line: 2 },
    ]);
    expect(brief(found)).toEqual([
      "Photos https://photos.attic.example.org group_vars/all/start_page.yml:3",
      "Wiki http://wiki.attic.example.org:8080/start group_vars/all/start_page.yml:5",
    ]);
    expect(notes(found)).toEqual([
      expect.stringContaining('start_page.yml:7: "Old router" is left out: its address "htp://192.0.2.1"'),
      expect.stringContaining('start_page.yml:9: "Notes" is left out'),
    ]);
  });

  test("in the labels of Compose files", async () => {
    const found = await findPortals({ root: path.join(fixtures, "portals-compose") });
    expect(found.candidates).toMatchObject([{ kind: "compose" }]);
    expect(brief(found)).toEqual([
      "jellyfin https://films.example.net stacks/media/compose.yaml:6",
      "Papers https://papers.example.net stacks/papers/docker-compose.yml:6",
    ]);
    expect(notes(found)).toEqual([expect.stringContaining('docker-compose.yml:11: "mail" is left out')]);
  });

  test("in a browser's exported bookmarks", async () => {
    const found = await findPortals({ root: path.join(fixtures, "portals-bookmarks") });
    expect(found.candidates).toMatchObject([{ kind: "bookmarks", path: "home/bookmarks.html" }]);
    expect(brief(found)).toEqual([
      "Graphs & meters https://grafana.example.com/d/1?a=1&b=2 home/bookmarks.html:8",
      "NAS http://nas.example.com:5000/ home/bookmarks.html:9",
    ]);
    expect(notes(found)).toEqual([expect.stringContaining("bookmarks.html:10")]);
  });

  test("in several places at once, and in none", async () => {
    const several = await findPortals({ root: path.join(fixtures, "portals-several") });
    expect(several.candidates.map((each) => each.name)).toEqual([
      "our_websites",
      "services of the dashboard",
    ]);
    const none = await findPortals({ root: path.join(fixtures, "portals-none") });
    expect(none).toEqual({ candidates: [], notes: [expect.stringContaining("group_vars/all.yml:2")] });
  });
});

describe("where lists may stand", () => {
  test("inventories, host_vars, files named by a playbook, and a play's own variables", async () => {
    const found = await find({
      "inventory/hosts.yml":
        "all:\n  vars:\n    zone: example.org\n    in_inventory:\n      - name: A\n        url: https://a.{{ zone }}\n",
      "inventory/host_vars/box.yml": "in_host_vars:\n  - { label: B, link: 'https://b.example.org' }\n",
      "data/places.yml": "nested:\n  named_by_play:\n    - title: C\n      web_url: https://c.example.org\n",
      "site.yml":
        "- hosts: all\n  vars_files: [data/places.yml]\n  vars:\n    in_play:\n      - domain: d.example.org\n",
      "other/unread.yml": "nobody_reads:\n  - url: https://x.example.org\n",
    });
    expect(brief(found)).toEqual([
      "C https://c.example.org data/places.yml:3",
      "B https://b.example.org inventory/host_vars/box.yml:2",
      "A https://a.example.org inventory/hosts.yml:5",
      "d.example.org https://d.example.org site.yml:5",
    ]);
    expect(found.candidates.map((each) => each.name)).toEqual([
      "nested.named_by_play",
      "in_host_vars",
      "in_inventory",
      "in_play",
    ]);
  });

  test("groups of a dashboard inside a variable are one list, with the names above the addresses", async () => {
    const found = await find({
      "group_vars/all.yml": [
        "start_page:",
        "  - House:",
        "      - Films:",
        "          icon: films.png",
        "          href: https://films.example.org",
        "  - name: Work",
        "    items:",
        "      - { title: Code, url: 'https://code.example.org', logo_url: 'https://x.example.org/a.png' }",
      ].join("\n"),
    });
    expect(found.candidates.map((each) => `${each.name} ${each.line}`)).toEqual(["start_page 1"]);
    expect(brief(found)).toEqual([
      "Films https://films.example.org group_vars/all.yml:4",
      "Code https://code.example.org group_vars/all.yml:8",
    ]);
  });

  test("an entry that is shared by an alias is in both lists", async () => {
    const found = await find({
      "group_vars/all.yml":
        "first:\n  - &wiki { name: Wiki, url: 'https://wiki.example.org' }\nsecond:\n  - *wiki\n",
    });
    expect(found.candidates.map((each) => each.name)).toEqual(["first", "second"]);
    expect(new Set(brief(found))).toEqual(new Set(["Wiki https://wiki.example.org group_vars/all.yml:2"]));
  });

  test("a role's default is not taken beside the list that overrides it", async () => {
    const found = await find({
      "roles/page/defaults/main.yml": "page_links:\n  - url: https://example.com\n",
      "group_vars/all.yml": "page_links:\n  - url: https://mine.example.org\n",
    });
    expect(brief(found)).toEqual(["mine.example.org https://mine.example.org group_vars/all.yml:2"]);
  });

  test("what is downloaded, resolved by name or switched off is no portal", async () => {
    const found = await find({
      "group_vars/all.yml": [
        "apt_repos:",
        "  - { name: docker, url: 'https://download.example.org/linux' }",
        "binaries:",
        "  - { name: tool, url: 'https://example.org/tool.tar.gz' }",
        "dns_records:",
        "  - { name: nas, address: 192.0.2.4 }",
        "clones:",
        "  - { name: code, url: 'git@example.org:me/code' }",
        "portals:",
        "  - { name: Gone, url: 'https://off.example.org', enabled: false }",
        "  - { name: Here, url: 'https://on.example.org' }",
      ].join("\n"),
    });
    expect(brief(found)).toEqual(["Here https://on.example.org group_vars/all.yml:11"]);
  });

  test("a variable with different values for different hosts is not guessed", async () => {
    const found = await find({
      "host_vars/a.yml": "zone: a.example.org\n",
      "host_vars/b.yml": "zone: b.example.org\n",
      "group_vars/all.yml":
        "portals:\n  - { name: X, url: 'https://x.{{ zone }}' }\n  - { name: Y, url: 'https://y.org' }\n",
    });
    expect(brief(found)).toEqual(["Y https://y.org group_vars/all.yml:3"]);
    expect(notes(found)).toEqual([expect.stringContaining('group_vars/all.yml:2: "X" is left out')]);
  });

  test.each([
    ["Host(`a.example.org`) || Host(`b.example.org`)", ["a.example.org", "b.example.org"]],
    ["Host(`a.example.org`, `b.example.org`)", ["a.example.org", "b.example.org"]],
    ["Host(`a.example.org`) && PathPrefix(`/admin`)", ["a.example.org/admin"]],
    ["!Host(`a.example.org`) && HostRegexp(`.+`)", []],
    ["Host(`${SUB:-a}.example.org`)", ["a.example.org"]],
  ])("the Traefik rule %s", async (rule, wanted) => {
    const found = await find({
      "compose.yml": `services:\n  web:\n    image: x\n    labels:\n      - "traefik.http.routers.web.rule=${rule}"\n`,
    });
    const urls = found.candidates.flatMap((list) => list.portals.map((each) => each.url));
    expect(urls).toEqual(wanted.map((host) => `https://${host}`));
  });
});

describe("hostile data", () => {
  test("addresses that run something, hold a password or hide characters are left out and named", async () => {
    const found = await find({
      "group_vars/all.yml": [
        "portals:",
        '  - { name: "Evil\\e[31m\\u202Ename", url: "https://a.example.org" }',
        "  - { name: Script, url: 'javascript:alert(1)' }",
        "  - { name: File, url: 'file:///etc/passwd' }",
        "  - { name: Secret, url: 'https://ada:hunter2@b.example.org' }",
        '  - { name: Split, url: "https://c.example.org/\\n- x" }',
        "  - { name: '{{ lookup(''pipe'', ''id'') }}', url: 'https://d.example.org' }",
        "  - { name: Number, url: 7 }",
        "  - { name: __proto__, url: 'https://e.example.org' }",
        "  - just text",
      ].join("\n"),
    });
    expect(brief(found)).toEqual([
      "Evil [31m name https://a.example.org group_vars/all.yml:2",
      "d.example.org https://d.example.org group_vars/all.yml:7",
      "__proto__ https://e.example.org group_vars/all.yml:9",
    ]);
    expect(notes(found)).toHaveLength(4);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  test("100,000 entries are read and cut with a note", async () => {
    const rows = Array.from({ length: 100_000 }, (_, at) => `<DT><A HREF="http://h${at}.org/">n${at}</A>`);
    const found = await find({
      "bookmarks.html": `<!DOCTYPE NETSCAPE-Bookmark-file-1>\n${rows.join("\n")}`,
      "group_vars/all.yml": `portals:\n${Array.from({ length: 30_000 }, (_, at) => `- url: http://x${at}.org\n`).join("")}`,
      "broken.html": `<!DOCTYPE NETSCAPE-Bookmark-file-1>\n${"<a href=".repeat(300_000)}`,
    });
    expect(found.candidates.map((each) => each.portals.length)).toEqual([maxPortals, maxPortals]);
    expect(notes(found)).toEqual([
      expect.stringContaining("more than"),
      expect.stringContaining("more than"),
    ]);
  });

  test("aliases, depth, broken files and links out of the repository do no harm", async () => {
    const outside = await mkdtemp(path.join(tmpdir(), "chiffon-outside-"));
    await writeFile(path.join(outside, "links.yml"), "links:\n  - url: https://outside.example.org\n");
    await symlink(path.join(outside, "links.yml"), path.join(root, "links.yml"));
    const bomb = ["a: &a0 [{ url: 'https://a.example.org' }]"];
    for (let at = 1; at < 60; at += 1) bomb.push(`k${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
    const found = await find({
      "group_vars/bomb.yml": bomb.join("\n"),
      "group_vars/deep.yml": `deep: ${"[".repeat(90)}{ url: 'https://deep.example.org' }${"]".repeat(90)}`,
      "group_vars/loop.yml": "loop: &l\n  - url: https://loop.example.org\n  - *l\n",
      "group_vars/broken.yml": "links: [",
      "group_vars/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
      "group_vars/self.yml":
        "a: '{{ b }}'\nb: '{{ a }}'\nlinks:\n  - { name: N, url: 'https://{{ a }}' }\n  - { name: M, url: 'https://m.example.org' }\n",
    });
    expect(brief(found)).toContain("M https://m.example.org group_vars/self.yml:5");
    expect(JSON.stringify(found)).not.toContain("outside");
    await rm(outside, { recursive: true });
  });

  test("who does not wait any more is not kept busy", async () => {
    await expect(findPortals({ root, signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });
});
