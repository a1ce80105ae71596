import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { expectGolden, goldenJson } from '@quickvirt/testing';
import {
  deviceAttachmentPodName,
  launcherPodName,
  renderAttachmentPod,
  renderDeviceAttachmentPod,
  RenderError,
  renderLauncherPod,
  renderMigrationTargetPod,
} from './index.ts';
import type { RenderOptions } from './options.ts';
import { aConfig, aVmi, renderOptions, samples } from './testing/samples.ts';

describe('a launcher pod', () => {
  test.each(samples)('of sample $name is its golden', async ({ name, vmi, config, options }) => {
    const pod = renderLauncherPod(vmi, config, options);
    await expectGolden(new URL(`./testdata/${name}.golden.json`, import.meta.url), goldenJson(pod));
  });

  test.each(samples)(
    'of sample $name is the same when rendered again, and nothing in it is mentioned twice',
    (sample) => {
      const pod = renderLauncherPod(sample.vmi, sample.config, sample.options);
      expect(renderLauncherPod(structuredClone(sample.vmi), sample.config, sample.options)).toEqual(pod);
      const { containers, initContainers = [], volumes = [] } = pod.spec;
      const unique = (names: string[]) => expect(new Set(names).size).toBe(names.length);
      unique(volumes.map(({ name }) => name));
      unique([...containers, ...initContainers].map(({ name }) => name));
      const known = new Set(volumes.map(({ name }) => name));
      for (const { volumeMounts = [], volumeDevices = [] } of [...containers, ...initContainers]) {
        unique(volumeMounts.map(({ mountPath }) => mountPath));
        for (const { name } of [...volumeMounts, ...volumeDevices]) expect(known).toContain(name);
      }
    },
  );

  test('has compute as its first container, whatever comes beside it', () => {
    for (const { vmi, config, options } of samples) {
      expect(renderLauncherPod(vmi, config, options).spec.containers[0]?.name).toBe('compute');
    }
  });
});

describe('the name of a launcher pod', () => {
  const vmiNames = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);

  test('fits a label, is a valid name, begins as users expect and depends on the UID alone', () => {
    fc.assert(
      fc.property(vmiNames, fc.uuid(), fc.uuid(), (name, uid, other) => {
        fc.pre(uid !== other);
        const vmi = aVmi({ metadata: { name, uid } });
        const podName = launcherPodName(vmi);
        expect(podName.length).toBeLessThanOrEqual(63);
        expect(podName).toMatch(/^virt-launcher-[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
        expect(launcherPodName({ ...vmi, spec: { domain: { devices: {} } } })).toBe(podName);
        expect(launcherPodName({ ...vmi, metadata: { ...vmi.metadata, uid: other } })).not.toBe(podName);
      }),
    );
  });
});

describe('what cannot be rendered names its field', () => {
  const field = (vmi: VirtualMachineInstance, options: Partial<RenderOptions> = {}, config = aConfig()): string => {
    try {
      renderLauncherPod(vmi, config, { ...renderOptions, ...options });
    } catch (error) {
      if (error instanceof RenderError) return error.field;
      throw error;
    }
    return 'nothing was refused';
  };

  test('a claim that is not there', () => {
    const vmi = aVmi({ spec: { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'gone' } }] } });
    expect(field(vmi)).toBe('spec.volumes[0]');
  });

  test('state without a claim', () => {
    expect(field(aVmi({ domain: { devices: { tpm: { persistent: true } } } }))).toBe('spec.domain');
  });

  test('a device that the cluster does not permit', () => {
    const vmi = aVmi({ domain: { devices: { gpus: [{ name: 'gpu', deviceName: 'example.org/other' }] } } });
    const config = aConfig({
      permittedHostDevices: { pciHostDevices: [{ pciVendorSelector: '10DE:1EB8', resourceName: 'example.org/gpu' }] },
    });
    expect(field(vmi, {}, config)).toBe('spec.domain.devices (gpu)');
  });

  test('an image where images cannot be mounted', () => {
    const vmi = aVmi({ spec: { volumes: [{ name: 'a', containerDisk: { image: 'x' } }] } });
    const config = aConfig({ developerConfiguration: { disabledFeatureGates: ['ImageVolume'] } });
    expect(field(vmi, {}, config)).toBe('spec.volumes[0].containerDisk');
  });
});

