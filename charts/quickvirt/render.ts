import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object, as far as tests of the chart look at it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  webhooks?: Webhook[];
}

/** One webhook of a configuration. */
export interface Webhook {
  name: string;
  failurePolicy: 'Fail' | 'Ignore';
  timeoutSeconds: number;
  rules: { operations: string[] }[];
  namespaceSelector?: { matchExpressions?: object[] };
  matchConditions?: { name: string; expression: string }[];
}

/**
 * The chart as `helm template` gives it for release `quickvirt` in namespace `qv`, in a cluster with the Prometheus operator.
 * @throws Error with Helm's words when it refuses the values.
 */
export function renderChart(helmPath: string, values: object = {}): Manifest[] {
  const operator = ['--api-versions', 'monitoring.coreos.com/v1'];
  const args = ['template', 'quickvirt', import.meta.dirname, '--namespace', 'qv', ...operator, '--values', '-'];
  const options = { encoding: 'utf8', stdio: 'pipe', maxBuffer: 64 * 1024 * 1024 } as const;
  const rendered = execFileSync(helmPath, args, { ...options, input: JSON.stringify(values) });
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}
