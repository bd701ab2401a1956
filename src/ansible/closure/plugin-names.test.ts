import { expect, test } from "vitest";
import { findPluginNames, type NamedPlugin } from "./plugin-names.ts";

const namesOf = (text: string, kind: NamedPlugin["kind"]): string[] =>
  findPluginNames(text, "tasks").plugins.flatMap((each) => (each.kind === kind ? [each.name] : []));

test.each([
  ["filter", "msg: \"{{ a | json_query('x') }}\"", "json_query"],
  ["filter", "when: a|json_query('x')", "json_query"],
  ["filter", "msg: >-\n  {{ a |\n  json_query('x') }}", "json_query"],
  ["filter", "{% filter ipaddr %}1{% endfilter %}", "ipaddr"],
  ["filter", "{{ all | map('ipaddr') }}", "ipaddr"],
  ["filter", "msg: '{{ all | map(''ipaddr'') }}'", "ipaddr"],
  ["filter", 'msg: "{{ all | map(\\"home.lab.shout\\") }}"', "home.lab.shout"],
  ["test", "when: a is big", "big"],
  ["test", "when: a is not home.lab.big(3)", "home.lab.big"],
  ["test", "{{ all | selectattr('size', 'big', 3) }}", "big"],
  ["lookup", "msg: \"{{ lookup('redis', 'x') }}\"", "redis"],
  ["lookup", 'msg: "{{ query( \\"redis\\", 1) + q(\'etcd\') }}"', "etcd"],
  ["lookup", "with_cartesian:\n  - [1]", "cartesian"],
  ["lookup", "{with_home.lab.pairs: [1]}", "home.lab.pairs"],
  ["strategy", "- hosts: all\n  strategy: home.lab.slow", "home.lab.slow"],
  ["connection", "box ansible_connection=docker ansible_host=x", "docker"],
  ["connection", "- hosts: all\n  connection: community.docker.docker", "community.docker.docker"],
  ["become", "  become_method: 'doas'", "doas"],
  ["become", '{"ansible_become_method": "doas"}', "doas"],
  ["shell", "ansible_shell_type: fish", "fish"],
  ["network", "ansible_network_os=ios", "ios"],
] as const)("a %s is found in %j", (kind, text, name) => {
  expect(namesOf(text, kind)).toContain(name);
});

test("what may be a collection's name is found wherever it stands, also before a name that is put together", () => {
  const { collections } = findPluginNames(
    'a: "{{ x | home.one.a }}"\nb: "{{ lookup(\'home.two.\' ~ c) }}"\nc: home.three.a.b\nd: my.home.four.a\ne: home.five\n# from ansible_collections.home.six import x',
    "tasks",
  );
  expect(collections).toEqual(["home.one", "home.two", "home.three", "my.home", "home.six"]);
  const code = "from ansible_collections.home.six.plugins import x\nhome.one.two(x | y)\n";
  expect(findPluginNames(code, "code")).toEqual({ plugins: [], collections: ["home.six"], open: [] });
});

test("a name counts as sure where the text can mean nothing else", () => {
  const { plugins } = findPluginNames("run: cat x | docker\nmsg: '{{ x | ipaddr | docker }}'\n", "tasks");
  expect(plugins).toEqual([
    { kind: "filter", name: "docker", sure: true },
    { kind: "filter", name: "ipaddr", sure: true },
  ]);
  expect(findPluginNames("run: cat x | docker\nconnection: docker\n", "tasks").plugins).toEqual([
    { kind: "filter", name: "docker", sure: false },
    { kind: "connection", name: "docker", sure: false },
  ]);
});

test.each([
  ["msg: \"{{ lookup(which, 'x') }}\"", "the lookup"],
  ["msg: \"{{ query('a' ~ which) }}\"", "the lookup"],
  ["msg: '{{ all | map(which) }}'", "the filter or test"],
  ["- connection: '{{ which }}'", 'the plug-in of "connection"'],
  ["ansible_become_method: \"{{ which | default('sudo') }}\"", 'the plug-in of "ansible_become_method"'],
])("a name that only the run knows is told with its line: %j", (text, what) => {
  expect(findPluginNames(`---\n# {{ lookup(a) }}\n${text}\n`, "tasks").open).toEqual([{ what, line: 3 }]);
});

test.each([
  "{{ lookup('file', x) + query(\"dict\", y) + q(  'env'  ) }}",
  "{{ all | map(attribute='x') | map('upper') | select('defined') | select() | selectattr(a, 'x') }}",
  "shell: psql -c 'query(x)'; lookup(y)",
  "{{ dns.lookup(x) }}",
  "connection: local",
])("nothing else is told: %j", (text) => {
  expect(findPluginNames(text, "tasks").open).toEqual([]);
});

test("the settings of other programs are not taken for those of a play", () => {
  expect(findPluginNames("connection: '{{ url }}'\n", "text").open).toEqual([]);
});
