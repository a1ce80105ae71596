/** Levels of each factor; every value is what the factor is set to. */
export type Factors = Readonly<Record<string, readonly unknown[]>>;

/**
 * Rows in which every pair of levels of any two factors occurs at least once: what two values break together shows with
 * few rows. Greedy, so not the fewest. Pure; the same factors give the same rows.
 */
export function pairwise(factors: Factors): Record<string, unknown>[] {
  const names = Object.keys(factors);
  const levelsOf = (name: string): readonly unknown[] => factors[name] ?? [];
  const missing = new Set<string>();
  const pair = (a: string, i: number, b: string, j: number): string => JSON.stringify([a, i, b, j]);
  for (const [index, a] of names.entries())
    for (const b of names.slice(index + 1))
      for (const i of levelsOf(a).keys()) for (const j of levelsOf(b).keys()) missing.add(pair(a, i, b, j));
  const rows: Record<string, unknown>[] = [];
  while (missing.size > 0) {
    const [first] = missing;
    const [a, i, b, j] = JSON.parse(String(first)) as [string, number, string, number];
    const chosen = new Map([
      [a, i],
      [b, j],
    ]);
    const gain = (name: string, level: number): number =>
      [...chosen].filter(([other, at]) =>
        missing.has(
          names.indexOf(other) < names.indexOf(name) ? pair(other, at, name, level) : pair(name, level, other, at),
        ),
      ).length;
    for (const name of names) {
      if (chosen.has(name)) continue;
      const levels = [...levelsOf(name).keys()];
      chosen.set(
        name,
        levels.reduce((best, level) => (gain(name, level) > gain(name, best) ? level : best)),
      );
    }
    for (const [index, one] of names.entries())
      for (const other of names.slice(index + 1))
        missing.delete(pair(one, chosen.get(one) ?? 0, other, chosen.get(other) ?? 0));
    rows.push(Object.fromEntries(names.map((name) => [name, levelsOf(name)[chosen.get(name) ?? 0]])));
  }
  return rows;
}
