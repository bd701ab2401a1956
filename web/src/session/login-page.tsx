import { Link, useRouter, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Entrance } from "./entrance.tsx";
import { LoginForm } from "./login-form.tsx";
import { parseNext } from "./next-address.ts";

export function LoginPage(): ReactNode {
  const { next } = useSearch({ from: "/login" });
  const { history } = useRouter();
  return (
    <Entrance
      title="Sign in"
      lead={
        <>
          First time here, or no password any more? <Link to="/setup">Use a set-up code</Link>.
        </>
      }
    >
      <LoginForm onDone={() => history.replace(parseNext(next))} />
    </Entrance>
  );
}
