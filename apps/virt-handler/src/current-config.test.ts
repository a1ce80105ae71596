import { expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { configReader } from './current-config.ts';

const storeOf = (objects: KubeVirt[]) => ({ list: () => objects }) as unknown as Parameters<typeof configReader>[0];

test('QAT cards are left alone until there is a KubeVirt CR, which may say to leave them alone', () => {
  const objects: KubeVirt[] = [];
  const config = configReader(storeOf(objects));
  expect(config().hostDevices.qat.enabled).toBe(false);
  objects.push({ metadata: { name: 'kubevirt', uid: 'a', generation: 1 }, spec: {} });
  expect(config().hostDevices.qat.enabled).toBe(true);
});
