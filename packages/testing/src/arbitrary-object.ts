import { jsonSchemas } from '@quickvirt/api';
import * as fc from 'fast-check';

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  enum?: unknown[];
  examples?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
}

const definitions = jsonSchemas['$defs'] as Record<string, Schema>;

/** Few names, so that a disk now and then refers to a volume that is there. */
const names = fc.constantFrom('a', 'b', 'default', 'disk0', 'Not_A_Name', '');
const quantities = fc.constantFrom('1', '500m', '64Mi', '1Gi', '1500M', '0', '-1', '2e3', 1, 0, '9223372036854775807');
const texts = fc.oneof({ weight: 4, arbitrary: names }, { weight: 1, arbitrary: fc.string({ maxLength: 40 }) });
const integers = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }) },
  { weight: 1, arbitrary: fc.integer() },
);
/** More optional fields than this, and lists longer than this, make objects that are slow and tell nothing more. */
const maxOptionalFields = 5;
const maxItems = 3;

/**
 * Objects of a kind that its schema accepts, whatever the rules say of them. Optional fields come and go; texts are often
 * names or known values, so that objects get past the first rule.
 */
export function arbitraryObject(kind: string, apiVersion: string): fc.Arbitrary<Record<string, unknown>> {
  const { spec } = definitions[kind]?.properties ?? {};
  if (spec === undefined) {
    throw new Error(`no kind ${kind} with a spec in the schemas of @quickvirt/api`);
  }
  return arbitraryOf(spec, 0).map((value) => ({
    apiVersion,
    kind,
    metadata: { name: 'fuzzed', namespace: 'default' },
    spec: value,
  }));
}

function arbitraryOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const { $ref, ...beside } = schema;
    return arbitraryOf({ ...definitions[$ref.split('/').at(-1) ?? ''], ...beside }, depth);
  }
  if (schema.enum || schema.examples) {
    return fc.constantFrom<unknown>(...(schema.enum ?? schema.examples ?? []));
  }
  if (schema.anyOf) {
    const isQuantity = schema.anyOf.some(({ pattern }) => pattern !== undefined);
    return isQuantity ? quantities : arbitraryOf(schema.anyOf[0] ?? {}, depth);
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return arbitraryMembers(schema, depth);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, depth + 1), {
        minLength: schema.minItems ?? 0,
        maxLength: maxItems,
      });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integers.map((value) => clamp(value, schema));
    case 'number':
      return fc.double({ noNaN: true });
    default:
      return arbitraryText(schema);
  }
}

function arbitraryMembers(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (typeof schema.additionalProperties === 'object' && !schema.properties) {
    return fc.dictionary(names, arbitraryOf(schema.additionalProperties, depth + 1), { maxKeys: 2 });
  }
  const properties = schema.properties ?? {};
  const required = schema.required ?? [];
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const chosen = fc.subarray(optional, {
    maxLength: Math.max(0, Math.min(optional.length, maxOptionalFields - (depth >> 1))),
  });
  return chosen.chain((some) =>
    fc.record(
      Object.fromEntries([...required, ...some].map((name) => [name, arbitraryOf(properties[name] ?? {}, depth + 1)])),
    ),
  );
}

function arbitraryText({ pattern, minLength = 0 }: Schema): fc.Arbitrary<string> {
  const all = pattern === undefined ? texts : fc.stringMatching(new RegExp(pattern));
  return all.filter(({ length }) => length >= minLength);
}

function clamp(value: number, { minimum = -(2 ** 31), maximum = 2 ** 31 - 1 }: Schema): number {
  return Math.min(maximum, Math.max(minimum, value));
}
