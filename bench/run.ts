/**
 * `npm run bench [-- NAME...]`: runs the benchmarks `bench/<name>/index.ts`, one after the other; all of them when none
 * is named, `--list` only names them. A benchmark prints ratios, counts and bytes with what they were measured on; it
 * never passes or fails by seconds, which are the machine's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What a benchmark's module exports. It reads its own options from the environment and says which in its docstring. */
interface Benchmark {
  run(): Promise<void>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false } },
});

function benchmarkNames(): string[] {
  return readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/index.ts`, import.meta.url)))
    .map((entry) => entry.name)
    .sort();
}

const names = benchmarkNames();
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${names.join(', ') || 'none yet'}`);
  process.exit(2);
}
for (const name of positionals.length > 0 ? positionals : names) {
  if (values.list) {
    console.log(name);
    continue;
  }
  console.log(`# ${name}`);
  const benchmark = (await import(new URL(`${name}/index.ts`, import.meta.url).href)) as Benchmark;
  await benchmark.run();
}
