import type { StructuralSchema } from './structural-schema.ts';

/** What a schema says of one field, in the words of `reference/api/fields/*.json`. */
export interface FieldRow {
  /** `[]` stands for a list's item, `{}` for a map's value. */
  path: string;
  type: string;
  required?: boolean;
  format?: string;
  pattern?: string;
  enum?: string[];
  default?: unknown;
  min?: number;
  max?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  nullable?: boolean;
  preserveUnknown?: boolean;
  intOrString?: boolean;
  listType?: string;
  listMapKeys?: string[];
  mapType?: string;
  celRules?: number;
}

/** Every field of a schema, one row each, in the order of the schema. */
export function fieldRowsOf(schema: StructuralSchema, path = '', required = false): FieldRow[] {
  const rows = path === '' ? [] : [rowOf(schema, path, required)];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const childPath = path === '' ? name : `${path}.${name}`;
    rows.push(...fieldRowsOf(child, childPath, schema.required?.includes(name)));
  }
  if (schema.items) {
    rows.push(...fieldRowsOf(schema.items, `${path}[]`));
  }
  if (schema.additionalProperties) {
    rows.push(...fieldRowsOf(schema.additionalProperties, `${path}{}`));
  }
  return rows;
}

function rowOf(schema: StructuralSchema, path: string, required: boolean): FieldRow {
  const intOrString = schema['x-kubernetes-int-or-string'];
  const row: FieldRow = {
    path,
    type: intOrString ? 'int-or-string' : (schema.type ?? 'unknown'),
    required: required || undefined,
    format: schema.format,
    pattern: schema.pattern,
    enum: schema.enum,
    default: schema.default,
    min: schema.minimum,
    max: schema.maximum,
    minLength: schema.minLength,
    maxLength: schema.maxLength,
    minItems: schema.minItems,
    maxItems: schema.maxItems,
    nullable: schema.nullable,
    preserveUnknown: schema['x-kubernetes-preserve-unknown-fields'],
    intOrString,
    listType: schema['x-kubernetes-list-type'],
    listMapKeys: schema['x-kubernetes-list-map-keys'],
    mapType: schema['x-kubernetes-map-type'],
    celRules: schema['x-kubernetes-validations']?.length,
  };
  return JSON.parse(JSON.stringify(row)) as FieldRow;
}
