/**
 * The sum of a metric's samples that carry these labels, among others; undefined when there is none. Reads Prometheus'
 * text format. Pure.
 */
export function metricValue(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
