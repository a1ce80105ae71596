import type { DomainSpec, VirtualMachineInstance, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { clusterConfigFrom, type ClusterConfig } from '@quickvirt/config';
import type { KubeVirtConfiguration } from '@quickvirt/api';
import type { RenderOptions } from '../options.ts';

/** A VMI whose pod a golden shows. */
export interface Sample {
  name: string;
  vmi: VirtualMachineInstance;
  config: ClusterConfig;
  options: RenderOptions;
  /** Pod Security level that the pod claims to pass. */
  podSecurity: 'restricted' | 'baseline' | 'privileged';
}

interface Wanted {
  domain?: Partial<DomainSpec>;
  spec?: Partial<VirtualMachineInstanceSpec>;
  metadata?: Partial<VirtualMachineInstance['metadata']>;
  configuration?: KubeVirtConfiguration;
  options?: Partial<RenderOptions>;
  podSecurity?: Sample['podSecurity'];
}

/** A VMI as admission leaves it, with the parts that a test is about. */
export function aVmi({ domain, spec, metadata }: Wanted = {}, name = 'sample'): VirtualMachineInstance {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: 'vms', uid: '5d307ca9-b3ef-428c-8861-06e72d69f223', ...metadata },
    spec: {
      architecture: 'amd64',
      ...spec,
      domain: {
        machine: { type: 'q35' },
        cpu: { cores: 1, sockets: 1, threads: 1 },
        memory: { guest: '128Mi' },
        devices: {},
        ...domain,
      },
    },
  };
}

/** The cluster's settings as the KubeVirt CR gives them. */
export const aConfig = (configuration: KubeVirtConfiguration = {}): ClusterConfig =>
  clusterConfigFrom({ metadata: { name: 'kubevirt', namespace: 'quickvirt' }, spec: { configuration } });

/** What a caller gives. */
export const renderOptions: RenderOptions = {
  launcherImage: 'registry.example/virt-launcher:1',
  claims: { data: { spec: { volumeMode: 'Filesystem' } }, block: { spec: { volumeMode: 'Block' } } },
};

const sample = (name: string, wanted: Wanted): Sample => ({
  name,
  vmi: aVmi(wanted, name),
  config: aConfig(wanted.configuration),
  options: { ...renderOptions, ...wanted.options },
  podSecurity: wanted.podSecurity ?? 'restricted',
});

const digest = `sha256:${'ab'.repeat(32)}`;

