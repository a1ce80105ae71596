import type { Resource } from '@quickvirt/api';
import type { Definitions } from './json-schema.ts';
import { type StructuralSchema, structuralSchemaOf, withoutDescriptions } from './structural-schema.ts';

/**
 * Paths below which docs are left out: copies of a schema that `kubectl explain` shows in full elsewhere. They keep the
 * CRDs, and with them the Secret of the Helm release (at most 1 MiB), small.
 */
const embeddedCopies: Record<string, readonly string[][]> = {
  VirtualMachineInstanceReplicaSet: [['spec', 'template', 'spec']],
  VirtualMachineInstancePreset: [['spec', 'domain']],
  VirtualMachinePool: [['spec', 'virtualMachineTemplate', 'spec']],
  VirtualMachineSnapshotContent: [
    ['spec', 'source', 'virtualMachine', 'spec'],
    ['spec', 'source', 'virtualMachine', 'status'],
  ],
};

/** A CustomResourceDefinition of apiextensions/v1 for one kind. */
export function crdOf(resource: Resource, definitions: Definitions): object {
  const schema = rootSchemaOf(resource, definitions);
  const storage = resource.storageVersion ?? resource.version;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${resource.plural}.${resource.group}`,
      annotations: { 'helm.sh/resource-policy': 'keep' },
      labels: {
        // The chart refuses a cluster whose CRDs are another installation's.
        'app.kubernetes.io/part-of': 'quickvirt',
        'kubevirt.io': '',
        ...(resource.kind === 'KubeVirt' && { 'operator.kubevirt.io': '' }),
      },
    },
    spec: {
      group: resource.group,
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.singular,
        ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
        ...(resource.categories.length > 0 && { categories: resource.categories }),
      },
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      versions: resource.versions.map((version) => ({
        name: version.name,
        served: true,
        storage: version.name === storage,
        ...(version.deprecated && { deprecated: true }),
        ...(resource.columns.length > 0 && {
          additionalPrinterColumns: resource.columns.map(({ wide, ...column }) => ({
            ...column,
            ...(wide && { priority: 1 }),
          })),
        }),
        // The API server refuses selectable fields that are equal in versions whose schemas differ, if only in docs.
        ...(version.name === resource.version &&
          resource.selectableFields.length > 0 && {
            selectableFields: resource.selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
        // Only the version that we use ourselves carries docs; the schemas are the same.
        schema: { openAPIV3Schema: version.name === resource.version ? schema : withoutDescriptions(schema) },
        subresources: {
          ...(resource.status && { status: {} }),
          ...(resource.scale && { scale: resource.scale }),
        },
      })),
    },
  };
}

/** The schema of a whole object: metadata is the API server's own. */
export function rootSchemaOf({ kind }: Pick<Resource, 'kind'>, definitions: Definitions): StructuralSchema {
  const schema = structuralSchemaOf(kind, definitions);
  const described = (embeddedCopies[kind] ?? []).reduce(
    (current, path) => changeAt(current, path, withoutDescriptions),
    schema,
  );
  return {
    ...described,
    properties: { ...described.properties, metadata: { type: 'object' } },
    required: described.required?.filter((name) => name !== 'metadata'),
  };
}

function changeAt(
  schema: StructuralSchema,
  path: readonly string[],
  change: (schema: StructuralSchema) => StructuralSchema,
): StructuralSchema {
  const [name, ...rest] = path;
  if (name === undefined) {
    return change(schema);
  }
  const child = schema.properties?.[name];
  if (child === undefined) {
    throw new Error(`no field ${name} to leave the docs out of`);
  }
  return { ...schema, properties: { ...schema.properties, [name]: changeAt(child, rest, change) } };
}
