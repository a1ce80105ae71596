import type { VirtualMachineRestore, VirtualMachineSnapshot, VolumeRestoreOverride } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, notFound, oneOf, quoted, required, type Cause } from '../cause.ts';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { immutableSpecRules } from './immutable-spec.ts';
import { referenceRules } from './object-source.ts';

const restorePolicies = ['RandomizeNames', 'InPlace', 'PrefixTargetName'];
const ownershipPolicies = ['Vm', 'None'];
const readinessPolicies = ['StopTarget', 'WaitGracePeriod', 'FailImmediate', 'WaitEventually'];
const group = 'snapshot.kubevirt.io';

/** Judges a VirtualMachineRestore. */
export function validateRestore(request: AdmissionRequest<VirtualMachineRestore>): Verdict {
  const { object, old, config, facts = noFacts } = request;
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  if (old) return verdictOf(immutableSpecRules(object, old));
  if (!featureGateEnabled(config, 'Snapshot')) {
    return verdictOf([invalid('spec', 'restores need the feature gate Snapshot in the KubeVirt object')]);
  }
  const { spec } = object;
  const causes = [
    ...referenceRules(spec.target, 'spec.target', { VirtualMachine: 'kubevirt.io' }),
    ...wordRules(spec.volumeRestorePolicy, 'spec.volumeRestorePolicy', restorePolicies),
    ...wordRules(spec.volumeOwnershipPolicy, 'spec.volumeOwnershipPolicy', ownershipPolicies),
    ...wordRules(spec.targetReadinessPolicy, 'spec.targetReadinessPolicy', readinessPolicies),
    ...overrideRules(spec.volumeRestoreOverrides ?? []),
    ...patchRules(spec.patches ?? []),
  ];
  return verdictOf([...causes, ...targetRules(object, facts), ...otherRestoreRules(object, facts)]);
}

function wordRules(value: string | undefined, field: string, allowed: readonly string[]): Cause[] {
  return value === undefined || allowed.includes(value) ? [] : [invalid(field, oneOf(value, allowed))];
}

function overrideRules(overrides: readonly VolumeRestoreOverride[]): Cause[] {
  return overrides.flatMap(({ volumeName, restoreName, annotations, labels }, index) => {
    const field = `spec.volumeRestoreOverrides[${index}]`;
    if (!volumeName) return [required(`${field}.volumeName`, 'an override needs the name of its volume')];
    if (restoreName || annotations || labels) return [];
    return [required(field, `nothing is overridden for ${quoted(volumeName)}: set restoreName, labels or annotations`)];
  });
}

/** JSON patches (RFC 6902), one a text, on the spec of the VirtualMachine only. */
function patchRules(patches: readonly string[]): Cause[] {
  return patches.flatMap((text) => {
    const patch = parsedPatch(text);
    if (!patch)
      return [invalid('spec.patches', `${quoted(text)} is no JSON patch; write {"op": ..., "path": "/spec/..."}`)];
    if (patch.path.startsWith('/spec/')) return [];
    return [invalid('spec.patches', `a patch changes what is below /spec/, not ${quoted(patch.path)}`)];
  });
}

function parsedPatch(text: string): { path: string } | undefined {
  try {
    const patch = JSON.parse(text) as { path?: unknown } | null;
    return typeof patch?.path === 'string' ? { path: patch.path } : undefined;
  } catch {
    return undefined;
  }
}

/** A target that is not there is made from the snapshot's content, which must be there then. */
function targetRules({ metadata, spec }: VirtualMachineRestore, facts: ClusterFacts): Cause[] {
  const namespace = metadata.namespace ?? 'default';
  const { name } = spec.target;
  const target = name && facts.get({ group: 'kubevirt.io', resource: 'virtualmachines', namespace, name });
  if (target !== null) return [];
  const snapshotName = spec.virtualMachineSnapshotName;
  const at = { group, resource: 'virtualmachinesnapshots', namespace, name: snapshotName };
  const snapshot = facts.get<VirtualMachineSnapshot>(at);
  if (snapshot === undefined) return [];
  const contentName = snapshot?.status?.virtualMachineSnapshotContentName;
  const contentAt = { group, resource: 'virtualmachinesnapshotcontents', namespace, name: contentName ?? '' };
  const content = contentName ? facts.get(contentAt) : null;
  if (content !== null) return [];
  const message = `there is no VirtualMachine ${quoted(name)}, and snapshot ${quoted(snapshotName)} has no content to make it from`;
  return [notFound('spec.target.name', message)];
}

function otherRestoreRules({ metadata, spec }: VirtualMachineRestore, facts: ClusterFacts): Cause[] {
  const at = { group, resource: 'virtualmachinerestores', namespace: metadata.namespace ?? 'default' };
  const running = (facts.list<VirtualMachineRestore>(at) ?? []).find(
    (other) =>
      other.metadata.name !== metadata.name && other.spec.target.name === spec.target.name && !other.status?.complete,
  );
  if (!running) return [];
  const message = `VirtualMachineRestore ${quoted(running.metadata.name)} in progress on ${quoted(spec.target.name)}; wait until it is done`;
  return [invalid('spec.target', message)];
}
