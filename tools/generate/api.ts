import { stringify } from 'yaml';
import { resources } from '@quickvirt/api';
import { apiDocs } from './api-docs.ts';
import { chartValuesSchema } from './chart-values.ts';
import { crdOf } from './crds.ts';
import type { GeneratedFiles } from './generated-files.ts';
import { readInterfaces } from './interfaces.ts';
import { offlineSchemaModule } from './offline-schemas.ts';
import { manifestsOf, userRoles } from './user-roles.ts';

const chart = 'charts/quickvirt/templates';

/** What follows from the interfaces of packages/api: CRDs, roles of users, offline schemas, the reference, a part
 * of the schema of the chart's values. */
export async function generateApi(repository: string): Promise<GeneratedFiles> {
  const definitions = readInterfaces(
    repository,
    resources.map(({ kind }) => kind),
  );
  const files: GeneratedFiles = {};
  for (const resource of resources) {
    const source = 'packages/api/src';
    files[`${chart}/crds/${resource.plural}.${resource.group}.yaml`] = manifest(source, [crdOf(resource, definitions)]);
  }
  files[`${chart}/user-roles.yaml`] = manifest('tools/generate/user-roles.ts', userRoles.flatMap(manifestsOf));
  files['packages/api/src/schemas.gen.ts'] = offlineSchemaModule(definitions);
  files['docs/api.md'] = apiDocs(resources, definitions);
  return { ...files, ...(await chartValuesSchema(repository, definitions)) };
}

function manifest(source: string, objects: object[]): string {
  const text = objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
  if (text.includes('{{')) {
    throw new Error(
      `the manifests made from ${source} hold "{{", which Helm would run as a template; word it otherwise`,
    );
  }
  return `# Made from ${source} by npm run generate; change it there.\n${text}`;
}
