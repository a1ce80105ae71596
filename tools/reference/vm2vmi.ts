import { newInstance, uuidV5 } from '@quickvirt/admission';
import type {
  InstancetypeMatcher,
  KubeVirt,
  PreferenceMatcher,
  VirtualMachine,
  VirtualMachineInstancetypeSpec,
  VirtualMachinePreferenceSpec,
} from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { expandVm } from '@quickvirt/instancetype';
import type { ReferenceCase, ReferenceOutput } from './case.ts';

/** RFC 9562, section 6.6: the name space of domain names, from which the reference's API server takes its UIDs. */
const dnsNamespace = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

/** The VMI that virt-controller makes of a stored VM. */
export function createInstanceCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const stored = input.object as VirtualMachine;
  const instancetype = specOf<VirtualMachineInstancetypeSpec>(input, stored.spec.instancetype, 'Instancetype');
  const preference = specOf<VirtualMachinePreferenceSpec>(input, stored.spec.preference, 'Preference');
  if (instancetype === 'missing' || preference === 'missing') return { json: { config: input.config, created: false } };
  const expanded = expandVm(stored, { instancetype, preference });
  if ('conflicts' in expanded) return { json: { config: input.config, created: false, conflicts: expanded.conflicts } };
  const uuid = '0f0e0d0c-0b0a-4908-8706-050403020100';
  const made = newInstance(expanded.vm, {
    config: clusterConfigFrom(kubevirt),
    paused: false,
    fresh: { uuid, serial: uuid },
  });
  if ('causes' in made) return { json: { config: input.config, created: false, causes: made.causes } };
  const { metadata } = made.vmi;
  const uid = uuidV5(dnsNamespace, `vmi/${metadata.name}`);
  const vmi = { ...made.vmi, metadata: { ...metadata, uid, generation: 1 } };
  return { json: { config: input.config, created: true, vmi } };
}

/** What a matcher points to; its kind is the cluster-wide one unless it says otherwise. */
function specOf<T>(
  { world = [] }: ReferenceCase,
  matcher: InstancetypeMatcher | PreferenceMatcher | undefined,
  word: 'Instancetype' | 'Preference',
): T | 'missing' | undefined {
  if (!matcher?.name) return undefined;
  const kind = matcher.kind || `VirtualMachineCluster${word}`;
  const found = world.find((object) => object.metadata.name === matcher.name && object.kind === kind);
  return found === undefined ? 'missing' : (found.spec as T);
}
