import { invalid, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';

/** A spec that is an order carried out once: it cannot change under the hands of whoever carries it out. */
export function immutableSpecRules(object: { spec?: unknown }, old: { spec?: unknown }): Cause[] {
  if (isDeepEqual(object.spec, old.spec)) return [];
  return [invalid('spec', 'the spec cannot change after creation; delete the object and create another')];
}
