import { InvalidArgumentError } from "commander";

/** The number of a step as people count, from 1. @throws InvalidArgumentError */
export function parseStep(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError("the number of a step, from 1");
}
