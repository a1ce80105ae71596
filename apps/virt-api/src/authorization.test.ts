import { describe, expect, test } from '@jest/globals';
import { accessReview, denialReason, isOpenPath } from './authorization.ts';
import { parseSubresourcePath } from './subresources/subresource-request.ts';

const caller = { username: 'jane', groups: ['team'], extra: {} };
const attributesOf = (method: string, path: string) => {
  const parsed = parseSubresourcePath(`/apis/subresources.kubevirt.io/v1/namespaces/ns/${path}`);
  return parsed && accessReview(caller, method, parsed)?.spec.resourceAttributes;
};

describe('RBAC is asked', () => {
  test.each([
    [
      'PUT',
      'virtualmachines/a/start',
      { resource: 'virtualmachines', name: 'a', subresource: 'start', verb: 'update' },
    ],
    [
      'GET',
      'virtualmachineinstances/a/console',
      { resource: 'virtualmachineinstances', name: 'a', subresource: 'console', verb: 'get' },
    ],
    ['GET', 'virtualmachineinstances/a/vnc/screenshot', { subresource: 'vnc/screenshot', verb: 'get' }],
    ['PUT', 'virtualmachines/a/evacuate/cancel', { subresource: 'evacuate/cancel', verb: 'update' }],
    ['GET', 'virtualmachineinstances/a/portforward/22/tcp', { subresource: 'portforward', verb: 'get' }],
    ['PUT', 'expand-vm-spec', { resource: 'expand-vm-spec', verb: 'update' }],
    ['DELETE', 'virtualmachines/a/start', { verb: 'delete' }],
  ])('%s %s', (method, path, attributes) => {
    expect(attributesOf(method, path)).toMatchObject({
      group: 'subresources.kubevirt.io',
      namespace: 'ns',
      ...attributes,
    });
  });

  test('nothing about a method without a verb', () => {
    expect(attributesOf('OPTIONS', 'virtualmachines/a/start')).toBeUndefined();
  });
});

test.each([
  ['virtualmachines/a'],
  ['virtualmachines//start'],
  ['virtualmachines/a%2Fb/start'],
  ['virtualmachines/a/start/'],
  ['something'],
])('%s names no subresource', (path) => {
  expect(parseSubresourcePath(`/apis/subresources.kubevirt.io/v1/namespaces/ns/${path}`)).toBeUndefined();
});

test.each([
  ['/', true],
  ['/apis', true],
  ['/apis/subresources.kubevirt.io/v1/', true],
  ['/apis/subresources.kubevirt.io/v1alpha3/version', true],
  ['/healthz', true],
  ['/healthz/x', false],
  ['/apis/subresources.kubevirt.io/v1/namespaces', false],
  ['/apis/subresources.kubevirt.io/v1/start-cluster-profiler', false],
  ['/debug/pprof', false],
])('without a caller, %s is open: %s', (path, open) => {
  expect(isOpenPath(path)).toBe(open);
});

describe('the API server’s verdict', () => {
  const review = {
    metadata: {},
    spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'x', namespace: 'n' } },
  };
  const answering = (status: object) => ({ create: async () => ({ ...review, status }) as never });

  test.each([
    [{ allowed: true }, undefined],
    [{ allowed: true, denied: true, reason: 'no' }, 'no'],
    [{ allowed: false, reason: 'because' }, 'because'],
    [{ allowed: false }, 'User "jane" cannot get x in the namespace "n"'],
  ])('%j', async (status, reason) => {
    expect(await denialReason(answering(status), review)).toBe(reason);
  });
});
