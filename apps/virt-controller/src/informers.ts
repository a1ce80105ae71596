import {
  kubevirts,
  labels,
  virtualMachineInstances,
  virtualMachines,
  type KubeVirt,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import {
  apiServices,
  certificateSigningRequests,
  configMaps,
  daemonSets,
  deployments,
  events,
  Informer,
  leases,
  mutatingWebhookConfigurations,
  nodes,
  pods,
  resourceQuotas,
  secrets,
  validatingWebhookConfigurations,
  type ApiService,
  type CertificateSigningRequest,
  type ConfigMap,
  type CoreEvent,
  type DaemonSet,
  type Deployment,
  type InformerOptions,
  type KubeObject,
  type ApiClient,
  type Lease,
  type MutatingWebhookConfiguration,
  type Node,
  type Pod,
  type ResourceQuota,
  type Secret,
  type ValidatingWebhookConfiguration,
} from '@quickvirt/kube';
import { WITHDRAWN_API_SERVICES } from './api-services/manifest.ts';
import { LEAF_PODS } from './certificates/leaves.ts';
import {
  CA_BUNDLE,
  CA_SECRET,
  MUTATING_WEBHOOKS,
  SUBRESOURCE_GROUP,
  VALIDATING_WEBHOOKS,
} from './certificates/names.ts';
import { SIGNERS } from './certificates/signers.ts';
import { DEVICE_ATTACHMENT_APP } from '@quickvirt/launcher-pod';
import { byNode } from './controllers/node/index.ts';
import { HEARTBEAT_LABEL } from './controllers/node/heartbeats.ts';
import { trimNode } from './controllers/node/trim-node.ts';
import { trimPod } from './controllers/vmi/trim-pod.ts';

/** The caches of virt-controller, one a kind. */
export interface Informers {
  readonly vms: Informer<VirtualMachine>;
  readonly vmis: Informer<VirtualMachineInstance>;
  /** Launcher pods, cut down to what is read of them. */
  readonly pods: Informer<Pod>;
  /** Pods that hold a device for a running guest, by the VMI's uid. */
  readonly deviceAttachmentPods: Informer<Pod>;
  /** Events that the kubelet writes when a volume of a pod cannot be mounted, by the pod's uid. */
  readonly mountFailures: Informer<CoreEvent>;
  /** Which of a namespace's quotas count limits: pods without limits are refused there. By namespace. */
  readonly resourceQuotas: Informer<ResourceQuota>;
  readonly nodes: Informer<Node>;
  /** Leases of the virt-handlers, one a node. */
  readonly heartbeats: Informer<Lease>;
  readonly kubevirts: Informer<KubeVirt>;
  readonly deployments: Informer<Deployment>;
  readonly daemonSets: Informer<DaemonSet>;
  readonly caSecrets: Informer<Secret>;
  readonly caBundles: Informer<ConfigMap>;
  readonly signingRequests: Informer<CertificateSigningRequest>;
  /** Pods of our own whose certificates are followed; their identity only. */
  readonly leafPods: Informer<Pod>;
  readonly mutatingWebhooks: Informer<MutatingWebhookConfiguration>;
  readonly validatingWebhooks: Informer<ValidatingWebhookConfiguration>;
  readonly apiServices: Informer<ApiService>;
  /** What is to be registered again of them. */
  readonly withdrawnApiServices: Informer<ConfigMap>;
}

/** Index of `resourceQuotas`. */
export const BY_NAMESPACE = 'namespace';
/** Index of `deviceAttachmentPods`. */
export const BY_VMI_UID = 'vmiUid';
/** Index of `mountFailures`. */
export const BY_POD_UID = 'podUid';

/** Makes the caches; nothing is read before they run. */
export function makeInformers(
  client: ApiClient,
  { namespace, ...common }: { namespace: string } & Pick<InformerOptions<KubeObject>, 'logger' | 'clock' | 'random'>,
): Informers {
  const own = { ...common, namespace };
  return {
    vms: new Informer(client, virtualMachines, { ...common, trim: withoutLastApplied }),
    vmis: new Informer(client, virtualMachineInstances, {
      ...common,
      trim: withoutLastApplied,
      indexes: byNode.vmis,
    }),
    pods: new Informer(client, pods, {
      ...common,
      labelSelector: `${labels.app}=virt-launcher`,
      trim: trimPod,
      indexes: byNode.pods,
    }),
    deviceAttachmentPods: new Informer(client, pods, {
      ...common,
      labelSelector: `${labels.app}=${DEVICE_ATTACHMENT_APP}`,
      trim: trimAttachmentPod,
      indexes: {
        [BY_VMI_UID]: ({ metadata }) => {
          const uid = metadata.annotations?.[labels.ownerVmiUid];
          return uid ? [uid] : [];
        },
      },
    }),
    mountFailures: new Informer(client, events, {
      ...common,
      fieldSelector: 'involvedObject.kind=Pod,reason=FailedMount',
      trim: trimEvent,
      indexes: { [BY_POD_UID]: ({ involvedObject }) => (involvedObject.uid ? [involvedObject.uid] : []) },
    }),
    resourceQuotas: new Informer(client, resourceQuotas, {
      ...common,
      trim: trimQuota,
      indexes: { [BY_NAMESPACE]: ({ metadata }) => (metadata.namespace ? [metadata.namespace] : []) },
    }),
    nodes: new Informer(client, nodes, { ...common, trim: trimNode }),
    heartbeats: new Informer(client, leases, { ...own, labelSelector: HEARTBEAT_LABEL }),
    kubevirts: new Informer(client, kubevirts, own),
    deployments: new Informer(client, deployments, { ...own, trim: trimWorkload }),
    daemonSets: new Informer(client, daemonSets, { ...own, trim: trimWorkload }),
    caSecrets: new Informer(client, secrets, { ...own, fieldSelector: `metadata.name=${CA_SECRET}` }),
    caBundles: new Informer(client, configMaps, { ...own, fieldSelector: `metadata.name=${CA_BUNDLE}` }),
    signingRequests: new Informer(client, certificateSigningRequests, { ...common, trim: trimSigningRequest }),
    leafPods: new Informer(client, pods, { ...own, labelSelector: LEAF_PODS, trim: identityOf }),
    mutatingWebhooks: new Informer(client, mutatingWebhookConfigurations, {
      ...common,
      fieldSelector: `metadata.name=${MUTATING_WEBHOOKS}`,
    }),
    validatingWebhooks: new Informer(client, validatingWebhookConfigurations, {
      ...common,
      fieldSelector: `metadata.name=${VALIDATING_WEBHOOKS}`,
    }),
    apiServices: new Informer(client, apiServices, { ...common, trim: trimApiService }),
    withdrawnApiServices: new Informer(client, configMaps, {
      ...own,
      fieldSelector: `metadata.name=${WITHDRAWN_API_SERVICES}`,
    }),
  };
}

/** As a launcher pod, with the annotations that say whose it is. */
function trimAttachmentPod(pod: Pod): Pod {
  const trimmed = trimPod(pod);
  return { ...trimmed, metadata: { ...trimmed.metadata, annotations: pod.metadata.annotations } };
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** kubectl keeps a second copy of the whole object in an annotation. */
function withoutLastApplied<T extends VirtualMachine | VirtualMachineInstance>(object: T): T {
  if (object.metadata.annotations?.[LAST_APPLIED] === undefined) return object;
  const { [LAST_APPLIED]: _copy, ...annotations } = object.metadata.annotations;
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function trimEvent({ metadata, involvedObject, reason, message, lastTimestamp }: CoreEvent): CoreEvent {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    involvedObject,
    reason,
    message,
    lastTimestamp,
  };
}

/** Of a quota only which limits it counts. */
function trimQuota({ metadata, spec }: ResourceQuota): ResourceQuota {
  const { name, namespace, uid, resourceVersion } = metadata;
  const counted = Object.entries(spec?.hard ?? {}).filter(([resource]) => resource.startsWith('limits.'));
  return { metadata: { name, namespace, uid, resourceVersion }, spec: { hard: Object.fromEntries(counted) } };
}

/** Of our own workloads only their state is read, not their templates. */
function trimWorkload<T extends Deployment | DaemonSet>(object: T): T {
  const { apiVersion, kind, metadata, spec, status } = object;
  return { apiVersion, kind, metadata, spec: spec && { ...spec, template: undefined }, status } as unknown as T;
}

/** Of other signers' requests, kubelets' for example, only the name is kept. */
function trimSigningRequest(csr: CertificateSigningRequest): CertificateSigningRequest {
  if (Object.hasOwn(SIGNERS, csr.spec.signerName)) return csr;
  const { name, uid, resourceVersion } = csr.metadata;
  return { metadata: { name, uid, resourceVersion }, spec: { signerName: csr.spec.signerName, request: '' } };
}

/** Of a pod only which one it is. */
function identityOf({ metadata: { name, namespace, uid, resourceVersion } }: Pod): Pod {
  return { metadata: { name, namespace, uid, resourceVersion } };
}

/** Of APIServices that are not ours only the name is kept. */
function trimApiService(object: ApiService): ApiService {
  return object.spec?.group === SUBRESOURCE_GROUP ? object : { metadata: { ...object.metadata, annotations: {} } };
}
