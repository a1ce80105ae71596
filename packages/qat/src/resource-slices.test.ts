import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DraDevice } from './dra-device.ts';
import { decideResourceSlices, MAX_SLICE_DEVICES, type PublishedSlice, type SliceWrite } from './resource-slices.ts';

const device = (index: number, services = 'dc'): DraDevice => ({
  name: `vf-${index}`,
  attributes: { services: { string: services }, numaNode: { int: index % 2 } },
});
const devices = (count: number, from = 0) => Array.from({ length: count }, (_, index) => device(from + index));
const wish = (list: readonly DraDevice[]) => ({ driverName: 'qat.example', nodeName: 'node1', devices: list });

let names = 0;
/** The API server after these writes. */
function written(published: readonly PublishedSlice[], writes: readonly SliceWrite[]): PublishedSlice[] {
  let slices = [...published];
  for (const write of writes) {
    if (write.kind === 'create') slices.push({ metadata: { name: `slice-${names++}` }, spec: write.spec });
    else if (write.kind === 'delete') slices = slices.filter((slice) => slice !== write.slice);
    else slices = slices.map((slice) => (slice === write.slice ? { ...slice, spec: write.spec } : slice));
  }
  return slices;
}

/**
 * What a scheduler may allocate: the pool at its highest generation, and only when it is whole. In the order of the
 * devices' numbers, because which slice holds which is nothing to a scheduler.
 */
function allocatable(slices: readonly PublishedSlice[], driver = 'qat.example'): readonly DraDevice[] | undefined {
  const own = slices.filter(({ spec }) => spec.driver === driver);
  const generation = Math.max(0, ...own.map(({ spec }) => spec.pool.generation));
  const newest = own.filter(({ spec }) => spec.pool.generation === generation);
  if (newest.some(({ spec }) => spec.pool.resourceSliceCount !== newest.length)) return undefined;
  const numberOf = ({ name }: DraDevice) => Number(name.slice('vf-'.length));
  return newest.flatMap(({ spec }) => spec.devices).toSorted((a, b) => numberOf(a) - numberOf(b));
}

describe('decideResourceSlices', () => {
  test('publishes, and then leaves the API server alone', () => {
    const writes = decideResourceSlices(wish(devices(2)), []);
    expect(writes).toEqual([
      {
        kind: 'create',
        spec: {
          driver: 'qat.example',
          nodeName: 'node1',
          pool: { name: 'node1', generation: 1, resourceSliceCount: 1 },
          devices: devices(2),
        },
      },
    ]);
    expect(decideResourceSlices(wish(devices(2)), written([], writes))).toEqual([]);
  });

  test('takes attributes in another order for the same', () => {
    const slices = written([], decideResourceSlices(wish(devices(1)), []));
    const [{ name, attributes }] = slices[0]!.spec.devices as [DraDevice];
    const turned = { name, attributes: Object.fromEntries(Object.entries(attributes).toReversed()) };
    const [slice] = slices as [PublishedSlice];
    expect(decideResourceSlices(wish(devices(1)), [{ ...slice, spec: { ...slice.spec, devices: [turned] } }])).toEqual(
      [],
    );
  });

  test('a change gives the next generation', () => {
    const before = written([], decideResourceSlices(wish(devices(2)), []));
    const [write] = decideResourceSlices(wish([device(0, 'sym'), device(1)]), before);
    expect(write).toMatchObject({ kind: 'replace', spec: { pool: { generation: 2, resourceSliceCount: 1 } } });
  });

  test('no device, no slice; and none of a driver of an earlier name', () => {
    const old = written([], decideResourceSlices({ ...wish(devices(2)), driverName: 'old.example' }, []));
    expect(decideResourceSlices(wish([]), old).map(({ kind }) => kind)).toEqual(['delete']);
    expect(decideResourceSlices(wish(devices(1)), old).map(({ kind }) => kind)).toEqual(['delete', 'create']);
  });

  const lists = fc
    .tuple(fc.nat({ max: 3 * MAX_SLICE_DEVICES }), fc.nat({ max: 5 }))
    .map(([count, from]) => devices(count, from));

  test('any node comes to hold its devices, a scheduler sees the old, the new or none, and it ends there', () => {
    fc.assert(
      fc.property(fc.array(lists, { minLength: 1, maxLength: 4 }), fc.nat({ max: 6 }), (wishes, crashAfter) => {
        let slices: PublishedSlice[] = [];
        for (const list of wishes) {
          const before = allocatable(slices);
          const writes = decideResourceSlices(wish(list), slices);
          for (let done = 0; done <= writes.length; done++) {
            const seen = allocatable(written(slices, writes.slice(0, done)));
            if (seen !== undefined && seen.length > 0) expect([before, list]).toContainEqual(seen);
          }
          // A crash between two writes is repaired by the next run.
          slices = written(slices, writes.slice(0, crashAfter));
          slices = written(slices, decideResourceSlices(wish(list), slices));
          expect(allocatable(slices)).toEqual(list);
          expect(decideResourceSlices(wish(list), slices)).toEqual([]);
          expect(slices.every(({ spec }) => spec.devices.length <= MAX_SLICE_DEVICES)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
