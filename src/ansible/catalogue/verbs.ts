import type { Verb } from "../../contracts/vocabulary.ts";

const wordsOfVerbs: Partial<Record<Verb, readonly string[]>> = {
  deploy: ["deploy", "install", "setup", "provision", "bootstrap", "create", "add", "launch", "rollout"],
  configure: ["configure", "config", "configuration", "harden", "tune"],
  update: ["update", "upgrade", "patch", "renew", "bump"],
  restart: ["restart", "reload", "reboot"],
  stop: ["stop", "shutdown", "halt", "disable"],
  start: ["start", "enable"],
  status: ["status", "health", "healthcheck"],
  remove: ["remove", "uninstall", "delete", "destroy", "teardown", "purge", "cleanup"],
  backup: ["backup", "backups", "dump", "snapshot", "export"],
  restore: ["restore"],
  check: ["check", "verify", "test", "audit", "validate"],
  rollback: ["rollback", "revert"],
};
const verbOfWord = new Map<string, Verb>();
for (const [verb, words] of Object.entries(wordsOfVerbs)) {
  for (const word of words) verbOfWord.set(word, verb as Verb);
}
/* These are as often things as deeds ("status-page"): in a file name they count only where the name ends with them. */
const nouns = new Set([
  "status",
  "health",
  "healthcheck",
  "test",
  "snapshot",
  "config",
  "configuration",
  "export",
  "patch",
]);

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replaceAll(/\b(set|tear|roll|shut|clean) (up|down|back|out)\b/g, "$1$2")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** What a playbook does, guessed from its file name and from how the names of its plays begin; [] when nothing says so. */
export function deriveVerbs(stem: string, playNames: readonly string[]): Verb[] {
  const found = new Set<Verb>();
  const stemWords = wordsOf(stem.replaceAll(/[-_.]+/g, " "));
  stemWords.forEach((word, index) => {
    const verb = verbOfWord.get(word);
    const isLast = index === stemWords.length - 1;
    if (verb !== undefined && (isLast || (index === 0 && !nouns.has(word)))) found.add(verb);
  });
  for (const name of playNames) {
    const words = wordsOf(name);
    words.forEach((word, index) => {
      const verb = verbOfWord.get(word);
      if (verb !== undefined && (index === 0 || words[index - 1] === "and")) found.add(verb);
    });
  }
  return [...found];
}
