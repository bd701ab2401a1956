import { z } from "zod";
import {
  CreatedToken,
  LoginBody,
  Me,
  NewToken,
  NewUser,
  ResetCode,
  Session,
  SetupBody,
  Token,
  User,
} from "../../contracts/access.ts";
import { Id } from "../../contracts/vocabulary.ts";
import { describeMe } from "../../engine/access/identities.ts";
import { defineRoute, identityOf, noContent, type Call, type Route, type RouteDeps } from "../route.ts";

const guessesPerMinute = 30;

function callerFrom(call: Pick<Call<unknown, unknown, unknown>, "address" | "cookie">): {
  address: string;
  previousSession?: string;
} {
  return { address: call.address, ...(call.cookie === undefined ? {} : { previousSession: call.cookie }) };
}

export function signInRoutes({ access }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/setup",
      permission: "public",
      tag: "session",
      summary: "Make the first user, or set a new password, by the code that the server printed",
      body: SetupBody,
      answer: Session,
      status: 201,
      perMinute: guessesPerMinute,
      secretAnswer: true,
      handle: async (call) => {
        const session = await access.setup(call.body, callerFrom(call));
        call.keepSession(session);
        return session;
      },
    }),
    defineRoute({
      method: "POST",
      path: "/login",
      permission: "public",
      tag: "session",
      summary: "Get a session",
      body: LoginBody,
      answer: Session,
      perMinute: guessesPerMinute,
      secretAnswer: true,
      handle: async (call) => {
        const session = await access.login(call.body, callerFrom(call));
        call.keepSession(session);
        return session;
      },
    }),
  ];
}

export function sessionRoutes({ access }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/logout",
      permission: "signed-in",
      tag: "session",
      summary: "End the session",
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await access.logout(identityOf(call));
        call.endSession();
        return null;
      },
    }),
    defineRoute({
      method: "POST",
      path: "/password",
      permission: "signed-in",
      tag: "session",
      summary: "Command line on the server's machine: a typed password counts for five minutes",
      body: LoginBody,
      answer: Me,
      perMinute: guessesPerMinute,
      secretAnswer: true,
      handle: async (call) =>
        describeMe(await access.confirmPassword(identityOf(call), call.body, { address: call.address })),
    }),
    defineRoute({
      method: "GET",
      path: "/me",
      permission: "signed-in",
      tag: "session",
      summary: "Who I am and what I may do",
      answer: Me,
      handle: async (call) => describeMe(identityOf(call)),
    }),
  ];
}

export function userRoutes({ access }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/users",
      permission: "admin",
      tag: "users",
      summary: "All users",
      answer: z.array(User),
      handle: () => access.users.list(),
    }),
    defineRoute({
      method: "POST",
      path: "/users",
      permission: "admin",
      tag: "users",
      summary: "Add a user",
      body: NewUser,
      answer: User,
      status: 201,
      handle: (call) => access.users.create(identityOf(call), call.body),
    }),
    defineRoute({
      method: "POST",
      path: "/users/:name/reset",
      permission: "recover",
      tag: "users",
      summary:
        "End the user's sessions and get a code for a new password; without any user, a new set-up code",
      params: z.object({ name: z.string().min(1).max(64) }),
      answer: ResetCode,
      status: 201,
      secretAnswer: true,
      handle: async (call) => {
        const { code, expiresAt } = await access.users.reset(identityOf(call).actor, call.params.name);
        return { code, expiresAt: expiresAt.toISOString() };
      },
    }),
  ];
}

export function tokenRoutes({ access }: RouteDeps): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/tokens",
      permission: "admin",
      tag: "tokens",
      summary: "All API tokens that were not revoked",
      answer: z.array(Token),
      handle: () => access.tokens.list(),
    }),
    defineRoute({
      method: "POST",
      path: "/tokens",
      permission: "admin",
      tag: "tokens",
      summary: "Create an API token; the answer shows it once",
      body: NewToken,
      answer: CreatedToken,
      status: 201,
      secretAnswer: true,
      handle: (call) => access.tokens.create(identityOf(call), call.body),
    }),
    defineRoute({
      method: "DELETE",
      path: "/tokens/:id",
      permission: "admin",
      tag: "tokens",
      summary: "Revoke an API token",
      params: z.object({ id: Id }),
      answer: noContent,
      status: 204,
      handle: async (call) => {
        await access.tokens.revoke(identityOf(call), call.params.id);
        return null;
      },
    }),
  ];
}
