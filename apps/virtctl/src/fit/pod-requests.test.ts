import { expect, test } from '@jest/globals';
import { formatQuantity } from '@quickvirt/api';
import { podRequests, type RequestingPod } from './pod-requests.ts';

const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
const sidecar = (amount: string) => ({ restartPolicy: 'Always', ...cpu(amount) });

test.each<[string, RequestingPod, string]>([
  ['containers add up', { containers: [cpu('1'), cpu('2')] }, '3'],
  ['a sidecar runs beside them', { containers: [cpu('1')], initContainers: [sidecar('2')] }, '3'],
  ['a large init container is the peak', { containers: [cpu('1')], initContainers: [cpu('5')] }, '5'],
  ['a small one is not', { containers: [cpu('3')], initContainers: [cpu('2')] }, '3'],
  [
    'sidecars before an init container run with it',
    { containers: [cpu('1')], initContainers: [sidecar('2'), cpu('4')] },
    '6',
  ],
  ['those after it do not', { containers: [cpu('1')], initContainers: [cpu('4'), sidecar('2')] }, '4'],
  ['a limit counts where there is no request', { containers: [{ resources: { limits: { cpu: '7' } } }] }, '7'],
  ['the runtime needs its own', { containers: [cpu('1')], overhead: { cpu: '250m' } }, '1250m'],
])('%s', (_what, pod, total) => {
  const amount = podRequests(pod).get('cpu');
  expect(amount && formatQuantity(amount)).toBe(total);
});
