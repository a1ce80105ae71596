import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kubevirts } from '@quickvirt/api';
import {
  certificateSigningRequests,
  CertificateRequester,
  configMaps,
  KubeClient,
  leases,
  validatingWebhookConfigurations,
} from '@quickvirt/kube';
import { createLogger, type Logger } from '@quickvirt/telemetry';
import { settle, type KubeApiserver } from '@quickvirt/testing';
import { NAMESPACE, startInstallation, type Installation } from '../testing/installation.ts';
import { virtHandlerClient } from '../testing/virt-handler-client.ts';

let installation: Installation;
let apiserver: KubeApiserver;
let admin: KubeClient;
let leader: { stop: () => Promise<void> };

beforeAll(async () => {
  installation = await startInstallation();
  ({ apiserver, admin } = installation);
  leader = await installation.startController('one');
}, 1_800_000);

afterAll(async () => {
  await leader?.stop();
  await installation?.stop();
});

describe('certificates', () => {
  const requestAs = async (user: string, commonName: string) => {
    const client = await KubeClient.load({
      kubeconfig: await apiserver.kubeconfigFor({ name: user, group: 'system:masters' }),
    });
    return new CertificateRequester(client, {
      signerName: 'quickvirt.io/virt-api-serving',
      commonName,
      dnsNames: [`virt-api.${NAMESPACE}.svc`],
      usages: ['digital signature', 'server auth'],
      namePrefix: 'test',
      logger: createLogger({ component: 'test', verbosity: 0 }),
    });
  };

  test('virt-api gets one, signed by the CA that everybody is told to trust', async () => {
    const requester = await requestAs(`system:serviceaccount:${NAMESPACE}:virt-api`, `virt-api.${NAMESPACE}.svc`);
    const stop = new AbortController();
    const running = requester.run(stop.signal);
    const { certificatePem } = await requester.issued();
    stop.abort();
    await running;
    const bundle = (await admin.get(configMaps, { name: 'quickvirt-ca', namespace: NAMESPACE })).data?.['ca.crt'] ?? '';
    const [leaf, ca] = [new X509Certificate(certificatePem), new X509Certificate(bundle)];
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkHost(`virt-api.${NAMESPACE}.svc`)).toBeDefined();
  }, 60_000);

  test("virt-handler gets one for the node of its pod's token, and for no other", async () => {
    const client = await virtHandlerClient(installation, 'node1');
    const refused = Promise.withResolvers<unknown>();
    const logger: Logger = {
      ...createLogger({ component: 'test', verbosity: 0 }),
      info: () => undefined,
      error: (_message, fields) => refused.resolve(fields?.error),
    };
    const requester = (node: string) =>
      new CertificateRequester(client, {
        signerName: 'quickvirt.io/virt-handler-serving',
        commonName: `quickvirt:virt-handler:${node}`,
        dnsNames: [`${node}.virt-handler.quickvirt.internal`],
        usages: ['digital signature', 'server auth'],
        namePrefix: 'test',
        logger,
      });
    const stop = new AbortController();
    const [own, foreign] = [requester('node1'), requester('node2')];
    const running = [own.run(stop.signal), foreign.run(stop.signal)];
    expect((await own.issued()).certificatePem).toContain('BEGIN CERTIFICATE');
    expect(String(await refused.promise)).toContain('is not quickvirt:virt-handler:node1');
    stop.abort();
    await Promise.all(running);
    expect(foreign.current).toBeUndefined();
    await client.close();
  }, 60_000);

  test('somebody else is denied, with the reason', async () => {
    const { metadata } = await apiserverRequest('jane');
    await settle(async () => {
      const { status } = await admin.get(certificateSigningRequests, { name: metadata.name ?? '' });
      const denied = status?.conditions?.find(({ type }) => type === 'Denied');
      expect(denied?.message).toContain('jane may not ask quickvirt.io/virt-api-serving');
    });
  }, 60_000);

  const apiserverRequest = async (user: string) => {
    const client = await KubeClient.load({
      kubeconfig: await apiserver.kubeconfigFor({ name: user, group: 'system:masters' }),
    });
    const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
    const made = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=virt-api', keys, signingAlgorithm });
    const request = Buffer.from(made.toString('pem')).toString('base64');
    const spec = { request, signerName: 'quickvirt.io/virt-api-serving', usages: ['server auth'] };
    try {
      return await client.create(certificateSigningRequests, { metadata: { generateName: 'denied-' }, spec });
    } finally {
      await client.close();
    }
  };

  test('one that a living node does not renew shows in the KubeVirt object', async () => {
    const told = async (fromMs: number, toMs: number) => {
      const time = (offsetMs: number) => new Date(Date.now() + offsetMs).toISOString();
      const metadata = {
        name: 'virt-handler-n9',
        namespace: NAMESPACE,
        labels: { 'kubevirt.io': 'virt-handler' },
        annotations: { 'quickvirt.io/serving-certificate': `${time(fromMs)}/${time(toMs)}` },
      };
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec: { renewTime: time(0).replace('Z', '000Z') },
      };
      await admin.patch(leases, metadata, lease, { kind: 'apply', fieldManager: 'test', force: true });
    };
    const shown = (status: string, message: string) =>
      settle(async () => {
        const kubevirt = await admin.get(kubevirts, { name: 'kubevirt', namespace: NAMESPACE });
        const condition = kubevirt.status?.conditions?.find(({ type }) => type === 'CertificatesCurrent');
        expect(condition).toMatchObject({ status, message: expect.stringContaining(message) });
      });
    await shown('True', 'renewed in time');
    await told(-90_000, 10_000);
    await shown('False', 'virt-handler of node n9');
    await told(-10_000, 90_000);
    await shown('True', 'renewed in time');
  }, 60_000);

  test('webhook configurations carry the bundle', async () => {
    await settle(async () => {
      const { webhooks } = await admin.get(validatingWebhookConfigurations, { name: 'virt-api-validator' });
      const bundle =
        (await admin.get(configMaps, { name: 'quickvirt-ca', namespace: NAMESPACE })).data?.['ca.crt'] ?? '';
      expect(Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString()).toBe(bundle);
    });
  }, 60_000);
});
