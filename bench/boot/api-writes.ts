import type { Sighting, WatchedObject } from './watch-record.ts';

interface ManagedFields {
  manager?: string;
  subresource?: string;
}

/** Writes by writer and resource, for example `virt-controller virtualmachineinstances/status` -> 3. */
export type WriteCounts = Map<string, number>;

/**
 * Counts the writes behind watch events: each version of an object is one write, by the manager whose entry in
 * `managedFields` it changed. Not seen: requests that were refused or changed nothing, and who removed an object.
 */
export function countWrites(sightings: readonly Sighting[]): WriteCounts {
  const counts: WriteCounts = new Map();
  const last = new Map<string, Map<string, string>>();
  for (const { plural, type, object } of sightings) {
    const key = `${plural} ${object.metadata.uid}`;
    const entries = entriesOf(object);
    const before = last.get(key) ?? new Map<string, string>();
    last.set(key, entries);
    const changed = writerOf(before, entries);
    const writer = type === 'DELETED' ? 'removed' : plural === 'events' ? eventSource(object) : changed;
    const row = `${plural} ${writer ?? 'not told (a finalizer, or a deletion)'}`;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  return counts;
}

/**
 * Server-side apply takes fields from other managers' entries as well: the writer's is the one that is new or grew most.
 */
function writerOf(before: Map<string, string>, after: Map<string, string>): string | undefined {
  const growth = ([manager, text]: [string, string]): number => text.length - (before.get(manager)?.length ?? 0);
  return [...after]
    .filter(([manager, text]) => before.get(manager) !== text)
    .sort((a, b) => growth(b) - growth(a))[0]?.[0];
}

const eventSource = ({ reportingComponent, source }: WatchedObject): string =>
  reportingComponent || source?.component || 'unknown';

function entriesOf({ metadata }: WatchedObject): Map<string, string> {
  return new Map(
    (metadata.managedFields ?? []).map((entry) => {
      const { manager = 'unknown', subresource } = entry as ManagedFields;
      return [subresource === undefined ? manager : `${manager} (${subresource})`, JSON.stringify(entry)];
    }),
  );
}
