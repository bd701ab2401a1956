import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { ChiffonError } from "./domain/errors.ts";

/** Every option that comes from the environment. Options of a command line win over it. */
const Environment = z.object({
  /** Data directory; default `~/.local/share/chiffon`. */
  CHIFFON_DATA: z.string().min(1).optional(),
  /** Folder that all servers of one database see: keys, frozen files, the record in git, clones. Default: the data directory. */
  CHIFFON_SHARED: z.string().min(1).optional(),
  /** PostgreSQL server instead of the embedded one, `postgresql://…`; holds a password. */
  CHIFFON_DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, "begins with postgresql://")
    .optional(),
  /** RabbitMQ, `amqps://user:password@host/vhost`, for a server and for agents near it; holds a password. Default none. */
  CHIFFON_RABBITMQ_URL: z
    .string()
    .regex(/^amqps?:\/\//, "begins with amqps:// or amqp://")
    .optional(),
  /** PEM file with the certificates that sign the broker's; default: those of the system. */
  CHIFFON_RABBITMQ_CA: z.string().min(1).optional(),
  /** Address of the server for the commands, for example `https://box:7707`. */
  CHIFFON_URL: z.url().optional(),
  /** API token for the commands. */
  CHIFFON_TOKEN: z.string().min(1).optional(),
  /** SHA-256 fingerprint of the server's own certificate, `AA:BB:…`, for the commands. */
  CHIFFON_FINGERPRINT: z.string().optional(),
  /** Password for commands that need one and have no terminal. */
  CHIFFON_PASSWORD: z.string().min(1).optional(),
  /** Server for embeddings, which order questions by meaning: `ollama`, or `openai` for whatever speaks its API. Default none. */
  CHIFFON_EMBEDDER: z.enum(["ollama", "openai"]).optional(),
  /** Its address, for example `http://127.0.0.1:11434`. */
  CHIFFON_EMBEDDER_URL: z
    .url({ protocol: /^https?$/, error: "is an address that begins with http:// or https://" })
    .optional(),
  CHIFFON_EMBEDDER_MODEL: z.string().min(1).max(200).optional(),
  /** Its API key, where it wants one. */
  CHIFFON_EMBEDDER_KEY: z.string().min(1).optional(),
  /** Multiplies every wait of the execution core; for tests. */
  CHIFFON_WAIT_SCALE: z.coerce.number().min(0.001).max(10).default(1),
  /** `NAME:ACTION`: where this server breaks once, and how; for tests. */
  CHIFFON_FAILPOINT: z.string().optional(),
  /** `off`: plans are previewed only when somebody asks for it. */
  CHIFFON_AUTO_PREVIEW: z.enum(["on", "off"]).default("on"),
  /** Attempts that one agent may have at once; more wait. */
  CHIFFON_AGENT_ATTEMPTS: z.coerce.number().int().min(1).max(64).default(4),
  /** Output and events of runs are removed after so many days, … */
  CHIFFON_KEEP_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
  /** … and the oldest before that, where all together take more than so many GB (10^9 bytes). A single run may write 1 GB. */
  CHIFFON_KEEP_GB: z.coerce.number().min(2).max(1_000_000).default(20),
  NO_COLOR: z.string().optional(),
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin"),
  SSH_AUTH_SOCK: z.string().optional(),
  USER: z.string().optional(),
});

const secrets = [
  "CHIFFON_DATABASE_URL",
  "CHIFFON_RABBITMQ_URL",
  "CHIFFON_TOKEN",
  "CHIFFON_PASSWORD",
  "CHIFFON_EMBEDDER_KEY",
] as const;
const largestSecretFile = 65_536;

/** A server for embeddings, as an admin has configured it. */
export interface EmbedderConfig {
  readonly kind: "ollama" | "openai";
  readonly url: string;
  readonly model: string;
  readonly key: string | undefined;
}