/** One sample for each group of fields. */
export const samples: Sample[] = [
  sample('minimal', {}),
  sample('emulated', { configuration: { developerConfiguration: { useEmulation: true } } }),
  sample('volumes', {
    domain: { devices: { filesystems: [{ name: 'shared', virtiofs: {} }] } },
    spec: {
      volumes: [
        { name: 'root', containerDisk: { image: 'registry.example/guest:1', imagePullSecret: 'pull' } },
        { name: 'pinned', containerDisk: { image: `registry.example/guest@${digest}` } },
        { name: 'seed', cloudInitNoCloud: { secretRef: { name: 'user' }, networkDataSecretRef: { name: 'net' } } },
        { name: 'scratch', emptyDisk: { capacity: '1Gi' } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'block', dataVolume: { name: 'block' } },
        { name: 'overlay', ephemeral: { persistentVolumeClaim: { claimName: 'data' } } },
        { name: 'config', configMap: { name: 'config' } },
        { name: 'secret', secret: { secretName: 'secret' } },
        { name: 'shared', configMap: { name: 'shared' } },
        { name: 'sysprep', sysprep: { secret: { name: 'unattend' } } },
        { name: 'pod', downwardAPI: { fields: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        { name: 'later', persistentVolumeClaim: { claimName: 'later', hotpluggable: true } },
      ],
    },
  }),
  sample('host-disk', {
    spec: { volumes: [{ name: 'disk', hostDisk: { path: '/data/disk.img', type: 'DiskOrCreate' } }] },
    podSecurity: 'privileged',
  }),
  sample('networks', {
    domain: {
      devices: {
        interfaces: [
          { name: 'default', masquerade: {}, ports: [{ port: 80, name: 'http' }] },
          { name: 'second', bridge: {}, macAddress: '02:00:00:00:00:09' },
          { name: 'fast', sriov: {} },
        ],
      },
    },
    spec: {
      networks: [
        { name: 'default', pod: {} },
        { name: 'second', multus: { networkName: 'nets/br1' } },
        { name: 'fast', multus: { networkName: 'sriov' } },
      ],
    },
  }),
  sample('placement', {
    domain: {
      cpu: {
        cores: 2,
        model: 'Skylake-Client',
        features: [
          { name: 'aes', policy: 'require' },
          { name: 'svm', policy: 'forbid' },
        ],
      },
      features: { hyperv: { vpindex: {}, synic: { enabled: false } } },
    },
    spec: {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'vms', operator: 'Exists' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
              { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] },
            ],
          },
        },
      },
      priorityClassName: 'system-node-critical',
      hostname: 'guest',
      subdomain: 'vms',
      terminationGracePeriodSeconds: 180,
    },
    configuration: { developerConfiguration: { featureGates: ['HypervStrictCheck'], nodeSelectors: { pool: 'vms' } } },
  }),
  sample('dedicated-cpus', {
    domain: {
      cpu: { cores: 4, dedicatedCpuPlacement: true, isolateEmulatorThread: true, realtime: {} },
      memory: { guest: '1Gi', hugepages: { pageSize: '2Mi' } },
    },
  }),
  sample('devices', {
    domain: {
      devices: {
        gpus: [{ name: 'gpu', deviceName: 'example.org/gpu' }],
        hostDevices: [
          { name: 'qat', deviceName: 'qat.intel.com/cy' },
          { name: 'qat2', deviceName: 'qat.intel.com/cy' },
        ],
        tpm: { persistent: true },
        autoattachVSOCK: true,
        disks: [{ name: 'block', lun: { reservation: true } }],
        disableHotplug: true,
        logSerialConsole: false,
      },
      launchSecurity: { sev: {} },
    },
    spec: { volumes: [{ name: 'block', persistentVolumeClaim: { claimName: 'block' } }] },
    options: { stateClaim: 'persistent-state-for-devices-x7k2p' },
  }),
  sample('limits', {
    domain: {
      resources: { requests: { cpu: '100m', memory: '90Mi' }, limits: { cpu: '100m', memory: '90Mi' } },
      memory: {},
    },
  }),
  sample('quotas', { options: { memoryQuota: true, cpuQuota: true } }),
  sample('probes', {
    spec: {
      livenessProbe: { exec: { command: ['systemctl', 'is-system-running'] }, timeoutSeconds: 5 },
      readinessProbe: { guestAgentPing: {}, initialDelaySeconds: 20 },
    },
  }),
  sample('service-account', {
    spec: {
      volumes: [{ name: 'token', serviceAccount: { serviceAccountName: 'robot' } }],
      accessCredentials: [
        {
          sshPublicKey: {
            source: { secret: { secretName: 'keys' } },
            propagationMethod: { noCloud: {} },
          },
        },
      ],
    },
    metadata: { labels: { app: 'web' }, annotations: { note: 'x', 'kubevirt.io/skip-backup-hooks': 'true' } },
  }),
  sample('kernel-boot', {
    domain: {
      firmware: { kernelBoot: { container: { image: 'registry.example/kernel:1', kernelPath: '/boot/vmlinuz' } } },
    },
    configuration: {
      seccompConfiguration: { virtualMachineInstanceProfile: { customProfile: { localhostProfile: 'vm.json' } } },
    },
  }),
  sample('hook-sidecars', {
    domain: { devices: { interfaces: [{ name: 'default', binding: { name: 'plugged' } }] } },
    spec: { networks: [{ name: 'default', pod: {} }] },
    metadata: {
      annotations: {
        'hooks.kubevirt.io/hookSidecars':
          '[{"image":"registry.example/hook:1"},{"configMap":{"name":"scripts","key":"run.sh","hookPath":"/usr/bin/onDefineDomain"}}]',
      },
    },
    configuration: {
      developerConfiguration: { featureGates: ['Sidecar'] },
      network: { binding: { plugged: { sidecarImage: 'registry.example/plugged:1' } } },
    },
  }),
];
