import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyOf, type KubeObject } from './resource-type.ts';
import { Store } from './store.ts';

interface Labelled extends KubeObject {
  groups: string[];
}

const operation = fc.oneof(
  fc.record({
    set: fc.record({
      metadata: fc.record({ name: fc.constantFrom('a', 'b', 'c'), namespace: fc.constantFrom('x', 'y') }),
      groups: fc.uniqueArray(fc.constantFrom('red', 'green', 'blue')),
    }),
  }),
  fc.record({ delete: fc.constantFrom('x/a', 'x/b', 'y/c', 'z/none') }),
);

describe('Store', () => {
  test('an index always answers what a search through all objects would', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const store = new Store<Labelled>({ group: ({ groups }) => groups });
        const model = new Map<string, Labelled>();
        for (const step of operations) {
          if ('set' in step) {
            expect(store.set(step.set)).toBe(model.get(keyOf(step.set)));
            model.set(keyOf(step.set), step.set);
          } else {
            expect(store.delete(step.delete)).toBe(model.get(step.delete));
            model.delete(step.delete);
          }
          for (const group of ['red', 'green', 'blue']) {
            const expected = [...model.values()].filter(({ groups }) => groups.includes(group));
            expect(new Set(store.byIndex('group', group))).toEqual(new Set(expected));
          }
          expect(store.size).toBe(model.size);
        }
      }),
    );
  });

  test('names an index that nobody declared', () => {
    expect(() => new Store().byIndex('node', 'n1')).toThrow('no index node');
  });
});
