import { describe, expect, test } from '@jest/globals';
import { missingPackages, requirements } from './system-packages.ts';

describe('missingPackages', () => {
  test('are none on a machine with every program', () => {
    expect(missingPackages(() => true)).toEqual([]);
  });

  test("are each program's Debian package", () => {
    expect(missingPackages((program) => program !== 'nft' && program !== 'mformat')).toEqual(['nftables', 'mtools']);
  });

  test('name a package once, however many of its programs are missing', () => {
    const all = missingPackages(() => false);
    expect(all).toHaveLength(new Set(requirements.map(({ debianPackage }) => debianPackage)).size);
  });
});
