import { useId, type ComponentProps, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  /** Gets the ids that tie label, hint and error to the control: `<Field …>{(ids) => <Input {...ids} />}</Field>`. */
  readonly children: (ids: FieldIds) => ReactNode;
  readonly className?: string;
  /** The label is read aloud only. */
  readonly hideLabel?: boolean;
}

export interface FieldIds {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

/** A control with its label, a hint, and what is wrong with its value. */
export function Field({
  label,
  hint,
  error,
  children,
  className = "",
  hideLabel = false,
}: FieldProps): ReactNode {
  const id = useId();
  const wrong = error !== undefined && error !== null && error !== "";
  const about = [hint === undefined ? "" : `${id}-hint`, wrong ? `${id}-error` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div className={`flex flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      {children({
        id,
        "aria-describedby": about === "" ? undefined : about,
        "aria-invalid": wrong || undefined,
      })}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {wrong ? (
        <p id={`${id}-error`} className="flex items-start gap-1 text-sm text-bad">
          <Icon name="warning" className="mt-0.5" />
          {error}
        </p>
      ) : null}
    </div>
  );
}

const look = `w-full rounded-md border border-control bg-surface px-3 py-2 text-base text-ink sm:text-[0.95rem]
  aria-invalid:border-bad disabled:opacity-60`;

export function Input({ className = "", ...props }: ComponentProps<"input">): ReactNode {
  return <input {...props} className={`${look} min-h-10 ${className}`} />;
}

export function TextArea({ className = "", ...props }: ComponentProps<"textarea">): ReactNode {
  return <textarea {...props} className={`${look} ${className}`} />;
}

export function Select({ className = "", ...props }: ComponentProps<"select">): ReactNode {
  return <select {...props} className={`${look} min-h-10 ${className}`} />;
}
