import type { KubeVirt, KubeVirtConfiguration } from '@quickvirt/api';
import { describe, expect, test } from '@jest/globals';
import { clusterConfigFrom, featureGateEnabled } from './cluster-config.ts';
import { domainConfigFrom } from './domain-config.ts';
import { featureGateStages } from './feature-gates.ts';

function kubevirtWith(configuration: KubeVirtConfiguration, spec: Partial<KubeVirt['spec']> = {}): KubeVirt {
  return { metadata: { name: 'kubevirt', namespace: 'kv', resourceVersion: '7' }, spec: { ...spec, configuration } };
}

describe('defaults', () => {
  test('an absent CR, an empty one and an empty configuration mean the same', () => {
    const { resourceVersion, namespace, ...absent } = clusterConfigFrom(undefined);
    const { resourceVersion: version, namespace: own, ...empty } = clusterConfigFrom(kubevirtWith({}));
    expect([resourceVersion, namespace, version, own]).toEqual(['', 'quickvirt', '7', 'kv']);
    expect(empty).toEqual(absent);
  });

  test('are those of the reference', () => {
    expect(clusterConfigFrom(undefined)).toMatchObject({
      defaultArchitecture: 'amd64',
      cpuRequest: '100m',
      evictionStrategy: 'None',
      memBalloonStatsPeriodSeconds: 10,
      additionalGuestMemoryOverheadRatio: 1,
      vmRolloutStrategy: 'LiveUpdate',
      liveUpdate: { maxHotplugRatio: 4 },
      network: { defaultNetworkInterface: 'bridge', permitBridgeInterfaceOnPodNetwork: true, bindings: {} },
      developer: {
        useEmulation: false,
        cpuAllocationRatio: 10,
        memoryOvercommitPercent: 100,
        diskVerificationMemoryLimitBytes: 2_097_152_000,
        minimumReservePvcBytes: 131_072,
        pvcTolerateLessSpaceUpToPercent: 10,
        logVerbosity: { virtApi: 2, virtLauncher: 2 },
      },
      migrations: {
        parallelMigrationsPerCluster: 5,
        parallelOutboundMigrationsPerNode: 2,
        bandwidthPerMigrationBytes: 0,
        completionTimeoutPerGiBSeconds: 150,
        progressTimeoutSeconds: 150,
        nodeDrainTaintKey: 'kubevirt.io/drain',
        matchSELinuxLevelOnMigration: true,
        allowPostCopy: false,
      },
      architectures: {
        amd64: { machineType: 'q35', emulatedMachines: ['q35*', 'pc-q35*'], cpuModel: 'host-model' },
        arm64: { machineType: 'virt', cpuModel: 'host-passthrough' },
        s390x: { machineType: 's390-ccw-virtio' },
      },
      clientLimits: { virtApi: { qps: 200, burst: 400 }, virtHandler: { qps: 50, burst: 100 } },
      workloadUpdates: { methods: [], batchEvictionSize: 10, batchEvictionIntervalMs: 60_000 },
      tls: { minVersion: 'VersionTLS12', ciphers: [] },
    });
  });
});

describe('feature gates', () => {
  const gates = (enabled: string[] = [], disabled: string[] = []) =>
    clusterConfigFrom(
      kubevirtWith({ developerConfiguration: { featureGates: enabled, disabledFeatureGates: disabled } }),
    );

  test.each([
    ['GA stays on when disabled', 'LiveMigration', [], ['LiveMigration'], true],
    ['Beta is on', 'Snapshot', [], [], true],
    ['Beta is off when disabled', 'Snapshot', [], ['Snapshot'], false],
    ['an enable wins over a disable', 'Snapshot', ['Snapshot'], ['Snapshot'], true],
    ['Alpha is off', 'HostDisk', [], [], false],
    ['Alpha is on when enabled', 'HostDisk', ['HostDisk'], [], true],
    ['Deprecated is on when enabled', 'HotplugVolumes', ['HotplugVolumes'], [], true],
    ['Discontinued is off for good', 'Macvtap', ['Macvtap'], [], false],
  ] as const)('%s', (_, gate, enabled, disabled, expected) => {
    expect(featureGateEnabled(gates([...enabled], [...disabled]), gate)).toBe(expected);
  });

  test('unknown names are left out', () => {
    expect(gates(['FromTheFuture']).featureGates).toEqual(gates().featureGates);
  });

  test('with nothing set, GA and Beta are on and nothing else is', () => {
    const on = Object.entries(featureGateStages).filter(([, stage]) => stage === 'GA' || stage === 'Beta');
    expect(gates().featureGates).toEqual(on.map(([gate]) => gate).toSorted());
  });
});

