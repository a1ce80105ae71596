import { describe, expect, test } from '@jest/globals';
import { admissionHooks } from '@quickvirt/admission';
import { webhookTemplate } from './webhooks.ts';

const template = webhookTemplate(admissionHooks);
/** The text of one webhook, by the path it calls. */
const webhookAt = (path: string): string =>
  template.split('\n  - name: ').find((part) => part.includes(`path: ${path},`)) ?? '';

describe('the webhook configurations', () => {
  test.each(admissionHooks.map((hook) => [hook.path, hook] as const))('call %s for what it judges', (path, hook) => {
    const text = webhookAt(path);
    expect(text).toContain(`apiGroups: ['${hook.group}']`);
    expect(text).toContain(`operations: [${hook.operations.join(', ')}]`);
    expect(text).toContain(`resources: [${[hook.resource, hook.subresource].filter(Boolean).join('/')}]`);
    expect(text).toContain('matchConditions:');
  });

  test('have a path and a name for each row', () => {
    const names = [...template.matchAll(/^ {2}- name: (.*)$/gm)].map(([, name]) => name);
    expect(names).toHaveLength(admissionHooks.length);
    expect(new Set(names).size).toBe(names.length);
  });

  test('let drains, installation and uninstallation go on without virt-api, and nothing else', () => {
    const ignoring = admissionHooks
      .map(({ path }) => path)
      .filter((path) => webhookAt(path).includes('failurePolicy: Ignore'));
    expect(ignoring).toEqual(['/kubevirt-validate', '/pod-eviction-validate']);
  });

  test('never ask about objects that are being deleted, so that finalizers can go', () => {
    for (const { path, subresource } of admissionHooks) {
      if (subresource !== 'eviction') expect(webhookAt(path)).toContain('has(object.metadata.deletionTimestamp)');
    }
  });
});
