import { describe, expect, test } from '@jest/globals';
import { countWrites } from './api-writes.ts';
import type { Sighting } from './watch-record.ts';

const vmi = (type: Sighting['type'], managedFields: object[]): Sighting => ({
  at: 0,
  plural: 'virtualmachineinstances',
  type,
  object: { metadata: { uid: 'a', managedFields } },
});
const entry = (manager: string, subresource: string | undefined, ...fields: string[]): object => ({
  manager,
  ...(subresource === undefined ? {} : { subresource }),
  fieldsV1: Object.fromEntries(fields.map((field) => [`f:${field}`, {}])),
});

describe('the writes behind watch events', () => {
  test('are told by whose fields changed; the one that takes a field over is the writer, not the one that loses it', () => {
    const created = entry('virt-controller', undefined, 'spec');
    const counts = countWrites([
      vmi('ADDED', [created]),
      vmi('MODIFIED', [created, entry('virt-controller', 'status', 'phase', 'conditions')]),
      vmi('MODIFIED', [
        created,
        entry('virt-controller', 'status', 'conditions'),
        entry('virt-handler', 'status', 'phase'),
      ]),
      vmi('DELETED', []),
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'virtualmachineinstances virt-controller': 1,
      'virtualmachineinstances virt-controller (status)': 1,
      'virtualmachineinstances virt-handler (status)': 1,
      'virtualmachineinstances removed': 1,
    });
  });

  test('that change no managed field are counted, but told to be nobody’s', () => {
    const created = entry('virt-controller', undefined, 'spec');
    const counts = countWrites([vmi('ADDED', [created]), vmi('MODIFIED', [created])]);
    expect([...counts.values()]).toEqual([1, 1]);
    expect([...counts.keys()].at(-1)).toMatch('not told');
  });
});
