import { admissionHooks, type AdmissionHook } from '@quickvirt/admission';
import { resources } from '@quickvirt/api';
import type { GeneratedFiles } from './generated-files.ts';

/** Kinds that the API server has built in, and we judge a subresource of. */
const builtInVersions: Readonly<Record<string, string[]>> = { pods: ['v1'] };
const builtInScopes: Readonly<Record<string, string>> = { pods: 'Namespaced' };

/**
 * The chart's webhook configurations, from the table of hooks in packages/admission: a new kind needs a row there and
 * nothing here.
 */
export async function generateWebhooks(): Promise<GeneratedFiles> {
  return { 'charts/quickvirt/templates/virt-api/webhooks.yaml': webhookTemplate(admissionHooks) };
}

/** The text of the template. Pure. */
export function webhookTemplate(hooks: readonly AdmissionHook[]): string {
  const mutating = hooks.filter(({ type }) => type === 'mutate');
  const validating = hooks.filter(({ type }) => type === 'validate');
  return `{{- /* Made by npm run generate from packages/admission/src/registry.ts. */}}
${head}${configuration('MutatingWebhookConfiguration', 'virt-api-mutator', mutating)}---
${configuration('ValidatingWebhookConfiguration', 'virt-api-validator', validating)}`;
}

const head = `{{- /*
virt-controller writes the CA bundles. Webhooks are not asked about QuickVirt's own namespace, about the writes of
QuickVirt's own service accounts (they would only cost time, and a dead virt-api must not keep controllers from
taking finalizers off), nor about objects that are being deleted.
*/}}
{{- define "quickvirt.webhookCommon" }}
    admissionReviewVersions: [v1]
    matchPolicy: Equivalent
    timeoutSeconds: 10
{{- end }}
{{- define "quickvirt.webhookElsewhere" }}
    namespaceSelector:
      matchExpressions:
        - { key: kubernetes.io/metadata.name, operator: NotIn, values: [{{ .Release.Namespace }}] }
{{- end }}
{{- define "quickvirt.webhookConditions" }}
      - name: not-quickvirt-itself
        expression: '!(request.userInfo.username in ["system:serviceaccount:{{ .Release.Namespace }}:virt-controller", "system:serviceaccount:{{ .Release.Namespace }}:virt-handler"])'
{{- end }}
`;

function configuration(kind: string, name: string, hooks: readonly AdmissionHook[]): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}
metadata:
  name: ${name}
  labels:
    {{- include "quickvirt.labels" (dict "root" $ "component" "virt-api") | nindent 4 }}
webhooks:
${hooks.map(webhook).join('')}`;
}

function webhook(hook: AdmissionHook): string {
  const { path, group, resource, subresource, operations, type } = hook;
  const name = `${path.slice(1)}.kubevirt.io`;
  const target = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `  - name: ${name}
    clientConfig:
      service: { name: virt-api, namespace: {{ $.Release.Namespace }}, path: ${path}, port: 443 }
    rules:
      - apiGroups: ['${group}']
        apiVersions: [${versionsOf(resource).join(', ')}]
        operations: [${operations.join(', ')}]
        resources: [${target}]
        scope: ${scopeOf(resource)}
${type === 'mutate' ? '    reinvocationPolicy: Never\n' : ''}    {{- include "quickvirt.webhookCommon" $ }}
${policyOf(hook)}${selectorOf(resource)}    matchConditions:
${conditionsOf(hook)}`;
}

/**
 * A drain, an installation and an uninstallation must not wait for a virt-api that is not there: the failure of their
 * webhooks lets them go on. Everything else is refused while nobody can judge it. An eviction marks its instance, but not
 * in a dry run.
 */
function policyOf({ resource, subresource }: AdmissionHook): string {
  const isEviction = subresource === 'eviction';
  return `    sideEffects: ${isEviction ? 'NoneOnDryRun' : 'None'}
    failurePolicy: ${isEviction || resource === 'kubevirts' ? 'Ignore' : 'Fail'}
`;
}

/** The KubeVirt object lives in QuickVirt's own namespace. */
function selectorOf(resource: string): string {
  return resource === 'kubevirts' ? '' : '    {{- include "quickvirt.webhookElsewhere" $ }}\n';
}

function conditionsOf({ operations, subresource }: AdmissionHook): string {
  const own = '      {{- include "quickvirt.webhookConditions" $ }}\n';
  if (subresource === 'eviction') {
    const names = ['virt-launcher-', 'hp-volume-'].map((prefix) => `request.name.startsWith("${prefix}")`);
    return `      - { name: pods-of-guests, expression: '${names.join(' || ')}' }\n`;
  }
  const deleted = operations.includes('DELETE')
    ? 'request.operation == "DELETE" || !has(object.metadata.deletionTimestamp)'
    : '!has(object.metadata.deletionTimestamp)';
  return `${own}      - { name: not-being-deleted, expression: '${deleted}' }\n`;
}

function versionsOf(resource: string): readonly string[] {
  return (
    resources.find(({ plural }) => plural === resource)?.versions.map(({ name }) => name) ??
    builtInVersions[resource] ?? ['*']
  );
}

function scopeOf(resource: string): string {
  const own = resources.find(({ plural }) => plural === resource);
  if (!own) return builtInScopes[resource] ?? '*';
  return own.namespaced ? 'Namespaced' : 'Cluster';
}
