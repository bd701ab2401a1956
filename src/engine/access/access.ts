import type { Clock } from "../../ports/clock.ts";
import type { Database } from "../schema.ts";
import { hasUsers } from "./access-sql.ts";
import { createCodes, type OneTimeCode } from "./codes.ts";
import { setupSubject, type AccessContext } from "./context.ts";
import { createPasswords, systemRandom, type Random } from "./credentials.ts";
import { createIdempotency, type Idempotency } from "./idempotency.ts";
import { createIdentities, type Identities } from "./identities.ts";
import { createTokens, createUsers, type Tokens, type Users } from "./people.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createThrottle } from "./throttle.ts";
import { createTickets, type Tickets } from "./tickets.ts";

/** People, programs and what they may do. */
export interface Access extends Identities, SignIn {
  /** A fresh set-up code while there is no user, else undefined. Print it: it is shown nowhere else. */
  startSetup(): Promise<OneTimeCode | undefined>;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly idempotency: Idempotency;
  readonly tickets: Tickets;
}

export interface AccessDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random?: Random;
}

export function createAccess({ db, clock, random = systemRandom }: AccessDeps): Access {
  const codes = createCodes({ clock, random });
  const throttle = createThrottle({ clock });
  const context: AccessContext = { db, clock, random, codes, throttle, passwords: createPasswords(random) };
  const signIn = createSignIn(context);
  return {
    ...signIn,
    ...createIdentities(context, signIn),
    users: createUsers(context),
    tokens: createTokens(context),
    idempotency: createIdempotency({ db, clock }),
    tickets: createTickets({ db, clock, random }),
    startSetup: async () => ((await hasUsers(db)) ? undefined : codes.issue(setupSubject)),
  };
}
