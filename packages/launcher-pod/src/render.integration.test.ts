import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { podSecurityOf, renderAttachmentPod, renderLauncherPod, type Pod } from './index.ts';
import { aConfig, aVmi, renderOptions, samples } from './testing/samples.ts';

describe('a real API server', () => {
  let server: KubeApiserver;
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-pods-'));

  beforeAll(async () => {
    server = await startKubeApiserver();
    for (const level of ['restricted', 'baseline', 'privileged']) {
      await server.kubectl('create', 'namespace', level);
      await server.kubectl('label', 'namespace', level, `pod-security.kubernetes.io/enforce=${level}`);
    }
  }, 120_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Creates it as a dry run in the namespace of a Pod Security level. @throws Error with what the server says. */
  async function create(pod: Pod, level: string): Promise<string> {
    const file = join(folder, 'pod.json');
    writeFileSync(file, JSON.stringify({ ...pod, metadata: { ...pod.metadata, namespace: level } }));
    return server.kubectl('create', '--dry-run=server', '--validate=strict', '-f', file, '-o', 'name');
  }

  test.each(samples)('takes the pod of sample $name at Pod Security level $podSecurity', async (sample) => {
    const pod = renderLauncherPod(sample.vmi, sample.config, sample.options);
    expect((await create(pod, sample.podSecurity)).trim()).toBe(`pod/${pod.metadata.name}`);
  });

  test.each(samples)('and what the pod of sample $name says of itself agree', async (sample) => {
    const pod = renderLauncherPod(sample.vmi, sample.config, sample.options);
    const { level, reasons } = podSecurityOf(pod.spec);
    expect(level).toBe(sample.podSecurity);
    expect(reasons.length > 0).toBe(level !== 'restricted');
    if (level !== 'restricted') await expect(create(pod, 'restricted')).rejects.toThrow(/violates PodSecurity/);
  });

  test('takes an attachment pod at level restricted', async () => {
    const vmi = aVmi({
      spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data', hotpluggable: true } }] },
    });
    const owner = { name: 'virt-launcher-sample-x', uid: 'u1', nodeName: 'node1' };
    const pod = renderAttachmentPod(vmi, owner, aConfig(), renderOptions);
    expect(await create(pod, 'restricted')).toContain('pod/hp-volume-');
  });

  test('refuses what a hostDisk needs at level restricted, so that the tests above say something', async () => {
    const hostDisk = samples.find(({ name }) => name === 'host-disk');
    if (hostDisk === undefined) throw new Error('the sample is gone');
    const pod = renderLauncherPod(hostDisk.vmi, hostDisk.config, hostDisk.options);
    await expect(create(pod, 'restricted')).rejects.toThrow(/hostPath/);
  });
});
