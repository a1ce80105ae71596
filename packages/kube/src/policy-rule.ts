/** A rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1, PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What an app may do; the chart's roles are made from it, so that a right stands beside the code that needs it. */
export interface AppRights {
  /** In the whole cluster. */
  readonly cluster: readonly PolicyRule[];
  /** In the namespace that the app runs in. */
  readonly namespaced: readonly PolicyRule[];
  /** In other namespaces, by name. */
  readonly elsewhere?: Readonly<Record<string, readonly PolicyRule[]>>;
}
