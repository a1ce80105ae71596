import type { KubeVirt } from '@quickvirt/api';

/** A case file, as the reference's README describes it. */
export interface ReferenceCase<T = unknown> {
  name: string;
  /** Name of the file in `configs/`, without its ending. */
  config: string;
  operation: string;
  object: T;
  old?: T;
  /** Objects that the cluster holds already. */
  world?: WorldObject[];
}

/** An object of the cluster, of any kind. */
export interface WorldObject {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: unknown;
}

/** What our code gives for a case: the content of `<name>.out.json`, and of `<name>.domain.xml` for a domain. */
export interface ReferenceOutput {
  json?: unknown;
  domainXml?: string;
}

/** Runs one case. May throw: the front writes that down as the case's outcome. */
export type ReferenceArea = (input: ReferenceCase, kubevirt: KubeVirt | undefined) => ReferenceOutput;

/** Objects of one kind in the world of a case, by name. */
export function worldByName<T extends WorldObject>(input: ReferenceCase, kind: string): Record<string, T> {
  const found = (input.world ?? []).filter((object): object is T => object.kind === kind);
  return Object.fromEntries(found.map((object) => [object.metadata.name, object]));
}
