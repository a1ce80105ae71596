import { stringify } from 'yaml';
import type { AppRights, PolicyRule } from '@quickvirt/kube';
import { rbac as virtApi } from '../../apps/virt-api/src/rbac.ts';
import { rbac as virtController } from '../../apps/virt-controller/src/rbac.ts';
import { rbac as virtHandler } from '../../apps/virt-handler/src/rbac.ts';
import type { GeneratedFiles } from './generated-files.ts';

const apps: Readonly<Record<string, AppRights>> = {
  'virt-api': virtApi,
  'virt-controller': virtController,
  'virt-handler': virtHandler,
};

/** The chart's roles and bindings of our own apps, one file each, from the rights that stand beside their code. */
export async function generateAppRoles(): Promise<GeneratedFiles> {
  return Object.fromEntries(
    Object.entries(apps).map(([app, rights]) => [`charts/quickvirt/templates/${app}/rbac.yaml`, appRoles(app, rights)]),
  );
}

/** The manifest of one app: a ClusterRole, a Role in the release's namespace and one in each other namespace. Pure. */
export function appRoles(app: string, rights: AppRights): string {
  const parts = [
    role('ClusterRole', app, `quickvirt-${app}`, undefined, rights.cluster),
    role('Role', app, app, '{{ .Release.Namespace }}', rights.namespaced),
    ...Object.entries(rights.elsewhere ?? {}).map(([namespace, rules]) =>
      role('Role', app, `quickvirt-${app}`, namespace, rules),
    ),
  ];
  return `# Made by npm run generate from apps/${app}/src/rbac.ts.\n${parts.join('---\n')}`;
}

function role(
  kind: string,
  app: string,
  name: string,
  namespace: string | undefined,
  rules: readonly PolicyRule[],
): string {
  return `${manifest(kind, app, name, namespace)}${stringify({ rules })}---
${manifest(`${kind}Binding`, app, name, namespace)}roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ${kind}
  name: ${name}
subjects:
  - kind: ServiceAccount
    name: ${app}
    namespace: {{ .Release.Namespace }}
`;
}

function manifest(kind: string, app: string, name: string, namespace: string | undefined): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata:
  name: ${name}
${namespace ? `  namespace: ${namespace}\n` : ''}  labels:
    {{- include "quickvirt.labels" (dict "root" $ "component" "${app}") | nindent 4 }}
`;
}
