import { createHash } from 'node:crypto';
import { timestamp } from './conditions.ts';
import type { CoreEvent } from './core-types.ts';
import type { KubeObject } from './resource-type.ts';

/** What happened, in the words of a core/v1 Event. */
export interface RecordedEvent {
  type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  reason: string;
  /** For people; cut at 1024 bytes, the API server's limit for notes. */
  message: string;
  /** Machine-readable verb of what was done. */
  action?: string;
}

/** Who tells of it. */
export interface EventSource {
  /** `source.component`. */
  component: string;
  /** `source.host`: the node, for a node agent. */
  host?: string;
}

/** core/v1 EventSeries and events.k8s.io note limit (validation/events.go: 1 kB). */
const MAX_MESSAGE_BYTES = 1024;
/** DNS subdomain limit of 253, less a dot and the hash. */
const MAX_NAME_PREFIX = 253 - 17;

/**
 * Equal events have equal names, whoever writes them and when: a restarted process counts up the event that is there
 * instead of adding a twin.
 */
export function eventName(source: EventSource, regarding: KubeObject, event: RecordedEvent): string {
  const identity = [source.component, regarding.metadata.uid, event.type, event.reason, event.message];
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  return `${(regarding.metadata.name ?? '').slice(0, MAX_NAME_PREFIX)}.${hash}`;
}

/** Events of an object of the cluster live in `default`, where kubectl looks for them. */
export function eventNamespace(regarding: KubeObject): string {
  return regarding.metadata.namespace ?? 'default';
}

/** The core/v1 Event as it is first written. Pure: same arguments, same object. */
export function eventObject(
  source: EventSource,
  regarding: KubeObject,
  event: RecordedEvent,
  seen: { count: number; firstAt: Date; lastAt: Date },
): CoreEvent {
  const { apiVersion, kind, metadata } = regarding;
  return {
    metadata: { name: eventName(source, regarding, event), namespace: eventNamespace(regarding) },
    involvedObject: {
      apiVersion,
      kind,
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: cutToBytes(event.message, MAX_MESSAGE_BYTES),
    ...(event.action && { action: event.action }),
    source: { component: source.component, ...(source.host && { host: source.host }) },
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
    count: seen.count,
    firstTimestamp: timestamp(seen.firstAt),
    lastTimestamp: timestamp(seen.lastAt),
  };
}

function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  // A character cut in half decodes to U+FFFD: leave it out.
  return `${bytes
    .subarray(0, limit - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}...`;
}
