import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterConfigFrom, type ClusterConfig } from '@quickvirt/config';
import { CertificateRequester, KubeClient, Manager } from '@quickvirt/kube';
import {
  dialHandler,
  handlerServerName,
  RotatingTls,
  serveHandler,
  VIRT_API_COMMON_NAME,
  type HandlerClient,
  type RpcServer,
} from '@quickvirt/rpc';
import { createLogger } from '@quickvirt/telemetry';
import { eventually } from '@quickvirt/testing';
import { makeInformers, type Informers } from '../informers.ts';
import { NAMESPACE, startInstallation, type Installation } from '../testing/installation.ts';
import { virtHandlerClient } from '../testing/virt-handler-client.ts';
import { authorityController, authorityKey, trustBundle } from './authority.ts';
import { signingController } from './signing.ts';

/** In seconds what takes a week: a next CA is trusted after 14 s and signs after 19 s; the first one ends after 24 s. */
const LIFETIMES: ClusterConfig['certificates'] = {
  ca: { durationMs: 24_000, renewBeforeMs: 10_000 },
  server: { durationMs: 12_000, renewBeforeMs: 4_000 },
};
const SERVER_NAME = handlerServerName('node1');
const quiet = { ...createLogger({ component: 'test', verbosity: 0 }), info: () => undefined, child: () => quiet };

let installation: Installation;
let informers: Informers;
let server: RpcServer;
const stop = new AbortController();
const ends: (() => Promise<unknown>)[] = [];
const [serving, asking] = [new RotatingTls(), new RotatingTls()];
/** How often either end got a new certificate. */
const renewals = { serving: 0, asking: 0 };

beforeAll(async () => {
  installation = await startInstallation();
  const { admin, apiserver } = installation;
  const config: ClusterConfig = { ...clusterConfigFrom(undefined), certificates: LIFETIMES };
  informers = makeInformers(admin, { namespace: NAMESPACE, logger: quiet });
  const ports = { client: admin, informers, config: () => config, namespace: NAMESPACE };
  const authority = authorityController(ports, { logger: quiet });
  const manager = new Manager({ logger: quiet }).addControllers(authority, signingController(ports, { logger: quiet }));
  authority.enqueue(authorityKey(NAMESPACE));
  const virtApi = await KubeClient.load({
    kubeconfig: await apiserver.kubeconfigFor({
      name: `system:serviceaccount:${NAMESPACE}:virt-api`,
      group: 'system:masters',
    }),
  });
  const virtHandler = await virtHandlerClient(installation, 'node1');
  const parts = [
    manager.run(stop.signal),
    follow(serving, 'serving', virtHandler, {
      signerName: 'quickvirt.io/virt-handler-serving',
      commonName: 'quickvirt:virt-handler:node1',
      dnsNames: [SERVER_NAME],
      usages: ['digital signature', 'server auth'],
    }),
    follow(asking, 'asking', virtApi, {
      signerName: 'quickvirt.io/virt-api-client',
      commonName: VIRT_API_COMMON_NAME,
      usages: ['digital signature', 'client auth'],
    }),
  ];
  ends.push(
    () => Promise.all(parts),
    () => Promise.all([virtApi.close(), virtHandler.close()]),
    () => server.close(0),
    () => installation.stop(),
  );
  server = await serveHandler({
    port: 0,
    host: '127.0.0.1',
    tls: serving,
    handlers: {
      pause: async () => ({}),
      unpause: async () => ({}),
      async console(stream) {
        for await (const { open } of stream) stream.write({ data: Buffer.from(`console of ${open?.name}`) });
      },
    },
  });
}, 1_800_000);

afterAll(async () => {
  stop.abort();
  for (const end of ends) await end();
}, 60_000);

/** Asks for certificates and takes over new ones and new CAs, as both apps do. */
function follow(
  tls: RotatingTls,
  which: keyof typeof renewals,
  client: KubeClient,
  names: Pick<
    ConstructorParameters<typeof CertificateRequester>[1],
    'signerName' | 'commonName' | 'dnsNames' | 'usages'
  >,
): Promise<void> {
  const requester = new CertificateRequester(client, { ...names, namePrefix: which, logger: quiet });
  const takeOver = (): void => {
    const caPem = trustBundle({ informers, namespace: NAMESPACE });
    if (requester.current && caPem) tls.update({ caPem, ...requester.current });
  };
  requester.subscribe(() => (renewals[which] += 1));
  requester.subscribe(takeOver);
  informers.caBundles.subscribe(takeOver);
  return requester.run(stop.signal);
}

/** One console; `echo` sends a line and awaits the answer. */
function openConsole(): { echo: (name: string) => Promise<string>; close: () => void } {
  const client: HandlerClient = dialHandler({
    address: `127.0.0.1:${server.port}`,
    serverName: SERVER_NAME,
    tls: asking,
  });
  const stream = client.console({ timeoutMs: 120_000 });
  return {
    echo: async (name) => {
      stream.write({ open: { namespace: 'default', name, uid: 'u' } });
      const [message] = (await once(stream, 'data')) as [{ data: Buffer }];
      return message.data.toString();
    },
    close: () => {
      stream.on('error', () => undefined);
      stream.destroy();
      client.close();
    },
  };
}

test('a console stays open, and new ones open, while the real CA and its leaves are replaced', async () => {
  await eventually(() => serving.current !== undefined && asking.current !== undefined, { timeoutMs: 30_000 });
  const firstCa = trustBundle({ informers, namespace: NAMESPACE }).trim();
  const lasting = openConsole();
  const bundles = new Set<number>();
  let rounds = 0;
  try {
    await eventually(
      async () => {
        const trusted = trustBundle({ informers, namespace: NAMESPACE });
        bundles.add(trusted.split('BEGIN CERTIFICATE').length - 1);
        expect(await lasting.echo(`round-${rounds}`)).toBe(`console of round-${rounds}`);
        const fresh = openConsole();
        expect(await fresh.echo('fresh')).toBe('console of fresh');
        fresh.close();
        rounds += 1;
        return !trusted.includes(firstCa);
      },
      // A refused console is the failure that is looked for, none to wait over.
      { timeoutMs: 90_000, intervalMs: 100, giveUp: () => true },
    );
    expect(await lasting.echo('after')).toBe('console of after');
  } finally {
    lasting.close();
  }
  // One CA, two while the next one is trusted and does not sign yet, and one again.
  expect([...bundles]).toEqual([1, 2]);
  expect(Math.min(renewals.serving, renewals.asking)).toBeGreaterThan(2);
}, 150_000);
