import { labels } from '@quickvirt/api';
import type { ObjectMeta } from '@quickvirt/kube';

/** A label or annotation key of ours: below kubevirt.io, node.kubevirt.io, node-labeller.kubevirt.io, quickvirt.io. */
const OWN_KEY = /^(?:(?:[a-z0-9-]+\.)*node\.|node-labeller\.)?kubevirt\.io\/|^(?:[a-z0-9-]+\.)*quickvirt\.io\//;

/** What an administrator sets on a node for us to read; it stays. */
const ADMINISTRATORS_KEYS: readonly string[] = [labels.nodeLabellerSkipNode];

/** Merge patch of a node's metadata that takes off what virt-handler put there; undefined when there is nothing. Pure. */
export function nodeMetadataRemoval(metadata: ObjectMeta):
  | {
      uid?: string;
      labels: Record<string, null>;
      annotations: Record<string, null>;
    }
  | undefined {
  const own = (map: Readonly<Record<string, string>> = {}): Record<string, null> =>
    Object.fromEntries(
      Object.keys(map)
        .filter((key) => OWN_KEY.test(key) && !ADMINISTRATORS_KEYS.includes(key))
        .map((key) => [key, null]),
    );
  const removal = { uid: metadata.uid, labels: own(metadata.labels), annotations: own(metadata.annotations) };
  return Object.keys({ ...removal.labels, ...removal.annotations }).length > 0 ? removal : undefined;
}
