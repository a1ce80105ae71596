import type { CelRule, Definitions, JsonSchema, SchemaLimits } from './json-schema.ts';

/**
 * A structural schema of apiextensions/v1: every node has a type, there are no references, and what JSON Schema cannot
 * say is in the `x-kubernetes-` keywords. Source: Kubernetes docs, "Specifying a structural schema".
 */
export interface StructuralSchema extends SchemaLimits {
  type?: string;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  anyOf?: { type: string }[];
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: CelRule[];
}

/** The grammar of resource.Quantity, as Kubernetes publishes it. */
export const quantityPattern =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

const intOrString: StructuralSchema = {
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  'x-kubernetes-int-or-string': true,
};

/** Types of packages/api whose schema is not what their TypeScript says. */
const wellKnown: Record<string, StructuralSchema> = {
  Quantity: { ...intOrString, pattern: quantityPattern },
  IntOrString: intOrString,
  EmptyObject: { type: 'object' },
  Time: { type: 'string', format: 'date-time' },
  ObjectMeta: { type: 'object' },
};

/** JSON Schema keywords that a structural schema takes over as they are. */
const sharedKeywords = [
  'format',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'default',
] as const;

/** Turns one definition, and all it refers to, into a structural schema. */
export function structuralSchemaOf(name: string, definitions: Definitions): StructuralSchema {
  return convert({ $ref: `#/definitions/${name}` }, definitions, name);
}

/** The same schema without its docs. */
export function withoutDescriptions(schema: StructuralSchema): StructuralSchema {
  const { description: _, ...rest } = schema;
  return mapChildren(rest, withoutDescriptions);
}

function mapChildren(schema: StructuralSchema, map: (child: StructuralSchema) => StructuralSchema): StructuralSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, map(child)])),
    }),
    ...(items && { items: map(items) }),
    ...(additionalProperties && { additionalProperties: map(additionalProperties) }),
  };
}

function convert(schema: JsonSchema, definitions: Definitions, path: string): StructuralSchema {
  const { node, typeName } = resolve(schema, definitions, path);
  const base =
    typeName !== undefined && wellKnown[typeName] ? wellKnown[typeName] : convertNode(node, definitions, path);
  return { ...describe(node, schema, typeName), ...base, ...keywordsOf(node, base, path) };
}

/** Follows references and takes a null alternative off; what stands beside a reference wins over what it refers to. */
function resolve(
  schema: JsonSchema,
  definitions: Definitions,
  path: string,
): { node: JsonSchema; typeName: string | undefined } {
  const alternatives = schema.anyOf?.filter(({ type }) => type !== 'null');
  if (alternatives?.length === 1 && alternatives[0]) {
    const { anyOf: _, ...beside } = schema;
    return resolve({ ...alternatives[0], ...beside, nullable: true }, definitions, path);
  }
  if (schema.$ref === undefined) {
    return { node: schema, typeName: undefined };
  }
  const typeName = decodeURIComponent(schema.$ref.replace('#/definitions/', ''));
  const target = definitions[typeName];
  if (target === undefined) {
    throw new Error(`${path}: no type ${typeName} in packages/api; export it from a file that index.ts re-exports`);
  }
  const { $ref: _, ...beside } = schema;
  const inner = resolve(target, definitions, path);
  return { node: { ...inner.node, ...beside }, typeName: inner.typeName ?? typeName };
}

/** A field's own sentence, or that of its type where it is an object; and the known values where any text passes. */
function describe(node: JsonSchema, schema: JsonSchema, typeName: string | undefined): { description?: string } {
  const isScalar = typeName !== undefined && (typeName in wellKnown || node.type !== 'object');
  const description = schema.description ?? (isScalar ? undefined : node.description);
  const known =
    node.enum && !node.enforced
      ? `Known values: ${node.enum
          .filter(Boolean)
          .map((value) => `"${value}"`)
          .join(', ')}.`
      : '';
  const text = [description, known].filter(Boolean).join(' ');
  return text === '' ? {} : { description: text };
}

function convertNode(node: JsonSchema, definitions: Definitions, path: string): StructuralSchema {
  const type = Array.isArray(node.type) ? node.type.filter((one) => one !== 'null') : [node.type ?? ''];
  if (type.length !== 1 || type[0] === '' || type[0] === undefined) {
    throw new Error(`${path}: a field needs one type, not ${JSON.stringify(node)}; give it a named type or a tag`);
  }
  if (type[0] === 'array') {
    const items = convert(node.items ?? {}, definitions, `${path}[]`);
    return { type: 'array', items: node.nullableItems ? { ...items, nullable: true } : items };
  }
  if (type[0] !== 'object') {
    return { type: type[0] };
  }
  if (typeof node.additionalProperties === 'object' && node.properties === undefined) {
    return { type: 'object', additionalProperties: convert(node.additionalProperties, definitions, `${path}{}`) };
  }
  const properties = Object.entries(node.properties ?? {});
  return {
    type: 'object',
    properties: Object.fromEntries(
      properties.map(([name, child]) => [name, convert(child, definitions, `${path}.${name}`)]),
    ),
    ...(node.required?.length && { required: node.required.toSorted() }),
  };
}

function keywordsOf(node: JsonSchema, base: StructuralSchema, path: string): StructuralSchema {
  const keywords: StructuralSchema = {};
  for (const keyword of sharedKeywords) {
    if (node[keyword] !== undefined) {
      Object.assign(keywords, { [keyword]: node[keyword] });
    }
  }
  // A comment cannot hold the end of a comment, so patterns write `*\/` for it.
  if (keywords.pattern !== undefined) {
    keywords.pattern = keywords.pattern.replaceAll('\\/', '/');
  }
  if (node.enforced && node.enum) {
    keywords.enum = node.enum;
  }
  if (node.nullable || (Array.isArray(node.type) && node.type.includes('null'))) {
    keywords.nullable = true;
  }
  if (node.preserveUnknownFields) {
    keywords['x-kubernetes-preserve-unknown-fields'] = true;
  }
  if (node.mapType) {
    keywords['x-kubernetes-map-type'] = node.mapType;
  }
  if (node.rules) {
    keywords['x-kubernetes-validations'] = node.rules;
  }
  return { ...keywords, ...listKeywords(node, base, path) };
}

/** The keys of a list map must be there in every item, so they become required unless they have a default. */
function listKeywords(node: JsonSchema, base: StructuralSchema, path: string): StructuralSchema {
  if (node.listType === undefined) {
    return {};
  }
  if (node.listType !== 'map') {
    return { 'x-kubernetes-list-type': node.listType };
  }
  const keys = (node.listMapKeys ?? '').split(',').map((key) => key.trim());
  const item = base.items;
  for (const key of keys) {
    if (item?.properties?.[key] === undefined) {
      throw new Error(`${path}: @listMapKeys names ${key}, which its items do not have`);
    }
  }
  const needed = keys.filter((key) => item?.properties?.[key]?.default === undefined);
  return {
    items: { ...item, required: [...new Set([...(item?.required ?? []), ...needed])].toSorted() },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
  };
}
