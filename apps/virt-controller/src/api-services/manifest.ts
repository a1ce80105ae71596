import { timestamp, type ApiService, type ConfigMap } from '@quickvirt/kube';
import type { Withdrawal } from './withdrawal.ts';

/** What it takes to register an APIService again as it was. */
export interface ApiServiceManifest {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: NonNullable<ApiService['spec']>;
  /** Who applied it, as `fieldManagerOf` says; caches do not keep that, so it is looked up when it is remembered. */
  readonly fieldManager?: string;
}

/** ConfigMap that holds the APIServices while they are withdrawn. */
export const WITHDRAWN_API_SERVICES = 'quickvirt-withdrawn-api-services';
/** meta/v1 ManagedFieldsEntry, as far as it is read. */
interface FieldsOwner {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
}

/** Owns the fields of what nobody applied. */
const FIELD_MANAGER = 'virt-controller';
/** Key of the record. */
const KEY = 'withdrawal.json';

/** Of a registered APIService what is needed to register it again; the CA bundle is injected anew. Pure. */
export function manifestOf({ metadata, spec }: ApiService): ApiServiceManifest {
  const { name = '', labels, annotations } = metadata;
  const { caBundle: _injected, ...own } = spec ?? { groupPriorityMinimum: 1000, versionPriority: 15 };
  return { metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) }, spec: own };
}

/** Who applied it (server-side apply), for example `helm`: it stays theirs, or their next apply would conflict. Pure. */
export function fieldManagerOf({ metadata }: ApiService): string {
  const owners = metadata.managedFields as FieldsOwner[] | undefined;
  return owners?.find(({ operation, subresource }) => operation === 'Apply' && !subresource)?.manager ?? FIELD_MANAGER;
}

/** The record's content. Pure. */
export function encodeWithdrawal({ at, unreachableTimes, services }: Withdrawal): Record<string, string> {
  return { [KEY]: JSON.stringify({ at: timestamp(at), unreachableTimes, services }) };
}

/** What the record says; undefined when there is none, or it is none of ours. Pure. */
export function decodeWithdrawal(record: ConfigMap | undefined): Withdrawal | undefined {
  try {
    const { at, unreachableTimes, services } = JSON.parse(record?.data?.[KEY] ?? '') as Record<string, unknown>;
    const date = new Date(String(at));
    if (Number.isNaN(date.getTime()) || !Array.isArray(services)) return undefined;
    return { at: date, unreachableTimes: Number(unreachableTimes) || 0, services: services as ApiServiceManifest[] };
  } catch {
    return undefined;
  }
}
