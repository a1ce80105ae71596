import { describe, expect, test } from '@jest/globals';
import type { Volume } from '@quickvirt/api';
import { planDisks } from './disk-plan.ts';

const plan = (...volumes: Volume[]) =>
  planDisks({
    metadata: { name: 'vm' },
    spec: { domain: { devices: { disks: volumes.map(({ name }) => ({ name })) } }, volumes },
  });

describe('planDisks', () => {
  test('plans each kind of volume', () => {
    const seed = { name: 'seed', cloudInitConfigDrive: { userData: 'x' } };
    expect(
      plan(
        { name: 'root', containerDisk: { image: 'x', path: '/a.img' } },
        { name: 'scratch', emptyDisk: { capacity: '1Gi' } },
        seed,
      ),
    ).toEqual([
      { kind: 'overlay', field: 'spec.volumes[0].containerDisk', volumeName: 'root', imagePath: '/a.img' },
      { kind: 'emptyDisk', field: 'spec.volumes[1].emptyDisk', volumeName: 'scratch', capacityBytes: 1n << 30n },
      { kind: 'seed', field: 'spec.volumes[2].cloudInitConfigDrive', volumeName: 'seed', volume: seed },
    ]);
  });

  test.each<[Volume, string]>([
    [{ name: '../x', emptyDisk: { capacity: '1Gi' } }, 'spec.volumes[0].name'],
    [{ name: 'x', emptyDisk: { capacity: '-1' } }, 'spec.volumes[0].emptyDisk.capacity'],
    [{ name: 'x', emptyDisk: { capacity: 'much' } }, 'spec.volumes[0].emptyDisk.capacity'],
    [{ name: 'x', memoryDump: { claimName: 'y' } }, 'spec.volumes[0].memoryDump'],
  ])('%j is refused by its field', (volume, field) => {
    expect(() => plan(volume)).toThrow(expect.objectContaining({ field }));
  });
});
