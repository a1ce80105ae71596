import { admissionHooks, type AdmissionHook } from '@quickvirt/admission';

/** Disks, network, cloud-init and CPU as most machines have them. */
const template = {
  metadata: { labels: { app: 'bench' } },
  spec: {
    domain: {
      cpu: { cores: 2 },
      memory: { guest: '1Gi' },
      devices: {
        disks: [
          { name: 'root', disk: { bus: 'virtio' }, bootOrder: 1 },
          { name: 'data', disk: { bus: 'virtio' }, cache: 'none' },
          { name: 'seed', disk: { bus: 'virtio' } },
        ],
        interfaces: [{ name: 'default', masquerade: {}, ports: [{ port: 80 }] }],
        rng: {},
      },
    },
    networks: [{ name: 'default', pod: {} }],
    volumes: [
      { name: 'root', containerDisk: { image: 'registry.example.org/debian:12' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'seed', cloudInitNoCloud: { userData: '#cloud-config\nhostname: bench\n' } },
    ],
  },
};

const specs: Readonly<Record<string, { kind: string; spec: object }>> = {
  virtualmachines: { kind: 'VirtualMachine', spec: { runStrategy: 'Always', template } },
  virtualmachineinstances: { kind: 'VirtualMachineInstance', spec: template.spec },
};

/** A webhook and the body of a review for it, as the API server sends it. */
export interface SampleReview {
  hook: AdmissionHook;
  body: string;
}

/** One review of a typical VM and of a typical VMI for each of their webhooks at CREATE. */
export function sampleReviews(): SampleReview[] {
  return admissionHooks
    .filter(
      ({ resource, subresource, operations }) => resource in specs && !subresource && operations.includes('CREATE'),
    )
    .map((hook) => ({ hook, body: JSON.stringify(reviewFor(hook)) }));
}

function reviewFor({ group, resource }: AdmissionHook): object {
  const { kind, spec } = specs[resource] ?? {};
  const metadata = { name: 'bench', namespace: 'default' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '00000000-0000-4000-8000-000000000001',
      resource: { group, version: 'v1', resource },
      operation: 'CREATE',
      userInfo: { username: 'bench', groups: ['system:authenticated'] },
      object: { apiVersion: 'kubevirt.io/v1', kind, metadata, spec },
      oldObject: null,
      dryRun: false,
    },
  };
}
