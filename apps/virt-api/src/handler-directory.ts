import { labels } from '@quickvirt/api';
import { Informer, pods, type KubeClient, type Pod } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';

/** Port of virt-handler's gRPC service. */
const HANDLER_PORT = 8186;

const BY_NODE = 'node';

/** Knows the virt-handler pod of every node. */
export class HandlerDirectory {
  readonly informer: Informer<Pod>;

  constructor(client: KubeClient, options: { installNamespace: string; logger: Logger }) {
    this.informer = new Informer(client, pods, {
      namespace: options.installNamespace,
      labelSelector: `${labels.app}=virt-handler`,
      indexes: { [BY_NODE]: ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []) },
      trim: trimmed,
      logger: options.logger,
    });
  }

  /** `host:port` of a node's virt-handler, IPv6 in brackets; undefined while none is ready there. */
  find(nodeName: string): string | undefined {
    return addressOf(this.informer.store.byIndex(BY_NODE, nodeName));
  }
}

/** The address to talk to among the virt-handler pods of a node: during a rollout there may be two. */
export function addressOf(candidates: readonly Pod[]): string | undefined {
  const pod = candidates.find(
    ({ metadata, status }) => !metadata.deletionTimestamp && status?.podIP && isReady(status),
  );
  const ip = pod?.status?.podIP;
  return ip && `${ip.includes(':') ? `[${ip}]` : ip}:${HANDLER_PORT}`;
}

function isReady({ conditions }: NonNullable<Pod['status']>): boolean {
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** A pod holds much that nobody reads here. */
function trimmed({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, ...(deletionTimestamp && { deletionTimestamp }) },
    spec: { containers: [], nodeName: spec?.nodeName },
    status: { podIP: status?.podIP, conditions: status?.conditions?.filter(({ type }) => type === 'Ready') },
  };
}
