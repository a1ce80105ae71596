import type { ObjectMeta } from './meta.ts';
import type { Duration, EmptyObject } from './scalars.ts';

/** What a hook that fails does to the guest. */
export type FailureStrategy = 'Fail' | 'Ignore';

/** When a hook on the node is called. */
export type NodeHookPoint =
  | 'PreVMStart'
  | 'PostVMStart'
  | 'PreVMStop'
  | 'PostVMStop'
  | 'PreMigrationSource'
  | 'PreMigrationTarget'
  | 'PostMigrationTarget';

/** Hooks that change domains and act on nodes. */
export interface Plugin {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The hooks. */
  spec: PluginSpec;
  /** Empty. */
  status?: EmptyObject;
}

/** Hooks, and the guests they are for. */
export interface PluginSpec {
  /** Expression in CEL that a guest must meet. Default: all guests. */
  condition?: string;
  /**
   * Hooks that change the domain before it is defined.
   * @listType atomic
   */
  domainHooks?: PluginDomainHook[];
  /** Whether a hook that fails stops the guest. Default: `Fail`. */
  failureStrategy?: FailureStrategy;
  /**
   * MutatingAdmissionPolicies that belong to the plugin.
   * @listType atomic
   */
  mutatingAdmissionPolicies?: PluginPolicyReference[];
  /**
   * Mutating webhooks that belong to the plugin.
   * @listType atomic
   */
  mutatingAdmissionWebhooks?: PluginPolicyReference[];
  /**
   * Hooks that act on the node.
   * @listType atomic
   */
  nodeHooks?: PluginNodeHook[];
  /**
   * ValidatingAdmissionPolicies that belong to the plugin.
   * @listType atomic
   */
  validatingAdmissionPolicies?: PluginPolicyReference[];
  /**
   * Validating webhooks that belong to the plugin.
   * @listType atomic
   */
  validatingAdmissionWebhooks?: PluginPolicyReference[];
}

/** A hook that changes the domain. One of `cel` and `sidecar` is set. */
export interface PluginDomainHook {
  /** Changes it by an expression. */
  cel?: PluginCelHook;
  /** Expression in CEL that a guest must meet. Default: all guests of the plugin. */
  condition?: string;
  /** Whether a failure stops the guest. Default: that of the plugin. */
  failureStrategy?: FailureStrategy;
  /** Changes it by a program in a sidecar. */
  sidecar?: PluginSidecarHook;
  /** Time that the hook may take. */
  timeout?: Duration;
}

/** A change by an expression. */
export interface PluginCelHook {
  /**
   * Expression in CEL that gives the changed domain.
   * @minLength 1
   */
  expression: string;
}

/** A change by a program in a sidecar. */
export interface PluginSidecarHook {
  /**
   * Path of the socket that the program listens on.
   * @minLength 1
   */
  socketPath: string;
}

/** A hook that acts on the node. */
export interface PluginNodeHook {
  /** Expression in CEL that a guest must meet. Default: all guests of the plugin. */
  condition?: string;
  /** Whether a failure stops the guest. Default: that of the plugin. */
  failureStrategy?: FailureStrategy;
  /**
   * When the hook may be called.
   * @minItems 1
   * @listType atomic
   */
  permittedHooks: NodeHookPoint[];
  /**
   * Path of the socket on the node that the program listens on.
   * @minLength 1
   */
  socket: string;
  /** Time that the hook may take. */
  timeout?: Duration;
}

/** An object that belongs to a plugin. */
export interface PluginPolicyReference {
  /**
   * Name of the object.
   * @minLength 1
   */
  name: string;
}
