import { cancel, confirm, password, select, text } from "@clack/prompts";
import type { CliContext } from "./context.ts";

/** The person pressed Ctrl-C or Escape at a question. */
export class Interrupted extends Error {}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Questions to the person at the terminal; all of them go to stderr. Rejects with Interrupted. */
export interface Prompts {
  /** Default: no. */
  confirm(message: string): Promise<boolean>;
  text(
    message: string,
    options?: { placeholder?: string; check?: (value: string) => string | undefined },
  ): Promise<string>;
  hidden(message: string): Promise<string>;
  select(message: string, choices: readonly Choice[], initial?: string): Promise<string>;
}

export function createPrompts({ stdin, stderr, signal }: CliContext): Prompts {
  const streams = { input: stdin, output: stderr, signal };
  const given = <T>(answer: T): Exclude<T, symbol> => {
    if (typeof answer !== "symbol") return answer as Exclude<T, symbol>;
    cancel("stopped", { output: stderr });
    throw new Interrupted();
  };
  return {
    confirm: async (message) => given(await confirm({ ...streams, message, initialValue: false })),
    text: async (message, { placeholder, check } = {}) =>
      given(
        await text({
          ...streams,
          message,
          ...(placeholder === undefined ? {} : { placeholder }),
          validate: (value) => (value === undefined || value === "" ? "type something" : check?.(value)),
        }),
      ),
    hidden: async (message) => given(await password({ ...streams, message, mask: "*" })),
    select: async (message, choices, initial) =>
      given(
        await select<string>({
          ...streams,
          message,
          options: choices.map(({ value, label }) => ({ value, label })),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ),
  };
}
