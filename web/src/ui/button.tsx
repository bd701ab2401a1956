import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Icon } from "./icon.tsx";

type Variant = "primary" | "plain" | "danger" | "ghost";
type Size = "small" | "medium";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: Variant;
  readonly size?: Size;
  /** Shows that it works, and takes no second press meanwhile. */
  readonly busy?: boolean;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

const looks: Readonly<Record<Variant, string>> = {
  primary: "bg-accent text-accent-ink border-transparent hover:bg-accent-hover",
  plain: "bg-surface text-ink border-control hover:bg-raised",
  danger: "bg-bad-solid text-white border-transparent hover:brightness-90",
  ghost: "bg-transparent text-ink border-transparent hover:bg-raised",
};

const sizes: Readonly<Record<Size, string>> = {
  small: "min-h-8 px-2.5 text-sm gap-1.5",
  medium: "min-h-10 px-4 gap-2",
};

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: Variant = "plain", size: Size = "medium"): string {
  return `inline-flex items-center justify-center rounded-md border font-medium no-underline whitespace-nowrap
    disabled:opacity-60 disabled:cursor-not-allowed ${looks[variant]} ${sizes[size]}`;
}

export function Button({
  variant = "plain",
  size = "medium",
  busy = false,
  ...props
}: ButtonProps): ReactNode {
  const { className = "", children, disabled, type = "button", ...rest } = props;
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={`${buttonClass(variant, size)} ${className}`}
    >
      {busy ? <Icon name="spinner" className="animate-spin" /> : null}
      {children}
    </button>
  );
}
