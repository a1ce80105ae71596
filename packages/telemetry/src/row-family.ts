import { setImmediate as nextTurn } from 'node:timers/promises';

/** One sample: labels and value. */
export type Row<Label extends string> = readonly [labels: Readonly<Record<Label, string>>, value: number];

/** A gauge whose samples are made anew for each scrape. */
export interface RowFamily {
  readonly name: string;
  readonly help: string;
  readonly rows: () => Iterable<Row<string>>;
}

/** Rows between two turns of the event loop: a few milliseconds of work. */
const ROWS_A_TURN = 200;

/**
 * The family in Prometheus' text format (exposition formats, version 0.0.4). Tens of thousands of rows in one piece would
 * hold up whatever else the process has to do, renewing its lease for example: other work has its turn in between.
 */
export async function renderRows({ name, help, rows }: RowFamily): Promise<string> {
  let text = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} gauge\n`;
  let count = 0;
  for (const [labels, value] of rows()) {
    text += `${name}{${labelText(labels)}} ${valueText(value)}\n`;
    count += 1;
    if (count % ROWS_A_TURN === 0) await nextTurn();
  }
  return text;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const [label, value] of Object.entries(labels)) {
    text += `${text && ','}${label}="${escaped(value).replaceAll('"', '\\"')}"`;
  }
  return text;
}

/** Backslashes and line feeds have a meaning of their own in the format. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
