import type {
  V1APIService,
  V1CertificateSigningRequest,
  V1ConfigMap,
  V1ControllerRevision,
  V1CustomResourceDefinition,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  ResourceV1ResourceClaim,
  V1ResourceQuota,
  V1ResourceSlice,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StorageClass,
  V1SubjectAccessReview,
  V1TokenReview,
  V1ValidatingWebhookConfiguration,
  CoreV1Event,
} from '@kubernetes/client-node';
import { resourceType, type ObjectMeta } from './resource-type.ts';

/** A client-node model as it is on the wire: its `Date`s are RFC 3339 strings. */
export type OnWire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? OnWire<Item>[]
    : T extends object
      ? { [Field in keyof T]: OnWire<T[Field]> }
      : T;

type CoreObject<Model> = Omit<OnWire<Model>, 'metadata'> & { metadata: ObjectMeta };

export type ApiService = CoreObject<V1APIService>;
export type CertificateSigningRequest = CoreObject<V1CertificateSigningRequest>;
export type ConfigMap = CoreObject<V1ConfigMap>;
export type ControllerRevision = CoreObject<V1ControllerRevision>;
export type CustomResourceDefinition = CoreObject<V1CustomResourceDefinition>;
export type DaemonSet = CoreObject<V1DaemonSet>;
export type Deployment = CoreObject<V1Deployment>;
export type CoreEvent = CoreObject<CoreV1Event>;
export type Job = CoreObject<V1Job>;
export type Lease = CoreObject<V1Lease>;
export type MutatingWebhookConfiguration = CoreObject<V1MutatingWebhookConfiguration>;
export type Namespace = CoreObject<V1Namespace>;
export type Node = CoreObject<V1Node>;
export type PersistentVolume = CoreObject<V1PersistentVolume>;
export type PersistentVolumeClaim = CoreObject<V1PersistentVolumeClaim>;
export type Pod = CoreObject<V1Pod>;
export type PodDisruptionBudget = CoreObject<V1PodDisruptionBudget>;
export type ResourceClaim = CoreObject<ResourceV1ResourceClaim>;
export type ResourceQuota = CoreObject<V1ResourceQuota>;
export type ResourceSlice = CoreObject<V1ResourceSlice>;
export type Secret = CoreObject<V1Secret>;
export type Service = CoreObject<V1Service>;
export type ServiceAccount = CoreObject<V1ServiceAccount>;
export type StorageClass = CoreObject<V1StorageClass>;
export type SubjectAccessReview = CoreObject<V1SubjectAccessReview>;
export type TokenReview = CoreObject<V1TokenReview>;
export type ValidatingWebhookConfiguration = CoreObject<V1ValidatingWebhookConfiguration>;

const core = { group: '', version: 'v1' } as const;
const apps = { group: 'apps', version: 'v1' } as const;
const admission = { group: 'admissionregistration.k8s.io', version: 'v1' } as const;

export const configMaps = resourceType<ConfigMap>({
  ...core,
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
});
export const events = resourceType<CoreEvent>({ ...core, plural: 'events', kind: 'Event', namespaced: true });
export const namespaces = resourceType<Namespace>({
  ...core,
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
});
export const nodes = resourceType<Node>({ ...core, plural: 'nodes', kind: 'Node', namespaced: false });
export const persistentVolumeClaims = resourceType<PersistentVolumeClaim>({
  ...core,
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
});
export const persistentVolumes = resourceType<PersistentVolume>({
  ...core,
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
});
export const pods = resourceType<Pod>({ ...core, plural: 'pods', kind: 'Pod', namespaced: true });
export const resourceQuotas = resourceType<ResourceQuota>({
  ...core,
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
});
export const secrets = resourceType<Secret>({ ...core, plural: 'secrets', kind: 'Secret', namespaced: true });
export const serviceAccounts = resourceType<ServiceAccount>({
  ...core,
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
});
export const services = resourceType<Service>({ ...core, plural: 'services', kind: 'Service', namespaced: true });

export const controllerRevisions = resourceType<ControllerRevision>({
  ...apps,
  plural: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
});
export const daemonSets = resourceType<DaemonSet>({
  ...apps,
  plural: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
});
export const deployments = resourceType<Deployment>({
  ...apps,
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
});
export const jobs = resourceType<Job>({ group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true });
export const leases = resourceType<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
});
export const podDisruptionBudgets = resourceType<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
});
export const storageClasses = resourceType<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
});
export const certificateSigningRequests = resourceType<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
});
export const mutatingWebhookConfigurations = resourceType<MutatingWebhookConfiguration>({
  ...admission,
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
});
export const validatingWebhookConfigurations = resourceType<ValidatingWebhookConfiguration>({
  ...admission,
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
});
export const apiServices = resourceType<ApiService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  plural: 'apiservices',
  kind: 'APIService',
  namespaced: false,
});
export const customResourceDefinitions = resourceType<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});
export const resourceClaims = resourceType<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
});
export const resourceSlices = resourceType<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  plural: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
});
export const subjectAccessReviews = resourceType<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
});
export const tokenReviews = resourceType<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
});