test('the annotation for an even number of emulator CPUs counts by being there', () => {
  const kubevirt = kubevirtWith({});
  expect(clusterConfigFrom(kubevirt).emulatorThreadCompleteToEvenParity).toBe(false);
  kubevirt.metadata.annotations = { 'alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity': '' };
  expect(clusterConfigFrom(kubevirt).emulatorThreadCompleteToEvenParity).toBe(true);
});

describe('what the CR says wins', () => {
  test('over the defaults of machines: the top-level values hold for every architecture', () => {
    const { architectures } = clusterConfigFrom(
      kubevirtWith({
        machineType: 'pc-q35-8.2',
        emulatedMachines: ['pc*'],
        cpuModel: 'Skylake-Client',
        architectureConfiguration: { arm64: { machineType: 'virt-9', ovmfPath: '/ovmf' } },
      }),
    );
    expect(architectures.arm64).toEqual({
      machineType: 'pc-q35-8.2',
      emulatedMachines: ['pc*'],
      cpuModel: 'Skylake-Client',
      ovmfPath: '/ovmf',
    });
  });

  test('a period of 0 is kept: it turns balloon statistics off', () => {
    expect(clusterConfigFrom(kubevirtWith({ memBalloonStatsPeriod: 0 })).memBalloonStatsPeriodSeconds).toBe(0);
  });

  test('resources of support containers are merged into the defaults by name', () => {
    const config = clusterConfigFrom(
      kubevirtWith({ supportContainerResources: [{ type: 'container-disk', resources: { limits: { cpu: 1 } } }] }),
    );
    expect(config.supportContainers['container-disk']).toEqual({
      requests: { cpu: '1m', memory: '1M' },
      limits: { cpu: '1', memory: '40M' },
    });
  });

  test('obsolete CPU models are added and taken off', () => {
    const { obsoleteCpuModels } = clusterConfigFrom(
      kubevirtWith({ obsoleteCPUModels: { Penryn: true, kvm64: false } }),
    );
    expect([obsoleteCpuModels.includes('Penryn'), obsoleteCpuModels.includes('kvm64')]).toEqual([true, false]);
  });

  test('the default architecture comes from the spec, then from the status; an unknown one counts as not set', () => {
    const architecture = (spec?: string, status?: string) =>
      clusterConfigFrom({
        ...kubevirtWith({ architectureConfiguration: { defaultArchitecture: spec } }),
        status: { defaultArchitecture: status },
      }).defaultArchitecture;
    expect([architecture('s390x', 'arm64'), architecture(undefined, 'arm64'), architecture('vax')]).toEqual([
      's390x',
      'arm64',
      'amd64',
    ]);
  });

  test('certificates: what is left of a lifetime follows it', () => {
    const { certificates } = clusterConfigFrom(
      kubevirtWith(
        {},
        { certificateRotateStrategy: { selfSigned: { ca: { duration: '10h' }, server: { renewBefore: '1h' } } } },
      ),
    );
    expect(certificates).toEqual({
      ca: { durationMs: 36_000_000, renewBeforeMs: 7_200_000 },
      server: { durationMs: 86_400_000, renewBeforeMs: 3_600_000 },
    });
  });
});

test('values that cannot be read count as not set', () => {
  const config = clusterConfigFrom(
    kubevirtWith(
      {
        additionalGuestMemoryOverheadRatio: 'much',
        migrations: { bandwidthPerMigration: '1e1.5' },
        developerConfiguration: { diskVerification: { memoryLimit: '' } },
      },
      { workloadUpdateStrategy: { batchEvictionInterval: 'soon' } },
    ),
  );
  expect(config.additionalGuestMemoryOverheadRatio).toBe(1);
  expect(config.migrations.bandwidthPerMigrationBytes).toBe(0);
  expect(config.developer.diskVerificationMemoryLimitBytes).toBe(2_097_152_000);
  expect(config.workloadUpdates.batchEvictionIntervalMs).toBe(60_000);
});

test('the config is frozen, and the CR it was made from is not', () => {
  const kubevirt = kubevirtWith(
    { permittedHostDevices: { pciHostDevices: [{ pciVendorSelector: '8086:6F54', resourceName: 'a/b' }] } },
    { imagePullSecrets: [{ name: 'a' }] },
  );
  const config = clusterConfigFrom(kubevirt);
  expect(Object.isFrozen(config.migrations) && Object.isFrozen(config.permittedHostDevices.pciHostDevices[0])).toBe(
    true,
  );
  expect(Object.isFrozen(kubevirt.spec.imagePullSecrets?.[0])).toBe(false);
  expect(Object.isFrozen(kubevirt.spec.configuration?.permittedHostDevices?.pciHostDevices?.[0])).toBe(false);
});

test('the part for a domain survives JSON', () => {
  const domain = domainConfigFrom(clusterConfigFrom(kubevirtWith({ developerConfiguration: { useEmulation: true } })));
  expect(JSON.parse(JSON.stringify(domain))).toEqual(domain);
  expect(domain.useEmulation).toBe(true);
});
