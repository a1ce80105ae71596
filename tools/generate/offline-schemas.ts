import type { Definitions, JsonSchema } from './json-schema.ts';
import { quantityPattern } from './structural-schema.ts';

/** A JSON Schema node of the 2020-12 draft, with standard keywords only. */
type StandardSchema = Record<string, unknown>;

/** Types of packages/api whose schema is not what their TypeScript says. */
const wellKnown: Record<string, StandardSchema> = {
  Quantity: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: quantityPattern }] },
  IntOrString: { type: ['integer', 'string'] },
  // An object, and a field inside it is an unknown one.
  EmptyObject: { type: 'object', additionalProperties: false },
  // Go's tools print `creationTimestamp: null`; the API server takes it.
  Time: { type: ['string', 'null'] },
};

const sharedKeywords = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;

/**
 * The schema of every kind for a check without a cluster, as a TypeScript module: what the API server's schema refuses
 * is refused, and unknown fields are too, where the API server drops them. CEL rules and formats are left out.
 */
export function offlineSchemaModule(definitions: Definitions): string {
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'quickvirt-api',
    $defs: offlineSchemas(definitions),
  };
  return `// Made from the interfaces of packages/api by npm run generate; change them there.

/**
 * JSON Schema of every kind, for a check without a cluster: \`quickvirt-api#/$defs/<kind>\`. Unknown fields are refused.
 */
export const jsonSchemas: Readonly<Record<string, unknown>> = ${JSON.stringify(document)};
`;
}

/** The schema of every type, by its name, with references below `#/$defs`. */
export function offlineSchemas(definitions: Definitions): Record<string, StandardSchema> {
  return Object.fromEntries(
    Object.entries(definitions)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, schema]) => [name, wellKnown[name] ?? standardSchemaOf(schema, definitions)]),
  );
}

function standardSchemaOf(schema: JsonSchema, definitions: Definitions): StandardSchema {
  const { anyOf, properties, items, additionalProperties } = schema;
  const convert = (child: JsonSchema): StandardSchema => standardSchemaOf(child, definitions);
  const values = schema.enforced ? enforcedValuesOf(schema, definitions) : undefined;
  const result: StandardSchema = {
    ...(schema.$ref && { $ref: schema.$ref.replace('#/definitions/', '#/$defs/') }),
    ...(schema.type && { type: schema.type }),
    ...(anyOf && { anyOf: anyOf.map(convert) }),
    ...(values && { enum: values }),
    // The known values of a type that takes any text, for whoever suggests the nearest one.
    ...(schema.enum && !schema.enforced && { examples: schema.enum }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, convert(child)])),
    }),
    ...(schema.required && { required: schema.required }),
    ...(items && { items: schema.nullableItems ? orNull(convert(items)) : convert(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object' ? convert(additionalProperties) : additionalProperties,
    }),
    ...(schema.pattern && { pattern: schema.pattern }),
  };
  for (const keyword of sharedKeywords) {
    if (schema[keyword] !== undefined) {
      result[keyword] = schema[keyword];
    }
  }
  return schema.nullable && !anyOf ? orNull(result) : result;
}

/** The values of a field that is tagged `@enforced`; they are listed by its type. Null stays, where it is allowed. */
function enforcedValuesOf(schema: JsonSchema, definitions: Definitions): (string | null)[] | undefined {
  const alternatives = schema.anyOf ?? [schema];
  const values = alternatives.flatMap((one) => one.enum ?? definitions[one.$ref?.split('/').at(-1) ?? '']?.enum ?? []);
  return schema.nullable || schema.anyOf ? [...values, null] : values;
}

function orNull(schema: StandardSchema): StandardSchema {
  return { anyOf: [schema, { type: 'null' }] };
}
