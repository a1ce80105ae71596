import { readFileSync } from 'node:fs';
import { kubevirts, type KubeVirt } from '@quickvirt/api';
import { isAlreadyExists, type KubeClient } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';

/**
 * The KubeVirt object as the chart's values want it at first. Pure.
 * @param text JSON of `spec.configuration`.
 * @throws when it is no JSON object.
 */
export function firstKubeVirt(text: string, namespace: string): KubeVirt {
  const configuration: unknown = JSON.parse(text);
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration)) {
    throw new Error(`the first KubeVirt's configuration must be a JSON object, got ${text.slice(0, 80)}`);
  }
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace, labels: { 'app.kubernetes.io/part-of': 'quickvirt' } },
    spec: { configuration },
  };
}

/**
 * Makes the KubeVirt object when there is none. Helm cannot: it maps every kind of a release before it creates the CRDs of
 * that release. From then on the object is the administrator's; it is never changed here.
 * @param path file with the configuration; undefined to leave the object to the administrator from the start.
 */
export async function makeFirstKubeVirt(
  client: KubeClient,
  options: { path: string | undefined; namespace: string; existing: readonly unknown[]; logger: Logger },
): Promise<void> {
  if (!options.path || options.existing.length > 0) return;
  try {
    await client.create(kubevirts, firstKubeVirt(readFileSync(options.path, 'utf8'), options.namespace));
    options.logger.info('made the KubeVirt object from the chart’s values', { namespace: options.namespace });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
