import { jsonSchemas, resources } from '@quickvirt/api';

/** The keywords of a JSON Schema that say of which type a value is and what it holds. */
interface TypeSchema {
  $ref?: string;
  type?: string | string[];
  anyOf?: TypeSchema[];
  properties?: Readonly<Record<string, TypeSchema>>;
  required?: string[];
  items?: TypeSchema;
  additionalProperties?: TypeSchema | boolean;
}

const definitions = jsonSchemas['$defs'] as Readonly<Record<string, TypeSchema>>;

/**
 * Whether an object has the types of its kind: lists are lists, what is required is there. Mutating webhooks come before
 * the API server's own schema check, so that what they get may be anything. Time grows with the object's size.
 * @param resource plural name; what is not known has no shape to miss
 */
export function hasShape(resource: string, object: unknown): boolean {
  const kind = resources.find(({ plural }) => plural === resource)?.kind;
  const schema = kind === undefined ? undefined : definitions[kind];
  return schema === undefined || meets(object, schema);
}

function meets(value: unknown, schema: TypeSchema): boolean {
  if (schema.$ref !== undefined) {
    const target = definitions[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)];
    return target === undefined || meets(value, target);
  }
  if (schema.anyOf) return schema.anyOf.some((one) => meets(value, one));
  const type = typeOf(value);
  const types = schema.type === undefined ? [type] : [schema.type].flat();
  if (!types.includes(type) && !(type === 'integer' && types.includes('number'))) return false;
  if (Array.isArray(value)) return schema.items === undefined || value.every((item) => meets(item, schema.items ?? {}));
  return type !== 'object' || membersMeet(value as Readonly<Record<string, unknown>>, schema);
}

function membersMeet(object: Readonly<Record<string, unknown>>, schema: TypeSchema): boolean {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (!required.every((name) => Object.hasOwn(object, name))) return false;
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.keys(object).every((name) => {
    const member = Object.hasOwn(properties, name) ? properties[name] : others;
    return member === undefined || meets(object[name], member);
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
