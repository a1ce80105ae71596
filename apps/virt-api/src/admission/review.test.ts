import { describe, expect, test } from '@jest/globals';
import { admissionHooks, type AdmissionHook, type Verdict } from '@quickvirt/admission';
import { clusterConfigFrom } from '@quickvirt/config';
import { answerReview, reviewProblem, type AdmissionReview } from './review.ts';

const context = {
  config: clusterConfigFrom(undefined),
  installNamespace: 'quickvirt',
  fresh: { uuid: '00000000-0000-4000-8000-000000000001', serial: '00000000-0000-4000-8000-000000000002' },
};
const hookAt = (path: string) => admissionHooks.find((hook) => hook.path === path) as AdmissionHook;

const answerFrom = (...review: Parameters<typeof answerReview>) => answerReview(...review).answer;

const template = { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } };

function review(object: unknown, request: Partial<AdmissionReview['request']> = {}): AdmissionReview {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u1',
      resource: { group: 'kubevirt.io', version: 'v1', resource: 'virtualmachines' },
      operation: 'CREATE',
      userInfo: { username: 'jane', groups: [] },
      object,
      oldObject: null,
      ...request,
    },
  };
}
const vm = (spec: object) => ({ metadata: { name: 'a' }, spec });
const patchOf = (patch: string | undefined) => JSON.parse(Buffer.from(patch ?? '', 'base64').toString()) as unknown;

describe('a mutating review', () => {
  test('answers with a patch of only what changes', () => {
    const { response } = answerFrom(
      hookAt('/virtualmachines-mutate'),
      review(vm({ runStrategy: 'Halted', template })),
      context,
    );
    expect(response).toMatchObject({ uid: 'u1', allowed: true, patchType: 'JSONPatch' });
    expect(patchOf(response.patch)).toEqual(
      expect.arrayContaining([
        { op: 'add', path: '/spec/template/spec/architecture', value: 'amd64' },
        { op: 'add', path: '/spec/template/spec/domain/firmware', value: context.fresh },
        { op: 'add', path: '/spec/template/spec/domain/machine', value: { type: 'q35' } },
      ]),
    );
  });

  test('answers without a patch when nothing changes', () => {
    const update = review(vm({}), { operation: 'UPDATE', oldObject: vm({}) });
    const { response } = answerFrom(hookAt('/virtualmachines-mutate'), update, context);
    expect(response).toEqual({ uid: 'u1', allowed: true });
  });

  test('a VM that is created holds the finalizer of virt-controller, beside its own, once', () => {
    const finalizersOf = (finalizers?: unknown) => {
      const object = { metadata: { name: 'a', ...(finalizers !== undefined && { finalizers }) }, spec: {} };
      return patchOf(answerFrom(hookAt('/virtualmachines-mutate'), review(object), context).response.patch || 'W10=');
    };
    const held = 'kubevirt.io/virtualMachineControllerFinalize';
    expect(finalizersOf()).toEqual([{ op: 'add', path: '/metadata/finalizers', value: [held] }]);
    expect(finalizersOf(['x'])).toEqual([{ op: 'add', path: '/metadata/finalizers/-', value: held }]);
    expect(finalizersOf([held])).toEqual([]);
  });
});

