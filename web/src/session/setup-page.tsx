import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { Session, SetupBody } from "../../../src/contracts/access.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Entrance } from "./entrance.tsx";
import { FormProblem } from "./form-problem.tsx";
import { useSignedIn } from "./use-session.ts";

const shortest = 10;

export function SetupPage(): ReactNode {
  return (
    <Entrance
      title="Set up Chiffon"
      lead={
        <>
          Type the code that the server printed when it started. You have a password already?{" "}
          <Link to="/login">Sign in</Link>.
        </>
      }
    >
      <SetupForm />
    </Entrance>
  );
}

function SetupForm(): ReactNode {
  const [body, setBody] = useState<SetupBody>({ code: "", username: "", password: "" });
  const navigate = useNavigate();
  const signedIn = useSignedIn();
  const setup = useMutation({
    mutationFn: async (made: SetupBody) => {
      await api.post<Session>("/setup", made);
      await signedIn();
    },
    onSuccess: () => navigate({ to: "/first-run" }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setup.mutate({ ...body, code: body.code.trim(), username: body.username.trim() });
  };
  const set = (part: Partial<SetupBody>): void => setBody((before) => ({ ...before, ...part }));
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Set-up code"
        hint="It is valid for 30 minutes. No code? Run chiffon user reset on the server."
      >
        {(ids) => (
          <Input
            {...ids}
            name="code"
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            value={body.code}
            onChange={(event) => set({ code: event.target.value })}
          />
        )}
      </Field>
      <Field label="User name" hint="Lower-case letters, digits, dot, underscore and hyphen.">
        {(ids) => (
          <Input
            {...ids}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={body.username}
            onChange={(event) => set({ username: event.target.value })}
          />
        )}
      </Field>
      <PasswordField value={body.password} onChange={(password) => set({ password })} />
      {setup.error === null ? null : <FormProblem {...describeFailure(setup.error)} />}
      <Button type="submit" variant="primary" busy={setup.isPending}>
        Begin
      </Button>
    </form>
  );
}

interface PasswordFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function PasswordField({ value, onChange }: PasswordFieldProps): ReactNode {
  const [shown, setShown] = useState(false);
  return (
    <Field label="Password" hint={`${shortest} characters or more; a few words are easy to remember.`}>
      {(ids) => (
        <div className="flex gap-2">
          <Input
            {...ids}
            name="password"
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            minLength={shortest}
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <Button aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </Button>
        </div>
      )}
    </Field>
  );
}
