import { useLayoutEffect, useState, type RefObject } from "react";

/** Characters of a line that are shown before somebody asks for more. */
export const firstLook = 2_000;

/** How lines lie in the log: letters of one width, broken at any place. */
export interface LineGrid {
  /** Letters beside the numbers that fit into one row. */
  readonly columns: number;
  /** Pixels of a row. */
  readonly height: number;
}

interface GridOptions {
  readonly scroller: RefObject<HTMLElement | null>;
  /** False while there is no log in the page. */
  readonly present: boolean;
  /** Letters that the numbers of lines take. */
  readonly digits: number;
  readonly withStep: boolean;
}

const unmeasured: LineGrid = { columns: Number.POSITIVE_INFINITY, height: 19 };

/**
 * The grid as the browser lays it out now. With it the height of a line is known before it is drawn: in a log that grows, rows
 * that are placed by a guess and moved once they are measured lie across each other meanwhile.
 */
export function useLineGrid({ scroller, present, digits, withStep }: GridOptions): LineGrid {
  const [grid, setGrid] = useState(unmeasured);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!present || element === null) return;
    const measure = (): void => {
      const next = measureGrid(element, { digits, withStep });
      setGrid((old) => (old.columns === next.columns && old.height === next.height ? old : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, present, digits, withStep]);
  return grid;
}

function measureGrid(
  element: HTMLElement,
  { digits, withStep }: Pick<GridOptions, "digits" | "withStep">,
): LineGrid {
  const style = getComputedStyle(element);
  const letters = document.createElement("canvas").getContext("2d");
  const height = Number.parseFloat(style.lineHeight);
  if (letters === null || Number.isNaN(height)) return unmeasured;
  letters.font = style.font;
  const letter = letters.measureText("0").width;
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  // As a row lays it out: its edge, its padding, the numbers, and the gaps after them.
  const beside = 4 + rem + digits * letter + 0.5 * rem + (withStep ? 2 * letter + 0.5 * rem : 0);
  return { columns: Math.max(1, Math.floor((element.clientWidth - beside) / letter)), height };
}

/** Pixels that a line of so many letters takes. */
export function heightOfLine(letters: number, { columns, height }: LineGrid): number {
  return Math.max(1, Math.ceil(Math.min(letters, firstLook) / columns)) * height;
}
