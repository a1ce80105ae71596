import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Hypervisor } from './hypervisor.ts';
import { listenFakeHypervisor } from './testing/fake-hypervisor.ts';
import type { FakeLibvirtd } from './testing/fake-libvirtd.ts';
import { describeHypervisorContract } from './testing/hypervisor-contract.ts';
import { temporarySocket } from './testing/temporary-socket.ts';

describe('the fake libvirtd', () => {
  const socket = temporarySocket();
  const uuid = '6f0c1d0e-7b8a-4c55-9c3e-0123456789ab';
  const name = 'default_probe';
  let fake: FakeLibvirtd;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    fake = await listenFakeHypervisor(socket.path);
    hypervisor = await Hypervisor.open({ socketPath: socket.path, uri: 'qemu:///session' });
  });
  afterAll(async () => {
    await hypervisor.close();
    await fake.close();
    socket[Symbol.dispose]();
  });

  describeHypervisorContract({
    hypervisor: () => hypervisor,
    domainXml: () => `<domain><name>${name}</name><uuid>${uuid}</uuid></domain>`,
    name,
    uuid,
  });

  test('has its control and query calls on connections of their own', () => {
    expect(fake.clients.size).toBe(2);
  });
});
