import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describeDifference, type Difference, renderingRules, rulesFor } from './expected-differences.ts';

const reference = join(import.meta.dirname, '../../../shared/reference');
const cases = join(reference, 'cases');
const present = existsSync(cases);
if (!present) console.warn(`skipped: nothing is compared with the reference because ${reference} is not there`);

/** Admission's cases that differ on purpose, each by a rule of adr/0007; everything else must be equal. */
const admission: Record<string, string[]> = {
  validation: ['bkt-kind', 'plug-ok', 'plug-two-hooks'],
  // The stored objects of these cases have the mistake already.
  update: [
    'u-vm-add-disk-novolume',
    'u-vm-invalid-template',
    'u-vm-mem-above-max',
    'u-vm-nic-nonet',
    'u-vm-sockets-above-max',
  ],
  defaults: ['chk-vol-memdump-on-create', 'vol-hostdisk'],
};

/** How many of an area's cases must at least be equal but for the rules. */
const leastExplained = 0.97;

interface Compared {
  cases: number;
  equal: number;
  missing: number;
  differing: { name: string; differences: Difference[] }[];
}

/** Renders an area by the product's code and compares it. */
async function compare(area: string): Promise<Compared> {
  const out = mkdtempSync(join(tmpdir(), 'quickvirt-reference-'));
  try {
    const front = join(import.meta.dirname, '../reference.ts');
    execFileSync(process.execPath, [front, '--cases', cases, '--out', out, '--area', area]);
    const { compareArea } = (await import(join(reference, 'compare.mjs'))) as {
      compareArea(this: void, area: string, cases: string, ours: string): Compared;
    };
    return compareArea(area, cases, out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

(present ? describe : describe.skip)('what admission gives', () => {
  test.each(Object.entries(admission))(
    "is the reference's in area %s, but for what adr/0007 names",
    async (area, differing) => {
      const compared = await compare(area);
      expect(compared.missing).toBe(0);
      expect(compared.differing.map(({ name }) => name)).toEqual(differing);
    },
    120_000,
  );
});

(present ? describe : describe.skip)('what we render', () => {
  test.each(Object.keys(renderingRules))(
    "is the reference's in area %s, but for the rules of adr/0006",
    async (area) => {
      const compared = await compare(area);
      const strange = compared.differing.flatMap(({ name, differences }) => {
        const left = differences.filter((difference) => rulesFor(area, name, difference).length === 0);
        return left.length === 0 ? [] : [{ name, left: left.map(describeDifference) }];
      });
      const explained = compared.cases - compared.missing - strange.length;
      const byName = compared.differing.filter(({ name, differences }) =>
        differences.some((one) => {
          const rules = rulesFor(area, name, one);
          return rules.length > 0 && rules.every((rule) => rule.cases !== undefined);
        }),
      );
      console.info(
        `${area}: of ${compared.cases} cases ${compared.equal} are equal and ${explained} are equal but for the rules, ` +
          `${byName.length} of these by a rule for named cases: ${byName.map(({ name }) => name).join(', ')}`,
      );
      expect(explained / compared.cases).toBeGreaterThanOrEqual(leastExplained);
      expect(compared.missing).toBe(0);
      expect(strange).toEqual([]);
      const used = new Set(
        compared.differing.flatMap(({ name, differences }) => differences.flatMap((one) => rulesFor(area, name, one))),
      );
      // A rule that nothing needs any more could hide a mistake.
      expect(renderingRules[area]?.filter((rule) => !used.has(rule)).map(({ reason }) => reason)).toEqual([]);
    },
    120_000,
  );
});
