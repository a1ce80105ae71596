import { createGenerator } from 'ts-json-schema-generator';
import type { Definitions } from './json-schema.ts';

/** Tags of ours in the JSDoc of packages/api; `json-schema.ts` says what they mean. */
const ownTags = [
  'enforced',
  'nullable',
  'nullableItems',
  'preserveUnknownFields',
  'listType',
  'listMapKeys',
  'mapType',
  'rules',
];

/** Reads the interfaces of packages/api with their JSDoc: the one source of every schema. */
export function readInterfaces(repository: string, kinds: readonly string[]): Definitions {
  const generator = createGenerator({
    path: `${repository}/packages/api/src/index.ts`,
    tsconfig: `${repository}/tsconfig.base.json`,
    type: [...kinds],
    expose: 'export',
    jsDoc: 'extended',
    topRef: true,
    sortProps: false,
    skipTypeCheck: true,
    additionalProperties: false,
    extraTags: ownTags,
    functions: 'hide',
  });
  return (generator.createSchema().definitions ?? {}) as Definitions;
}
