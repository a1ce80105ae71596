import { describe, expect, test } from '@jest/globals';
import { type NodeFacts, type WaitingPod, whyNot } from './node-fit.ts';

const node: NodeFacts = {
  name: 'worker',
  labels: { 'kubevirt.io/schedulable': 'true', disk: 'hdd', cores: '8' },
  taints: [],
  unschedulable: false,
  allocatable: { cpu: '2', memory: '1Gi', pods: '3', 'devices.kubevirt.io/kvm': '1' },
  pods: [],
};
const pod: WaitingPod = {
  containers: [
    { resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { 'devices.kubevirt.io/kvm': '1' } } },
  ],
};
const asking = (requests: Record<string, string>): WaitingPod => ({ containers: [{ resources: { requests } }] });
const on = (...matchExpressions: { key: string; operator: 'In' | 'Gt' | 'DoesNotExist'; values?: string[] }[]) => ({
  ...pod,
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  },
});

test('a node that has all that is asked fits', () => {
  expect(whyNot(pod, node)).toBeUndefined();
});

describe('the first reason why not', () => {
  test.each<[string, WaitingPod, Partial<NodeFacts>, string]>([
    ['cordoned', pod, { unschedulable: true }, 'it is cordoned'],
    ['a taint', pod, { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] }, 'taint a=b:NoSchedule'],
    ['a label with another value', { ...pod, nodeSelector: { disk: 'ssd' } }, {}, 'disk=ssd is needed, it is "hdd"'],
    ['a label that is not there', { ...pod, nodeSelector: { gpu: 'true' } }, {}, 'gpu=true is needed, and not there'],
    ['affinity', on({ key: 'disk', operator: 'In', values: ['ssd', 'nvme'] }), {}, 'disk In ssd, nvme'],
    ['affinity by number', on({ key: 'cores', operator: 'Gt', values: ['8'] }), {}, 'cores Gt 8'],
    ['affinity by absence', on({ key: 'disk', operator: 'DoesNotExist' }), {}, 'disk DoesNotExist'],
    ['its number of pods', pod, { pods: [pod, pod, pod].map(() => asking({})) }, 'it has 3 pods'],
    ['room', asking({ memory: '2Gi' }), {}, 'not enough memory: 2048Mi asked, 1024Mi of 1024Mi free'],
    ['room that others take', asking({ cpu: '1500m' }), { pods: [asking({ cpu: '600m' })] }, '1500m asked, 1400m of 2'],
    ['a device it never had', asking({ 'gpu.example/x': '1' }), {}, 'it offers no gpu.example/x'],
    ['a device that is taken', pod, { pods: [pod] }, 'not enough devices.kubevirt.io/kvm: 1 asked, 0 of 1 free'],
  ])('is %s', (_what, waiting, facts, reason) => {
    expect(whyNot(waiting, { ...node, ...facts })).toContain(reason);
  });

  test('comes in the scheduler’s order: taint, selector, affinity, room', () => {
    const taints = [{ key: 'a', effect: 'NoExecute' }];
    const picky = { ...asking({ memory: '9Gi' }), nodeSelector: { x: 'y' } };
    expect(whyNot(picky, { ...node, taints })).toContain('taint');
    expect(whyNot(picky, node)).toContain('label x=y');
  });
});

describe('tolerations', () => {
  const tainted = { ...node, taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] };
  test.each([
    [{ key: 'a', value: 'b' }],
    [{ key: 'a', operator: 'Exists' as const }],
    [{ operator: 'Exists' as const }],
    [{ key: 'a', value: 'b', effect: 'NoSchedule' as const }],
  ])('%j let the pod in', (toleration) => {
    expect(whyNot({ ...pod, tolerations: [toleration] }, tainted)).toBeUndefined();
  });
  test.each([[{ key: 'a', value: 'c' }], [{ key: 'a', value: 'b', effect: 'NoExecute' as const }], [{ key: 'b' }]])(
    '%j do not',
    (toleration) => {
      expect(whyNot({ ...pod, tolerations: [toleration] }, tainted)).toContain('not tolerated');
    },
  );
  test('are not asked for a preference', () => {
    expect(whyNot(pod, { ...node, taints: [{ key: 'a', effect: 'PreferNoSchedule' }] })).toBeUndefined();
  });
  test('hold for a cordon too', () => {
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const }];
    expect(whyNot({ ...pod, tolerations }, { ...node, unschedulable: true })).toBeUndefined();
  });
});
