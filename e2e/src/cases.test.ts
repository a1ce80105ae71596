import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readCases } from './case.ts';
import { collectionPath } from './kubectl.ts';
import { steps } from './steps.ts';

const cases = readCases(fileURLToPath(new URL('../cases', import.meta.url)), []);

/** The kinds that a step looks at by the runner's own watches. */
function kindsOf({ kind, objects }: { kind?: unknown; objects?: readonly { kind: string }[] }): string[] {
  return objects?.map((object) => object.kind) ?? (typeof kind === 'string' ? [kind] : []);
}

describe.each(cases)('the case $name', ({ steps: written }) => {
  test('has verbs that there are', () => {
    expect(written.map(({ verb }) => verb).filter((verb) => !(verb in steps))).toEqual([]);
  });

  test('looks at kinds that the runner knows', () => {
    const watched = written.filter(({ verb }) => ['assert', 'absent', 'remember'].includes(verb));
    for (const kind of watched.flatMap(({ documents }) => documents.flatMap(kindsOf)))
      expect(collectionPath(kind)).toMatch(/^\/apis?\//);
  });
});
