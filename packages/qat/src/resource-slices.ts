import type { DraDevice } from './dra-device.ts';

/** What of a ResourceSlice counts here (resource.k8s.io/v1). */
export interface PublishedSlice {
  readonly metadata: { readonly name: string };
  readonly spec: SliceSpec;
}

/** Spec of a ResourceSlice of devices that one node has. */
export interface SliceSpec {
  readonly driver: string;
  readonly nodeName: string;
  readonly pool: { readonly name: string; readonly generation: number; readonly resourceSliceCount: number };
  readonly devices: readonly DraDevice[];
}

/** A write that brings the API server's slices to the node's devices. */
export type SliceWrite<S extends PublishedSlice = PublishedSlice> =
  | { readonly kind: 'delete'; readonly slice: S }
  | { readonly kind: 'replace'; readonly slice: S; readonly spec: SliceSpec }
  | { readonly kind: 'create'; readonly spec: SliceSpec };

/** Devices in one slice at most (resource.k8s.io/v1, ResourceSliceMaxDevices). */
export const MAX_SLICE_DEVICES = 128;

export interface SliceWish {
  readonly driverName: string;
  readonly nodeName: string;
  /** In a stable order: another order counts as a change. None: no slice at all. */
  readonly devices: readonly DraDevice[];
}

/**
 * The writes, in order, that make a node's pool hold these devices; none when it does. `published` are all slices that we
 * made for this node, of whatever driver name: those of another are deleted. The pool is named after the node; any change
 * gives all of its slices the next generation, and slices that are no longer part of it go first, so that a scheduler
 * never takes a half-written pool for whole (KEP-4381, "ResourceSlice": highest generation, resourceSliceCount).
 */
export function decideResourceSlices<S extends PublishedSlice>(
  { driverName, nodeName, devices }: SliceWish,
  published: readonly S[],
): SliceWrite<S>[] {
  const own = published
    .filter(({ spec }) => spec.driver === driverName && spec.pool.name === nodeName)
    .toSorted(
      (a, b) => b.spec.pool.generation - a.spec.pool.generation || (a.metadata.name < b.metadata.name ? -1 : 1),
    );
  const strange = published.filter((slice) => !own.includes(slice));
  const chunks = chunksOf(devices, MAX_SLICE_DEVICES);
  const newest = own[0]?.spec.pool.generation ?? 0;
  const kept = matching(own, chunks);
  const gone = [...strange, ...own.filter((slice) => !kept.includes(slice))];
  const specs = (generation: number) =>
    chunks.map((part): SliceSpec => {
      const pool = { name: nodeName, generation, resourceSliceCount: chunks.length };
      return { driver: driverName, nodeName, pool, devices: part };
    });
  const deletes = gone.map((slice): SliceWrite<S> => ({ kind: 'delete', slice }));
  const asPublished = specs(newest).every((spec, index) => isSame(kept[index]?.spec, spec));
  if (asPublished) return deletes;
  const writes = specs(newest + 1).map((spec, index): SliceWrite<S> => {
    const slice = kept[index];
    return slice ? { kind: 'replace', slice, spec } : { kind: 'create', spec };
  });
  return [...deletes, ...writes.toSorted((a, b) => a.kind.localeCompare(b.kind) * -1)];
}

/**
 * For each chunk the slice that becomes it, by position: one that holds it already, else any that is left. At most as many
 * as there are slices.
 */
function matching<S extends PublishedSlice>(own: readonly S[], chunks: readonly DraDevice[][]): (S | undefined)[] {
  const left = [...own];
  const take = (index: number): S | undefined => (index < 0 ? undefined : left.splice(index, 1)[0]);
  const exact = chunks.map((part) =>
    take(left.findIndex(({ spec }) => canonical(spec.devices ?? []) === canonical(part))),
  );
  return exact.map((slice) => slice ?? left.shift());
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function isSame(published: SliceSpec | undefined, wanted: SliceSpec): boolean {
  if (!published) return false;
  const { pool, devices } = published;
  return (
    pool.generation === wanted.pool.generation &&
    pool.resourceSliceCount === wanted.pool.resourceSliceCount &&
    canonical(devices ?? []) === canonical(wanted.devices)
  );
}

/** Text that is equal for devices that mean the same: the API server may order fields as it likes. */
function canonical(devices: readonly DraDevice[]): string {
  return JSON.stringify(
    devices.map(({ name, attributes }) => [
      name,
      Object.entries(attributes ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  );
}
