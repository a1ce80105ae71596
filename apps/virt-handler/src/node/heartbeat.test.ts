import { expect, test } from '@jest/globals';
import type { ApiClient, CertificateValidity } from '@quickvirt/kube';
import { createLogger } from '@quickvirt/telemetry';
import { eventually, FakeClock } from '@quickvirt/testing';
import { runHeartbeat } from './heartbeat.ts';

test('the Lease tells the certificate that the node serves with, in the writes that renew it', async () => {
  const clock = new FakeClock();
  const applied: { metadata: { annotations?: object } }[] = [];
  const client = {
    patch: (_type: unknown, _ref: unknown, lease: (typeof applied)[0]) => Promise.resolve(applied.push(lease)),
  } as unknown as ApiClient;
  let certificate: CertificateValidity | undefined;
  const stop = new AbortController();
  const running = runHeartbeat(
    {
      client,
      namespace: 'quickvirt',
      nodeName: 'n1',
      podName: 'virt-handler-x',
      certificate: () => certificate,
      logger: createLogger({ component: 'test', verbosity: 0 }),
      clock,
    },
    stop.signal,
  );
  await eventually(() => applied.length === 1);
  certificate = { notBefore: new Date('2026-08-01T00:00:00.5Z'), notAfter: new Date('2026-08-02T00:00:00Z') };
  await clock.advance(30_000);
  await eventually(() => applied.length === 2);
  stop.abort();
  await running;
  expect(applied.map(({ metadata }) => metadata.annotations)).toEqual([
    undefined,
    { 'quickvirt.io/serving-certificate': '2026-08-01T00:00:00Z/2026-08-02T00:00:00Z' },
  ]);
});
