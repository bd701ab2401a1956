import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { LoginBody, Session } from "../../../src/contracts/access.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { FormProblem } from "./form-problem.tsx";
import { useSignedIn } from "./use-session.ts";

interface LoginFormProps {
  /** Known when a session has ended. */
  readonly name?: string;
  readonly onDone: () => void;
}

export function LoginForm({ name, onDone }: LoginFormProps): ReactNode {
  const [username, setUsername] = useState(name ?? "");
  const [password, setPassword] = useState("");
  const signedIn = useSignedIn();
  const login = useMutation({
    mutationFn: async (body: LoginBody) => {
      await api.post<Session>("/login", body);
      await signedIn();
    },
    onSuccess: onDone,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    login.mutate({ username: username.trim(), password });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label="User name">
        {(ids) => (
          <Input
            {...ids}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus={name === undefined}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(ids) => (
          <Input
            {...ids}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus={name !== undefined}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {login.error === null ? null : <FormProblem {...describeFailure(login.error)} />}
      <Button type="submit" variant="primary" busy={login.isPending}>
        Sign in
      </Button>
    </form>
  );
}
