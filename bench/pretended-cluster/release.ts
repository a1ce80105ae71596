/** The chart's objects as a cluster without kubelets takes them. Pure. */

/** A Kubernetes object, as far as it is looked at here. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  webhooks?: { clientConfig: { service?: { port?: number } } }[];
}

/** Run as processes of this machine instead, or by Helm alone. */
const NOT_APPLIED = new Set(['DaemonSet', 'Deployment', 'Job', 'PodDisruptionBudget']);

/**
 * What of the rendered chart is applied: all but the workloads and the hooks. The Service `virt-api` leads to this
 * machine, where virt-api listens on a port of its own, which webhooks and aggregated APIs therefore name.
 * @param virtApiPort of the process on this machine
 */
export function releaseObjects(rendered: readonly Manifest[], virtApiPort: number): Manifest[] {
  return rendered
    .filter(({ kind, metadata }) => !NOT_APPLIED.has(kind) && metadata.annotations?.['helm.sh/hook'] === undefined)
    .map((object) => reached(object, virtApiPort));
}

function reached(object: Manifest, port: number): Manifest {
  switch (object.kind) {
    case 'Service':
      if (object.metadata.name !== 'virt-api') return object;
      return { ...object, spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] } };
    case 'APIService':
      return { ...object, spec: { ...object.spec, service: { ...(object.spec?.['service'] as object), port } } };
    case 'MutatingWebhookConfiguration':
    case 'ValidatingWebhookConfiguration':
      return {
        ...object,
        webhooks: object.webhooks?.map((webhook) => ({
          ...webhook,
          clientConfig: { ...webhook.clientConfig, service: { ...webhook.clientConfig.service, port } },
        })),
      };
    default:
      return object;
  }
}
