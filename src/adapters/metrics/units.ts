/** Bytes as gigabytes (2^30) with two decimals, as metrics carry them. */
export function roundGigabytes(bytes: number): number {
  return Math.round((bytes / 2 ** 30) * 100) / 100;
}
