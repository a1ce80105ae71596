/** The middle value, or the mean of the two middle ones. @throws RangeError of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new RangeError('there is no median of nothing');
  return (low + high) / 2;
}

/** Each key's median, with the smallest and the largest value, over runs that mostly have the same keys. */
export function spreads(runs: readonly Record<string, number>[]): [key: string, spread: string][] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return keys
    .map((key) => ({ key, values: runs.flatMap((run) => run[key] ?? []) }))
    .map(({ key, values }) => ({ key, middle: median(values), values }))
    .sort((a, b) => a.middle - b.middle)
    .map(({ key, middle, values }) => [
      key,
      `${middle.toFixed(0)} (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`,
    ]);
}

/** A table with its first column left-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_title, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return all.map(line).join('\n');
}

export const mebibytes = (kibibytes: number): string => (kibibytes / 1024).toFixed(1);
