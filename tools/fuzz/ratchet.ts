import { admissionHooks, isAllowed } from '@quickvirt/admission';
import type { Resource } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import * as fc from 'fast-check';
import type { AdmissionProperty } from './admission-property.ts';

type Json = Record<string, unknown>;

/** An edit of the spec that no rule can mind, for kinds whose spec may change. */
const harmlessEdits: Readonly<Record<string, (spec: Json) => Json>> = {
  VirtualMachine: (spec) => ({ ...spec, template: withGrace(spec['template'] as Json) }),
  VirtualMachineInstanceReplicaSet: (spec) => ({ ...spec, paused: true }),
  VirtualMachinePool: (spec) => ({ ...spec, paused: true }),
  VirtualMachineInstancetype: (spec) => ({ ...spec, schedulerName: 'edited' }),
  VirtualMachineClusterInstancetype: (spec) => ({ ...spec, schedulerName: 'edited' }),
  VirtualMachinePreference: (spec) => ({ ...spec, preferredSubdomain: 'edited' }),
  VirtualMachineClusterPreference: (spec) => ({ ...spec, preferredSubdomain: 'edited' }),
  MigrationPolicy: (spec) => ({ ...spec, allowPostCopy: true }),
  KubeVirt: (spec) => ({ ...spec, imageTag: 'edited' }),
};

function withGrace(template: Json): Json {
  const spec = template['spec'] as Json | undefined;
  return { ...template, ...(spec && { spec: { ...spec, terminationGracePeriodSeconds: 7 } }) };
}

/** Rules ratchet: whatever is stored, what an update leaves alone is no reason to refuse it. */
export function ratchetProperties(
  resource: Resource,
  objects: fc.Arbitrary<Json>,
  configs: readonly ClusterConfig[],
): AdmissionProperty[] {
  const config = fc.nat({ max: configs.length - 1 });
  const property = (what: string, edit: (stored: Json) => Json): AdmissionProperty => ({
    name: `${resource.kind}: ${what}`,
    property: fc.property(objects, config, (stored, at) =>
      isUpdateAllowed(resource, edit(stored), stored, configs[at]),
    ),
  });
  const withMetadata = (stored: Json, more: Json): Json => ({
    ...stored,
    metadata: { ...(stored['metadata'] as Json), ...more },
  });
  const edit = harmlessEdits[resource.kind];
  return [
    property('an update of labels and finalizers passes, whatever is stored', (stored) =>
      withMetadata(stored, { labels: { edited: 'yes' }, finalizers: ['example.org/edited'] }),
    ),
    property('an update of what is being deleted passes, whatever is stored', (stored) => ({
      ...withMetadata(stored, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [] }),
      spec: { ...(stored['spec'] as Json) },
    })),
    ...(edit
      ? [
          property('an update that leaves an old mistake alone passes', (stored) => ({
            ...stored,
            spec: edit(stored['spec'] as Json),
          })),
        ]
      : []),
  ];
}

function isUpdateAllowed(resource: Resource, object: Json, old: Json, config: ClusterConfig | undefined): boolean {
  if (!config) return false;
  return admissionHooks
    .filter((hook) => hook.resource === resource.plural && hook.operations.includes('UPDATE'))
    .every((hook) => {
      const user = { username: 'jane', groups: ['system:authenticated'] };
      const request = { operation: 'UPDATE' as const, object, old, user, config, installNamespace: 'quickvirt' };
      return hook.type === 'mutate' || isAllowed(hook.validate(request));
    });
}
