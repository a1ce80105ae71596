import { describe, expect, test } from '@jest/globals';
import type { ApiService, MutatingWebhookConfiguration } from '@quickvirt/kube';
import { injectionPatch } from './injection.ts';

const bundle = 'certificates';
const value = Buffer.from(bundle).toString('base64');
const metadata = { name: 'x', resourceVersion: '7' };
const unchanged = { op: 'replace', path: '/metadata/resourceVersion', value: '7' };

describe('injectionPatch', () => {
  test('touches only the webhooks that lack the bundle, and only what was read', () => {
    const webhook = (caBundle?: string) => ({
      name: 'a.kubevirt.io',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { caBundle },
    });
    const object: MutatingWebhookConfiguration = { metadata, webhooks: [webhook(value), webhook(), webhook('b2xk')] };
    expect(injectionPatch(object, bundle)).toEqual([
      unchanged,
      { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value },
      { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value },
    ]);
  });

  test('an APIService that has it is left alone', () => {
    const service = (caBundle?: string): ApiService => ({
      metadata,
      spec: { caBundle, groupPriorityMinimum: 1000, versionPriority: 15 },
    });
    expect(injectionPatch(service(), bundle)).toEqual([unchanged, { op: 'add', path: '/spec/caBundle', value }]);
    expect(injectionPatch(service(value), bundle)).toEqual([]);
  });
});
