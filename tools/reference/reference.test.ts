import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

const reference = join(import.meta.dirname, '../../../shared/reference');
const present = existsSync(join(reference, 'cases'));
if (!present) console.warn(`skipped: nothing is compared with the reference because ${reference} is not there`);

/** Cases that differ on purpose, each by a rule of adr/0006 or adr/0007; everything else must be equal. */
const wanted: Record<string, string[]> = {
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
  pod: ['cfg-off-typical', 'fw-kernelboot-sidecar', 'lun-reservation', 'vol-cd-digest', 'vol-cd-sidecar'],
  extrapod: ['migpod-cfg-off-typical', 'migpod-fw-kernelboot-sidecar', 'migpod-vol-cd-sidecar'],
  vm2vmi: ['vm-wait-receiver'],
  domain: ['cpu-512', 'dra-gpu'],
};

interface Compared {
  missing: number;
  differing: { name: string }[];
}

(present ? describe : describe.skip)('what we give', () => {
  test.each(Object.entries(wanted))(
    "is the reference's in area %s, but for what adr/0006 and adr/0007 name",
    async (area, differing) => {
      const out = mkdtempSync(join(tmpdir(), 'quickvirt-reference-'));
      try {
        execFileSync(process.execPath, [
          join(import.meta.dirname, '../reference.ts'),
          '--cases',
          join(reference, 'cases'),
          '--out',
          out,
          '--area',
          area,
        ]);
        const { compareArea } = (await import(join(reference, 'compare.mjs'))) as {
          compareArea(this: void, area: string, cases: string, ours: string): Compared;
        };
        const compared = compareArea(area, join(reference, 'cases'), out);
        expect(compared.missing).toBe(0);
        expect(compared.differing.map(({ name }) => name)).toEqual(differing);
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