describe('the CPU of a pod', () => {
  const resourcesOf = (cores: number, resources: object = {}, options: Partial<RenderOptions> = {}) =>
    renderLauncherPod(aVmi({ domain: { cpu: { cores }, resources } }), aConfig(), { ...renderOptions, ...options }).spec
      .containers[0]?.resources;

  test.each<[string, object | undefined, object]>([
    ['is a tenth of one for each vCPU', resourcesOf(4), { requests: { cpu: '400m' } }],
    ['is what the VMI asks for', resourcesOf(4, { requests: { cpu: '750m' } }), { requests: { cpu: '750m' } }],
    [
      'is the limit where only that is stated',
      resourcesOf(4, { limits: { cpu: '2' } }),
      { requests: { cpu: '2' }, limits: { cpu: '2' } },
    ],
    [
      'is limited to one for each vCPU where a quota demands a limit',
      resourcesOf(4, {}, { cpuQuota: true }),
      { limits: { cpu: '4' } },
    ],
  ])('%s', (_what, actual, expected) => {
    expect(actual).toMatchObject(expected);
  });
});

describe('a migration target', () => {
  const source = aVmi({
    spec: {
      volumes: [
        { name: 'a', containerDisk: { image: 'registry.example:5000/guest:1' } },
        { name: 'b', containerDisk: { image: 'registry.example/guest@sha256:old' } },
      ],
    },
  });
  const digest = `sha256:${'cd'.repeat(32)}`;
  const target = renderMigrationTargetPod(
    source,
    { migrationUid: 'm1', imageDigests: { a: digest, b: digest } },
    aConfig(),
    renderOptions,
  );

  test('has a name of its own and the images of the source, by digest', () => {
    expect(target.metadata.name).not.toBe(launcherPodName(source));
    const images = (target.spec.volumes ?? []).flatMap(({ image }) => image?.reference ?? []);
    expect(images).toEqual([`registry.example:5000/guest@${digest}`, `registry.example/guest@${digest}`]);
  });

  test('needs nobody to look the digests up', () => {
    expect(target.spec.initContainers?.map(({ name }) => name)).toEqual(['guest-console-log']);
  });
});

describe('an attachment pod', () => {
  const owner = { name: 'virt-launcher-sample-x', uid: 'u1', nodeName: 'node1' };
  const vmi = aVmi({
    spec: {
      volumes: [
        { name: 'root', emptyDisk: { capacity: '1Gi' } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data', hotpluggable: true } },
        { name: 'block', dataVolume: { name: 'block', hotpluggable: true } },
      ],
    },
  });
  const pod = renderAttachmentPod(vmi, owner, aConfig(), renderOptions);

  test('is its golden', async () => {
    await expectGolden(new URL('./testdata/attachment-pod.golden.json', import.meta.url), goldenJson(pod));
  });

  test('has another name for another set of volumes, and the same for the same', () => {
    const less = structuredClone(vmi);
    less.spec.volumes?.pop();
    expect(renderAttachmentPod(less, owner, aConfig(), renderOptions).metadata.name).not.toBe(pod.metadata.name);
    expect(renderAttachmentPod(structuredClone(vmi), owner, aConfig(), renderOptions).metadata.name).toBe(
      pod.metadata.name,
    );
  });
});

describe('a pod that holds a device for a running guest', () => {
  const owner = { name: 'virt-launcher-sample', uid: '9c5b94b1-35ad-49bb-b118-8e8fc24abf80', nodeName: 'node-a' };
  const device = { name: 'qat1', deviceName: 'qat.intel.com/cy' };

  test('is its golden', async () => {
    const vmi = aVmi({ spec: { tolerations: [{ key: 'dedicated', operator: 'Exists' }] } });
    const pod = renderDeviceAttachmentPod(vmi, owner, device, aConfig(), renderOptions);
    await expectGolden(new URL('./testdata/device-attachment-pod.golden.json', import.meta.url), goldenJson(pod));
  });

  test('has one name for one device of one launcher pod', () => {
    expect(deviceAttachmentPodName('uid', 'qat1')).toBe(deviceAttachmentPodName('uid', 'qat1'));
    expect(deviceAttachmentPodName('uid', 'qat1')).not.toBe(deviceAttachmentPodName('uid', 'qat2'));
    expect(deviceAttachmentPodName('uid', 'qat1')).not.toBe(deviceAttachmentPodName('other', 'qat1'));
  });
});