describe('a validating review', () => {
  test('refuses with 422, every cause by field, and the first ten in the message', () => {
    const disks = Array.from({ length: 12 }, (_, index) => ({ name: `d${index}`, disk: {} }));
    const object = vm({
      runStrategy: 'Halted',
      template: { spec: { domain: { memory: { guest: '64Mi' }, devices: { disks } } } },
    });
    const { response } = answerFrom(hookAt('/virtualmachines-validate'), review(object), context);
    expect(response).toMatchObject({
      uid: 'u1',
      allowed: false,
      status: { code: 422, reason: 'Invalid', status: 'Failure' },
    });
    const causes = response.status?.details?.causes ?? [];
    expect(causes.length).toBeGreaterThanOrEqual(12);
    expect(causes[0]).toMatchObject({
      reason: 'FieldValueInvalid',
      field: 'spec.template.spec.domain.devices.disks[0].name',
    });
    expect(response.status?.message).toMatch(new RegExp(`and ${causes.length - 10} more validation errors$`));
  });

  test('warns of what is deprecated without refusing it', () => {
    const { response } = answerFrom(
      hookAt('/virtualmachines-validate'),
      review(vm({ running: false, template })),
      context,
    );
    expect(response).toEqual({
      uid: 'u1',
      allowed: true,
      warnings: ['spec.running is deprecated, please use spec.runStrategy instead.'],
    });
  });

  test('lets QuickVirt change the spec of a VMI, and nobody else', () => {
    const vmi = (seconds: number) => ({
      metadata: { name: 'a' },
      spec: { domain: template.spec.domain, terminationGracePeriodSeconds: seconds },
    });
    const answerFor = (username: string) =>
      answerFrom(
        hookAt('/virtualmachineinstances-validate-update'),
        review(vmi(1), {
          resource: { group: 'kubevirt.io', version: 'v1', resource: 'virtualmachineinstances' },
          operation: 'UPDATE',
          oldObject: vmi(30),
          userInfo: { username },
        }),
        context,
      ).response.allowed;
    expect(answerFor('system:serviceaccount:quickvirt:virt-api')).toBe(true);
    expect(answerFor('system:serviceaccount:other:virt-api')).toBe(false);
    expect(answerFor('kubernetes-admin')).toBe(false);
  });
});

describe('a verdict', () => {
  const pods = { group: '', version: 'v1', resource: 'pods' };
  const hook = (verdict: Partial<Verdict>): AdmissionHook => ({
    path: '/x',
    group: '',
    resource: 'pods',
    subresource: 'eviction',
    operations: ['CREATE', 'DELETE'],
    type: 'validate',
    validate: () => ({ causes: [], warnings: [], ...verdict }),
  });
  const asked = (request: Partial<AdmissionReview['request']> = {}) =>
    review({}, { resource: pods, subResource: 'eviction', ...request });
  const evacuation = { namespace: 'ns', name: 'a', nodeName: 'node1' };

  test('without causes may refuse by a code of its own', () => {
    const refusal = { code: 429, reason: 'TooManyRequests', message: 'later' } as const;
    const { answer } = answerReview(hook({ refusal }), asked(), context);
    expect(answer.response).toEqual({ uid: 'u1', allowed: false, status: { status: 'Failure', ...refusal } });
  });

  test('asks for an evacuation, but not in a dry run', () => {
    expect(answerReview(hook({ evacuation }), asked(), context).evacuation).toEqual(evacuation);
    expect(answerReview(hook({ evacuation }), asked({ dryRun: true }), context).evacuation).toBeUndefined();
  });

  test('at DELETE is about what is stored', () => {
    const seen: unknown[] = [];
    const watching = { ...hook({}), validate: (request: object) => (seen.push(request), { causes: [], warnings: [] }) };
    answerReview(
      watching as AdmissionHook,
      asked({ operation: 'DELETE', object: null, oldObject: { stored: 1 } }),
      context,
    );
    expect(seen).toEqual([expect.objectContaining({ operation: 'DELETE', object: { stored: 1 } })]);
  });

  test('is not given for another subresource', () => {
    expect(answerReview(hook({}), asked({ subResource: undefined }), context).answer.response.allowed).toBe(false);
  });
});

describe('a review that went astray', () => {
  test.each<[string, Partial<AdmissionReview['request']>]>([
    ['another resource', { resource: { group: 'kubevirt.io', version: 'v1', resource: 'virtualmachineinstances' } }],
    ['another group', { resource: { group: 'example.io', version: 'v1', resource: 'virtualmachines' } }],
    ['another operation', { operation: 'DELETE' }],
    ['no object', { object: null }],
  ])('%s is refused with 400', (_what, request) => {
    const { response } = answerFrom(hookAt('/virtualmachines-validate'), review(vm({ template }), request), context);
    expect(response).toMatchObject({ allowed: false, status: { code: 400, reason: 'BadRequest' } });
  });

  test.each([
    [null],
    ['text'],
    [{}],
    [{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }],
    [{ apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview', request: { uid: 'u' } }],
  ])('%j is no review', (body) => expect(reviewProblem(body)).toBeDefined());
});
