import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const files = readdirSync(join(root, 'examples'));

interface Verdict {
  kind: string;
  name: string;
  allowed: boolean;
  causes: unknown[];
  warnings: string[];
}

describe('the examples', () => {
  test('are admitted without a warning, schema and rules', () => {
    const program = join(root, 'apps/virtctl/src/main.ts');
    const output = execFileSync(process.execPath, [program, 'validate', '-f', join(root, 'examples'), '-o', 'json']);
    const verdicts = JSON.parse(output.toString()) as Verdict[];
    expect(verdicts.length).toBeGreaterThanOrEqual(files.length);
    expect(verdicts.filter(({ allowed, warnings }) => !allowed || warnings.length > 0)).toEqual([]);
  });

  test('are named in the docs, each with what it shows', () => {
    const docs = readFileSync(join(root, 'docs/examples.md'), 'utf8');
    expect(files.filter((file) => !docs.includes(`(../examples/${file})`))).toEqual([]);
  });
});
