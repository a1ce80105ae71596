import { expect, test } from '@jest/globals';
import { podStatus, type ContainerState } from './pod-status.ts';

const pod = {
  metadata: { name: 'a' },
  spec: { containers: [{ name: 'compute', image: 'x' }], readinessGates: [{ conditionType: 'kubevirt.io/open' }] },
};
const now = '2026-01-01T00:00:00Z';
const running: ContainerState = { running: { startedAt: now } };
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: '', message: '', startedAt: now, finishedAt: now },
});
const statusOf = (state: ContainerState, conditions: object[] = []) =>
  podStatus({ ...pod, status: { conditions } } as never, new Map([['compute', state]]), now) as any;

test.each([
  [running, 'Running'],
  [ended(0), 'Succeeded'],
  [ended(3), 'Failed'],
])('the phase follows the containers: %j is %s', (state, phase) => expect(statusOf(state).phase).toBe(phase));

test('a pod is ready when its containers run and its gates are open', () => {
  const ready = (status: any) => status.conditions.find(({ type }: any) => type === 'Ready').status;
  expect(ready(statusOf(running))).toBe('False');
  expect(ready(statusOf(running, [{ type: 'kubevirt.io/open', status: 'True' }]))).toBe('True');
  expect(ready(statusOf(ended(0), [{ type: 'kubevirt.io/open', status: 'True' }]))).toBe('False');
});
