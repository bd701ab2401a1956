import { z } from "zod";

/** Who did something: a signed-in person, an API token, the command line on the server's own machine, or Chiffon itself. */
export const Actor = z.object({
  kind: z.enum(["user", "token", "cli", "agent", "system"]),
  /** Name for people: user name, token name, `cli on server, uid 1000`, agent id, `chiffon`. */
  name: z.string(),
  /** Id of the user, token or agent; for cli the user whose password was typed, else null; null for system. */
  id: z.string().nullable(),
});
export type Actor = z.infer<typeof Actor>;