/** The options of the environment, read once. */
export interface Config {
  readonly dataDir: string;
  /** Of an agent on a machine of its own. */
  readonly agentDataDir: string;
  readonly sharedDir: string | undefined;
  readonly databaseUrl: string | undefined;
  /** Undefined: no broker. */
  readonly rabbit: { readonly url: string; readonly caFile: string | undefined } | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly fingerprint: string | undefined;
  readonly password: string | undefined;
  readonly waitScale: number;
  /** Undefined: none. */
  readonly failpoint: string | undefined;
  /** Undefined: requests are understood by words alone. */
  readonly embedder: EmbedderConfig | undefined;
  readonly autoPreview: boolean;
  readonly attemptsPerAgent: number;
  /** How long output and events stay. */
  readonly keep: { readonly days: number; readonly bytes: number };
  readonly searchPath: string;
  readonly home: string;
  readonly sshAuthSock: string | undefined;
}

/**
 * Reads the environment: `NAME_FILE` names a file with the value of a secret option. Secrets are removed from the
 * environment, so that no child process and no crash report has them. Throws ChiffonError bad-input.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  // An empty value is how many programs write "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  for (const name of secrets) {
    const file = given[`${name}_FILE`];
    if (given[name] === undefined && file !== undefined) given[name] = readSecret(name, file);
    delete environment[name];
  }
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ChiffonError(
      "bad-input",
      `the environment variable ${issue?.path.join(".")} is wrong: ${issue?.message}`,
      {
        hint: "correct it or unset it",
      },
    );
  }
  const env = parsed.data;
  const home = homedir();
  return Object.freeze({
    dataDir: path.resolve(env.CHIFFON_DATA ?? path.join(home, ".local", "share", "chiffon")),
    agentDataDir: path.resolve(env.CHIFFON_DATA ?? path.join(home, ".local", "share", "chiffon-agent")),
    sharedDir: env.CHIFFON_SHARED === undefined ? undefined : path.resolve(env.CHIFFON_SHARED),
    databaseUrl: env.CHIFFON_DATABASE_URL,
    rabbit:
      env.CHIFFON_RABBITMQ_URL === undefined
        ? undefined
        : { url: env.CHIFFON_RABBITMQ_URL, caFile: env.CHIFFON_RABBITMQ_CA },
    url: env.CHIFFON_URL,
    token: env.CHIFFON_TOKEN,
    fingerprint: env.CHIFFON_FINGERPRINT,
    password: env.CHIFFON_PASSWORD,
    waitScale: env.CHIFFON_WAIT_SCALE,
    failpoint: env.CHIFFON_FAILPOINT,
    embedder: embedderOf(env),
    autoPreview: env.CHIFFON_AUTO_PREVIEW === "on",
    attemptsPerAgent: env.CHIFFON_AGENT_ATTEMPTS,
    keep: { days: env.CHIFFON_KEEP_DAYS, bytes: env.CHIFFON_KEEP_GB * 1e9 },
    searchPath: env.PATH,
    home,
    sshAuthSock: env.SSH_AUTH_SOCK,
  });
}

function embedderOf(env: z.output<typeof Environment>): EmbedderConfig | undefined {
  const kind = env.CHIFFON_EMBEDDER;
  if (kind === undefined) return undefined;
  const { CHIFFON_EMBEDDER_URL: url, CHIFFON_EMBEDDER_MODEL: model } = env;
  if (url === undefined || model === undefined)
    throw new ChiffonError("bad-input", "CHIFFON_EMBEDDER is set, but not where and which model", {
      hint: "set CHIFFON_EMBEDDER_URL and CHIFFON_EMBEDDER_MODEL as well, or unset all three",
    });
  return Object.freeze({ kind, url, model, key: env.CHIFFON_EMBEDDER_KEY });
}

function readSecret(name: string, file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (text.length > largestSecretFile) throw new Error("it is larger than 64 KiB");
    const value = text.replace(/\r?\n$/, "");
    if (value === "") throw new Error("it is empty");
    return value;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ChiffonError("bad-input", `the file of ${name}_FILE cannot be read: ${why}`, { cause });
  }
}
