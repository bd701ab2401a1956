import type { ReactNode } from "react";
import type { RiskTier } from "../../../src/contracts/vocabulary.ts";
import { Icon, type IconName } from "./icon.tsx";
import { lookOf, riskLooks, type StateKind, type Tone } from "./states-of-things.ts";

const tones: Readonly<Record<Tone, string>> = {
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  quiet: "bg-quiet-soft text-quiet",
};

interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly title?: string;
}

/** A short fact: always words, with a sign where a tone means something. */
export function Badge({ tone = "quiet", icon, children, title }: BadgeProps): ReactNode {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${tones[tone]}`}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </span>
  );
}

export function StateBadge({ kind, state }: { readonly kind: StateKind; readonly state: string }): ReactNode {
  const { tone, icon, text } = lookOf(kind, state);
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

export function RiskBadge({ tier }: { readonly tier: RiskTier }): ReactNode {
  const { tone, icon, text } = riskLooks[tier];
  return (
    <Badge tone={tone} icon={icon} title={`Risk tier ${tier}`}>
      {text}
      <span>{tier}</span>
    </Badge>
  );
}
