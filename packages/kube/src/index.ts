/**
 * A Kubernetes runtime: client, caches, work queues, controllers, leader election, events, certificates. Knows no kind
 * beyond Kubernetes' own. Objects are plain JSON.
 */
export * from './resource-type.ts';
export * from './core-types.ts';
export * from './errors.ts';
export { systemClock, type Clock } from './clock.ts';
export {
  KubeClient,
  type ApiClient,
  type CallOptions,
  type DeleteOptions,
  type GetOptions,
  type ListOptions,
  type LoadOptions,
  type PatchOptions,
  type RawRequest,
  type WatchOptions,
  type WriteOptions,
} from './client.ts';
export {
  findLogin,
  inClusterLogin,
  type Credentials,
  type Login,
  type LoginOptions,
  type TlsIdentity,
} from './login.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
export { WorkQueueMetrics, type WorkQueueObserver } from './work-queue-metrics.ts';
export type { WatchEvent } from './watch-stream.ts';
export { Store, type IndexFunction, type StoreReader } from './store.ts';
export { Informer, type ChangeSource, type InformerOptions, type StoreChange } from './informer.ts';
export type { Decision, EffectContext, EffectRunner, Reconciler } from './reconciler.ts';
export {
  controller,
  type AnyInformer,
  type Controller,
  ControllerBuilder,
  type ControllerOptions,
  type Predicate,
} from './controller.ts';
export { LeaderElector, LeadershipLost, type LeaderElectorOptions } from './leader-election.ts';
export { Recorder, type EventRecorder, type RecorderOptions } from './recorder.ts';
export type { EventSource, RecordedEvent } from './event-object.ts';
export { Manager, type ManagerOptions, type Runnable } from './manager.ts';
export { certificateMetrics, type CertificateValidity } from './certificate-metrics.ts';
export {
  CertificateRequester,
  type CertificateRequesterOptions,
  type IssuedCertificate,
} from './certificate-requester.ts';
export {
  findCondition,
  isConditionTrue,
  mergeConditions,
  removeCondition,
  setCondition,
  timestamp,
  type Condition,
} from './conditions.ts';
export { addFinalizerPatch, hasFinalizer, isDeleting, removeFinalizerPatch } from './finalizers.ts';
export {
  jsonPointer,
  replaceIfUnchanged,
  statusApply,
  testResourceVersion,
  testUid,
  type JsonPatchOperation,
} from './patches.ts';
export type { AppRights, PolicyRule } from './policy-rule.ts';
