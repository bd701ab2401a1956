import type { ReactNode } from "react";

/** Strokes on a grid of 16; drawn for Chiffon. */
const paths = {
  check: "M3 8.5l3.2 3.2L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  warning: "M8 2.2l6.3 11.3H1.7zM8 6.6v3.2M8 11.6v.2",
  question: "M5.6 6.1a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.6M8 12v.2",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.5",
  spinner: "M8 2a6 6 0 1 0 6 6",
  play: "M5 3.2v9.6L12.5 8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4 4h8v8H4z",
  skip: "M3 8h8M8 4.8L11.2 8 8 11.2M13 4v8",
  dot: "M8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
  pencil: "M3 13l.7-2.9L10.8 3l2.2 2.2-7.1 7.1zM9.3 4.5l2.2 2.2",
  chat: "M2.5 3.5h11v7.5H7.2L4 13.6V11H2.5z",
  inbox: "M2.5 8.5L4.3 3h7.4l1.8 5.5V13h-11zM2.5 8.5h3.2c.2 1.2 1.1 2 2.3 2s2.1-.8 2.3-2h3.2",
  plan: "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
  run: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.6 5.6v4.8L10.4 8z",
  agent: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.1M5 11v.1",
  book: "M3.5 3.2c0-.6.4-1 1-1h8v9h-8c-.6 0-1 .4-1 1zm0 9c0 .9.4 1.6 1 1.6h8v-2.6",
  record: "M8 1.8l5 2v3.7c0 3.2-2.1 5.5-5 6.7-2.9-1.2-5-3.5-5-6.7V3.8zM5.8 8l1.6 1.6 2.8-3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  sun: "M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  half: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  link: "M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13.2 2.8L7.5 8.5",
  database:
    "M13 4c0 1.1-2.2 2-5 2s-5-.9-5-2 2.2-2 5-2 5 .9 5 2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  plug: "M5.5 2v3M10.5 2v3M3.8 5h8.4v2.5a4.2 4.2 0 0 1-8.4 0zM8 11.7V14",
  plus: "M8 3v10M3 8h10",
  down: "M3.5 6l4.5 4.5L12.5 6",
  right: "M6 3.5l4.5 4.5L6 12.5",
  up: "M3.5 10L8 5.5l4.5 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  download: "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.3h10",
  user: "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8zM2.8 13.8c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4",
  refresh: "M13 3v3.4H9.6M3 13V9.6h3.4M12.6 6.4A5 5 0 0 0 4 5M3.4 9.6A5 5 0 0 0 12 11",
} as const;

export type IconName = keyof typeof paths;

interface IconProps {
  readonly name: IconName;
  readonly className?: string;
  /** Only where no text stands beside it. */
  readonly label?: string;
}

/** A small sign. It says nothing to a screen reader unless it has a label: the text beside it does. */
export function Icon({ name, className = "", label }: IconProps): ReactNode {
  const words = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg
      {...words}
      viewBox="0 0 16 16"
      className={`inline-block size-[1.1em] shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
