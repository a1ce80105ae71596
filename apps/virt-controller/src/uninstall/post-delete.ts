import { kubevirts } from '@quickvirt/api';
import {
  certificateSigningRequests,
  configMaps,
  Informer,
  isConflict,
  isNotFound,
  leases,
  nodes,
  pods,
  secrets,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { WITHDRAWN_API_SERVICES } from '../api-services/manifest.ts';
import { CA_BUNDLE, CA_SECRET } from '../certificates/names.ts';
import { SIGNERS } from '../certificates/signers.ts';
import { nodeMetadataRemoval } from './node-metadata.ts';
import { Refused } from './refused.ts';

/** How the post-delete hook was told to run. */
export interface PostDeleteOptions {
  /** Namespace of the release. */
  readonly namespace: string;
  /** How long our pods may take to end; Helm waits 300 s for a hook unless it is told otherwise. */
  readonly timeoutMs: number;
}

/** The pods that write what is removed here. */
const OWN_PODS = 'kubevirt.io in (virt-api,virt-controller,virt-handler)';

/**
 * Runs after a release was uninstalled: waits until our pods have ended, because they would make it all again, then
 * removes what they made at run time. CRDs stay, so the objects of a user are never lost; a later install starts clean.
 * @throws Refused when our pods do not end.
 */
export async function postDelete(client: KubeClient, options: PostDeleteOptions, logger: Logger): Promise<void> {
  const { namespace } = options;
  await ownPodsGone(client, options, logger);
  const inNamespace = async (type: ResourceType, names: readonly string[]): Promise<void> => {
    for (const name of names) await client.delete(type, { name, namespace });
    if (names.length > 0) logger.info(`removed ${type.plural}: ${names.join(', ')}`);
  };
  await inNamespace(secrets, [CA_SECRET]);
  await inNamespace(configMaps, [CA_BUNDLE, WITHDRAWN_API_SERVICES]);
  await inNamespace(leases, namesWhere(await client.list(leases, { namespace }), isOwnLease));
  await inNamespace(
    kubevirts,
    namesWhere(await client.list(kubevirts, { namespace }), () => true),
  );
  const requests = await client.list(certificateSigningRequests);
  const ownRequests = namesWhere(requests, ({ spec }) => Object.hasOwn(SIGNERS, spec.signerName));
  for (const name of ownRequests) await client.delete(certificateSigningRequests, { name });
  logger.info(`removed ${ownRequests.length} certificate signing requests`);
  for (const node of (await client.list(nodes)).items) {
    const removal = nodeMetadataRemoval(node.metadata);
    if (!removal) continue;
    await cleanNode(client, String(node.metadata.name), removal);
    logger.info(`removed our labels and annotations of node ${node.metadata.name}`);
  }
}

/** A node that went or was made anew since (its uid differs: 409) has nothing of ours. */
async function cleanNode(client: KubeClient, name: string, removal: object): Promise<void> {
  try {
    await client.patch(nodes, { name }, { metadata: removal }, { kind: 'merge' });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function ownPodsGone(client: KubeClient, options: PostDeleteOptions, logger: Logger): Promise<void> {
  const { namespace, timeoutMs } = options;
  const stop = new AbortController();
  const trim = <T extends KubeObject>({ metadata }: T): T => ({ metadata }) as T;
  const informer = new Informer(client, pods, { namespace, labelSelector: OWN_PODS, trim, logger });
  const running = informer.run(stop.signal);
  const timeUp = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  const gone = new Promise<void>((resolve) => {
    const look = (): void => {
      if (informer.isSynced && informer.store.list().length === 0) resolve();
    };
    informer.subscribe(look);
    void informer.synced().then(look);
  });
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  try {
    await Promise.race([gone, timeUp]);
    if (!stop.signal.aborted) return;
    const names = informer.store.list().map(({ metadata }) => metadata.name);
    throw new Refused(
      `after ${timeoutMs / 1000} s these pods have not ended: ${names.join(', ')}. QuickVirt is uninstalled, but what it ` +
        `made at run time is left: once they are gone, delete Secret and ConfigMap ${CA_SECRET}, Leases and the KubeVirt ` +
        `object in namespace ${namespace}.`,
    );
  } finally {
    clearTimeout(timer);
    stop.abort();
    await running;
  }
}

/** virt-controller's election, and the heartbeat of each node. */
function isOwnLease({ metadata: { name = '', labels = {} } }: KubeObject): boolean {
  return name === 'virt-controller' || (name.startsWith('virt-handler-') && labels['kubevirt.io'] === 'virt-handler');
}

function namesWhere<T extends KubeObject>(list: { items: readonly T[] }, holds: (object: T) => boolean): string[] {
  return list.items.filter(holds).map(({ metadata }) => String(metadata.name));
}
