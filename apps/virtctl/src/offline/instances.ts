import {
  defaultVm,
  defaultVmi,
  newInstance,
  validateVmiCreate,
  type Cause,
  type ClusterFacts,
} from '@quickvirt/admission';
import type {
  InstancetypeMatcher,
  PreferenceMatcher,
  VirtualMachine,
  VirtualMachineInstance,
  VirtualMachineInstancetypeSpec,
  VirtualMachinePreferenceSpec,
} from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { expandVm } from '@quickvirt/instancetype';
import type { Manifest, ManifestObject } from './manifests.ts';
import { factsOf, standInIdentity } from './objects.ts';

/** An object that cannot become an instance, and all that is wrong with it. */
class InstanceError extends Error {
  constructor({ source, object }: Manifest, causes: readonly Pick<Cause, 'field' | 'message'>[]) {
    const { kind, metadata } = object;
    const lines = causes.map(({ field, message }) => `\n  ${field ? `${field}: ` : ''}${message}`);
    super(`${source}: ${kind} ${metadata.name ?? ''} is refused:${lines.join('')}`);
    this.name = 'InstanceError';
  }
}

/**
 * The instances of the VirtualMachineInstances and VirtualMachines among the objects, complete with defaults, as
 * virt-controller would make them. Instance types, preferences and presets come from the same files.
 * @throws InstanceError when one is refused; Error when there is none.
 */
export function instancesOf(manifests: readonly Manifest[], config: ClusterConfig): VirtualMachineInstance[] {
  const facts = factsOf(manifests);
  const vmis = manifests.flatMap((manifest): VirtualMachineInstance[] => {
    if (manifest.object.kind === 'VirtualMachine') return [instanceOfVm(manifest, config, facts)];
    if (manifest.object.kind === 'VirtualMachineInstance') return [instanceOfVmi(manifest, config, facts)];
    return [];
  });
  if (vmis.length === 0) throw new Error('there is no VirtualMachine and no VirtualMachineInstance among the objects');
  return vmis;
}

function instanceOfVmi(manifest: Manifest, config: ClusterConfig, facts: ClusterFacts): VirtualMachineInstance {
  const object = described<VirtualMachineInstance>(manifest);
  const vmi = defaultVmi(object, { config, fresh: standInIdentity(manifest.object), facts });
  const user = { username: 'virtctl', groups: [] };
  const request = {
    operation: 'CREATE',
    object: vmi,
    user,
    config,
    installNamespace: config.namespace,
    facts,
  } as const;
  const { causes } = validateVmiCreate(request);
  if (causes.length > 0) throw new InstanceError(manifest, causes);
  return vmi;
}

function instanceOfVm(manifest: Manifest, config: ClusterConfig, facts: ClusterFacts): VirtualMachineInstance {
  const fresh = standInIdentity(manifest.object);
  const vm = defaultVm(described<VirtualMachine>(manifest), { operation: 'CREATE', config, fresh, facts });
  const expanded = expandVm(vm, {
    instancetype: referenced<VirtualMachineInstancetypeSpec>(manifest, vm.spec.instancetype, 'instancetype', facts),
    preference: referenced<VirtualMachinePreferenceSpec>(manifest, vm.spec.preference, 'preference', facts),
  });
  if ('conflicts' in expanded) {
    const message = 'the instance type says this already; leave it out of the VM';
    throw new InstanceError(
      manifest,
      expanded.conflicts.map(({ field }) => ({ field: `spec.template.spec.${field}`, message })),
    );
  }
  const made = newInstance(expanded.vm, { config, paused: false, fresh });
  if ('causes' in made) throw new InstanceError(manifest, made.causes);
  return made.vmi;
}

/** Defaults take a guest's description for granted: an object without one is told so. */
function described<T>(manifest: Manifest): T & ManifestObject {
  const { kind, spec } = manifest.object;
  const prefix = kind === 'VirtualMachine' ? 'spec.template.spec' : 'spec';
  const guest =
    kind === 'VirtualMachine' ? (spec as { template?: { spec?: unknown } } | undefined)?.template?.spec : spec;
  const devices = (guest as { domain?: { devices?: unknown } } | undefined)?.domain?.devices;
  if (typeof devices !== 'object' || devices === null) {
    throw new InstanceError(manifest, [{ field: `${prefix}.domain.devices`, message: 'a guest must be described' }]);
  }
  return manifest.object as T & ManifestObject;
}

/** What a matcher points to among the objects; a matcher without a kind means the cluster-wide one. */
function referenced<T>(
  manifest: Manifest,
  matcher: InstancetypeMatcher | PreferenceMatcher | undefined,
  word: 'instancetype' | 'preference',
  facts: ClusterFacts,
): T | undefined {
  if (!matcher) return undefined;
  const { name = '', kind, revisionName } = matcher;
  const clusterWide = `virtualmachinecluster${word}`;
  const plural = (kind || clusterWide).toLowerCase().replace(/s?$/, 's');
  const namespace = manifest.object.metadata.namespace;
  const found = revisionName
    ? facts.get<{ data?: { spec?: T } }>({
        group: 'apps',
        resource: 'controllerrevisions',
        namespace,
        name: revisionName,
      })?.data
    : facts.get<{ spec?: T }>({
        group: 'instancetype.kubevirt.io',
        resource: plural,
        ...(!plural.startsWith(clusterWide) && { namespace }),
        name,
      });
  if (found?.spec !== undefined) return found.spec;
  const wanted = revisionName ? `revision ${JSON.stringify(revisionName)}` : `${plural} ${JSON.stringify(name)}`;
  const message = `${wanted} is not among the objects; give its file with a further -f`;
  throw new InstanceError(manifest, [{ field: `spec.${word}`, message }]);
}
