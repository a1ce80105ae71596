import type { SchemaError } from '@quickvirt/admission';
import { jsonSchemas } from '@quickvirt/api';
import { Ajv2020 } from 'ajv/dist/2020.js';

/**
 * The schemas are made by `npm run generate` and checked there, so that checking and polishing them once more at each
 * start would only cost time: half of it is saved.
 */
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  verbose: true,
  meta: false,
  validateSchema: false,
  code: { optimize: false },
}).addSchema(jsonSchemas);

/** What the schema of its kind says of an object; nothing for a kind that is not ours. */
export function schemaErrors(kind: string, object: unknown): SchemaError[] {
  const validate = ajv.getSchema(`quickvirt-api#/$defs/${kind}`);
  if (!validate || validate(object)) return [];
  return validate.errors ?? [];
}
