import { stringify } from 'yaml';
import type { AppRights, PolicyRule } from '@quickvirt/kube';
import { rbac as virtApi } from '../../apps/virt-api/src/rbac.ts';
import { rbac as virtController } from '../../apps/virt-controller/src/rbac.ts';
import { postDeleteRights, preDeleteRights } from '../../apps/virt-controller/src/uninstall/rbac.ts';
import { rbac as virtHandler } from '../../apps/virt-handler/src/rbac.ts';
import type { GeneratedFiles } from './generated-files.ts';

const apps: Readonly<Record<string, AppRights>> = {
  'virt-api': virtApi,
  'virt-controller': virtController,
  'virt-handler': virtHandler,
};

/** Helm's hooks that run as Jobs of virt-controller's image. Their rights exist only while they run. */
const hooks: Readonly<Record<string, AppRights>> = {
  'pre-delete': preDeleteRights,
  'post-delete': postDeleteRights,
};

/**
 * The chart's roles and bindings of our own apps and hooks, one file each, from the rights that stand beside their code.
 */
export async function generateAppRoles(): Promise<GeneratedFiles> {
  return Object.fromEntries([
    ...Object.entries(apps).map(([app, rights]) => [
      `charts/quickvirt/templates/${app}/rbac.yaml`,
      `# Made by npm run generate from apps/${app}/src/rbac.ts.\n${appRoles(app, rights)}`,
    ]),
    ...Object.entries(hooks).map(([hook, rights]) => [
      `charts/quickvirt/templates/uninstall/${hook}-rbac.yaml`,
      '# Made by npm run generate from apps/virt-controller/src/uninstall/rbac.ts.\n' +
        appRoles(`quickvirt-${hook}`, rights, hook),
    ]),
  ]) as GeneratedFiles;
}

/**
 * The manifest of one app: a ClusterRole, a Role in the release's namespace and one in each other namespace. Pure.
 * @param hook Helm's hook that the rights are for; undefined for an app that is part of the release.
 */
function appRoles(app: string, rights: AppRights, hook?: string): string {
  const clusterName = app.startsWith('quickvirt-') ? app : `quickvirt-${app}`;
  const parts = [
    role({ kind: 'ClusterRole', app, name: clusterName, hook }, rights.cluster),
    role({ kind: 'Role', app, name: app, namespace: '{{ .Release.Namespace }}', hook }, rights.namespaced),
    ...Object.entries(rights.elsewhere ?? {}).map(([namespace, rules]) =>
      role({ kind: 'Role', app, name: clusterName, namespace, hook }, rules),
    ),
  ];
  return parts.join('---\n');
}

interface RoleHead {
  kind: string;
  app: string;
  name: string;
  namespace?: string;
  hook: string | undefined;
}

function role(head: RoleHead, rules: readonly PolicyRule[]): string {
  const { kind, app, name } = head;
  return `${manifest(head)}${stringify({ rules })}---
${manifest({ ...head, kind: `${kind}Binding` })}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${kind}
  name: ${name}
subjects:
  - kind: ServiceAccount
    name: ${app}
    namespace: {{ .Release.Namespace }}
`;
}

function manifest({ kind, app, name, namespace, hook }: RoleHead): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata:
  name: ${name}
${namespace ? `  namespace: ${namespace}\n` : ''}  labels:
    {{- include "quickvirt.labels" (dict "root" $ "component" "${app}") | nindent 4 }}
${hook ? hookAnnotations(hook) : ''}`;
}

/** Before the Job (weight 0), and gone with it. */
function hookAnnotations(hook: string): string {
  return `  annotations:
    helm.sh/hook: ${hook}
    helm.sh/hook-weight: "-10"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
`;
}
