import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Compares text with a golden file. With `UPDATE_GOLDENS=1` in the environment the file is written instead: read the
 * diff before you commit it.
 * @param file an absolute path or file URL, usually `new URL('./testdata/name.golden.xml', import.meta.url)`.
 * @throws Error that shows the first line that differs.
 */
export async function expectGolden(file: string | URL, actual: string): Promise<void> {
  const path = typeof file === 'string' ? file : file.pathname;
  if (process.env['UPDATE_GOLDENS'] === '1') {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, actual);
    return;
  }
  if (!existsSync(path)) throw new Error(`no golden ${path}: run once with UPDATE_GOLDENS=1 and read what it holds`);
  const expected = await readFile(path, 'utf8');
  if (expected === actual) return;
  const want = expected.split('\n');
  const have = actual.split('\n');
  const line = want.findIndex((text, index) => text !== have[index]);
  const at = line < 0 ? want.length : line;
  throw new Error(
    `differs from golden ${path}, line ${at + 1}:\n- ${want[at] ?? '(end)'}\n+ ${have[at] ?? '(end)'}\nUPDATE_GOLDENS=1 writes it anew`,
  );
}

/** JSON as goldens keep it: keys sorted, two spaces, newline at the end. */
export function goldenJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
