import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  annotations,
  finalizers,
  virtualMachines,
  type OwnerReference,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceSpec,
} from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { required, type Cause } from './cause.ts';
import { defaultVmi } from './defaults/vmi.ts';
import type { FreshIdentity } from './request.ts';
import { validateVmiCreate } from './rules/vmi.ts';

/** Name space of the firmware UUIDs that are derived from a VM's name; the same as KubeVirt's, so that a guest keeps its own. */
const FIRMWARE_UUID_NAMESPACE = '6a1a24a1-4061-4607-8bf4-a3963d0c5895';

/** Beside the VM: what making an instance depends on. */
export interface NewInstanceFacts {
  readonly config: ClusterConfig;
  /** The guest waits, paused, before its first instruction. */
  readonly paused: boolean;
  readonly fresh: FreshIdentity;
}

/** An instance ready to be created, or why it cannot be. */
export type NewInstance = { vmi: VirtualMachineInstance } | { causes: Cause[] };

/**
 * The instance that a VM asks for: its template with an owner, the VM's generation and a firmware UUID, then the defaults
 * and rules of admission, because no webhook is asked about virt-controller's own writes. The VM itself is not touched.
 */
export function newInstance(vm: VirtualMachine, { config, paused, fresh }: NewInstanceFacts): NewInstance {
  const { spec } = vm.spec.template;
  if (!spec) {
    return { causes: [required('spec.template.spec', 'a guest must be described')] };
  }
  const object = defaultVmi(fromTemplate(vm, spec, paused), { config, fresh });
  const { causes } = validateVmiCreate({
    operation: 'CREATE',
    object,
    user: { username: `system:serviceaccount:${config.namespace}:virt-controller`, groups: [] },
    config,
    installNamespace: config.namespace,
  });
  return causes.length > 0 ? { causes } : { vmi: object };
}

function fromTemplate(vm: VirtualMachine, spec: VirtualMachineInstanceSpec, paused: boolean): VirtualMachineInstance {
  const { template } = vm.spec;
  const { name = '', namespace, generation = 0 } = vm.metadata;
  const receives = vm.spec.runStrategy === 'WaitAsReceiver';
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: {
      name,
      namespace,
      ...(template.metadata?.labels ? { labels: { ...template.metadata.labels } } : {}),
      annotations: {
        ...template.metadata?.annotations,
        [annotations.vmGeneration]: String(generation),
        ...(receives ? { [annotations.createMigrationTarget]: 'true' } : {}),
      },
      finalizers: [finalizers.virtualMachine],
      ...ownerOf(vm),
    },
    spec: {
      ...spec,
      domain: withFirmwareUuid(spec.domain, name),
      ...(paused ? { startStrategy: 'Paused' } : {}),
    },
  };
}

/** A VM that is only a file has no uid, and its instance then no owner. */
function ownerOf({ metadata: { name = '', uid } }: VirtualMachine): { ownerReferences?: OwnerReference[] } {
  if (!uid) return {};
  const { group, version, kind } = virtualMachines;
  const apiVersion = `${group}/${version}`;
  return { ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }] };
}

function withFirmwareUuid(
  domain: VirtualMachineInstanceSpec['domain'],
  vmName: string,
): VirtualMachineInstanceSpec['domain'] {
  if (domain.firmware?.uuid) return domain;
  return { ...domain, firmware: { ...domain.firmware, uuid: uuidV5(FIRMWARE_UUID_NAMESPACE, vmName) } };
}

/** A name-based UUID, version 5 (RFC 9562, section 5.5): SHA-1 over the name space and the name. */
export function uuidV5(namespace: string, name: string): string {
  const hash = sha1(Uint8Array.from([...hexToBytes(namespace.replaceAll('-', '')), ...utf8ToBytes(name)]));
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytesToHex(hash);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
