import { describe, expect, test } from '@jest/globals';
import { densityRun } from './harness.ts';
import { releaseObjects, type Manifest } from './release.ts';

const object = (kind: string, more: Partial<Manifest> = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'virt-api' },
  ...more,
});

describe('releaseObjects', () => {
  test.each(['Deployment', 'DaemonSet', 'Job', 'PodDisruptionBudget'])('%s is not applied', (kind) => {
    expect(releaseObjects([object(kind)], 1)).toEqual([]);
  });

  test('hooks are not applied', () => {
    const hook = object('ServiceAccount', { metadata: { name: 'a', annotations: { 'helm.sh/hook': 'pre-delete' } } });
    expect(releaseObjects([hook], 1)).toEqual([]);
  });

  test('the service leads to this machine, webhooks and aggregated APIs to its port', () => {
    const webhooks = [{ clientConfig: { service: { name: 'virt-api', path: '/mutate', port: 443 } } }];
    const [service, api, webhook] = releaseObjects(
      [
        object('Service', { spec: { selector: { a: 'b' } } }),
        object('APIService', { spec: { group: 'g', service: { name: 'virt-api', port: 443 } } }),
        object('MutatingWebhookConfiguration', { webhooks }),
      ],
      7001,
    );
    expect(service?.spec).toEqual({ type: 'ExternalName', externalName: 'localhost', ports: [{ port: 7001 }] });
    expect(api?.spec).toEqual({ group: 'g', service: { name: 'virt-api', port: 7001 } });
    expect(webhook?.webhooks).toEqual([
      { clientConfig: { service: { name: 'virt-api', path: '/mutate', port: 7001 } } },
    ]);
  });

  test('another service is left alone', () => {
    const other = object('Service', { metadata: { name: 'metrics' } });
    expect(releaseObjects([other], 7001)).toEqual([other]);
  });
});

describe('densityRun', () => {
  test('reads kind, count and interval', () => {
    expect(densityRun('vmi:500:100')).toEqual({ kind: 'vmi', count: 500, intervalMs: 100 });
  });

  test.each(['vm:500', 'pod:1:1', 'vm:a:1', ''])('%j is refused with the form it should have', (text) => {
    expect(() => densityRun(text)).toThrow('KIND:COUNT:INTERVAL_MS');
  });
});
