import type { ObjectMeta } from './meta.ts';
import type { Duration, EmptyObject } from './scalars.ts';

export type FailureStrategy = 'Fail' | 'Ignore';

export type NodeHookPoint =
  | 'PreVMStart'
  | 'PostVMStart'
  | 'PreVMStop'
  | 'PostVMStop'
  | 'PreMigrationSource'
  | 'PreMigrationTarget'
  | 'PostMigrationTarget';

export interface Plugin {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: PluginSpec;
  status?: EmptyObject;
}

export interface PluginSpec {
  condition?: string;
  /** @listType atomic */
  domainHooks?: PluginDomainHook[];
  failureStrategy?: FailureStrategy;
  /** @listType atomic */
  mutatingAdmissionPolicies?: PluginPolicyReference[];
  /** @listType atomic */
  mutatingAdmissionWebhooks?: PluginPolicyReference[];
  /** @listType atomic */
  nodeHooks?: PluginNodeHook[];
  /** @listType atomic */
  validatingAdmissionPolicies?: PluginPolicyReference[];
  /** @listType atomic */
  validatingAdmissionWebhooks?: PluginPolicyReference[];
}

export interface PluginDomainHook {
  cel?: PluginCelHook;
  condition?: string;
  failureStrategy?: FailureStrategy;
  sidecar?: PluginSidecarHook;
  timeout?: Duration;
}

export interface PluginCelHook {
  /** @minLength 1 */
  expression: string;
}

export interface PluginSidecarHook {
  /** @minLength 1 */
  socketPath: string;
}

export interface PluginNodeHook {
  condition?: string;
  failureStrategy?: FailureStrategy;
  /**
   * @minItems 1
   * @listType atomic
   */
  permittedHooks: NodeHookPoint[];
  /** @minLength 1 */
  socket: string;
  timeout?: Duration;
}

export interface PluginPolicyReference {
  /** @minLength 1 */
  name: string;
}
