import type { RiskTier } from "../../contracts/vocabulary.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Session } from "../command.ts";
import { oneLine } from "../text.ts";

interface Typing {
  readonly risk: RiskTier;
  /** The name that the approval asks for. */
  readonly wanted: string;
  /** What `--type` gave. */
  readonly given: string | undefined;
  /** The command that does it without a terminal. */
  readonly command: string;
}

/** The name that a risky approval asks for: from `--type`, or typed at the terminal. */
export async function getTypedName(
  { context, out, ask }: Session,
  { risk, wanted, given, command }: Typing,
): Promise<string> {
  if (given === wanted) return given;
  if (given !== undefined)
    throw new ChiffonError("needs-answer", `--type has to be ${oneLine(wanted)}.`, { hint: command });
  if (!context.isTerminal || out.json)
    throw new ChiffonError(
      "needs-answer",
      `A plan of risk ${risk} is approved by typing ${oneLine(wanted)}.`,
      { hint: command },
    );
  const check = (value: string): string | undefined =>
    value === wanted ? undefined : `type ${oneLine(wanted)}, or press Ctrl-C to approve nothing`;
  return await ask.text(`Risk ${risk}. To approve it, type ${oneLine(wanted)}`, { check });
}
