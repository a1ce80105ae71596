import { forbidden, invalid, nearestOf, quoted, required, type Cause, type CauseType } from './cause.ts';

/** What a JSON Schema validator (ajv, with `allErrors`) reports. */
export interface SchemaError {
  /** JSON pointer. */
  instancePath: string;
  keyword: string;
  params: Readonly<Record<string, unknown>>;
  /** The value that is wrong; ajv's `verbose`. */
  data?: unknown;
  /** The schema that holds the keyword; ajv's `verbose`. */
  parentSchema?: object | undefined;
  message?: string | undefined;
}

/** What the schema says of an object. */
export interface SchemaReport {
  /** The API server refuses these. */
  causes: Cause[];
  /** Fields that no schema knows; the API server drops them, or refuses them where a client asks for strictness. */
  unknownFields: (Cause & { path: string[] })[];
}

/** Causes in the API server's words for types, with what is known and the nearest name for a misspelt field. */
export function schemaReport(errors: readonly SchemaError[]): SchemaReport {
  const causes: Cause[] = [];
  const unknownFields: SchemaReport['unknownFields'] = [];
  for (const error of errors) {
    if (isNoise(error, errors)) continue;
    if (error.keyword === 'additionalProperties') {
      const path = [...partsOf(error.instancePath), String(error.params['additionalProperty'])];
      unknownFields.push({ ...unknownField(error, fieldOf(path)), path });
    } else causes.push(causeOf(error));
  }
  return { causes: withoutTwins(causes), unknownFields };
}

/** Of alternatives (a quantity is a number or a text) one sentence is enough: that of the whole, or of what is inside. */
function isNoise(error: SchemaError, errors: readonly SchemaError[]): boolean {
  const inside = (other: SchemaError): boolean => other.instancePath.startsWith(`${error.instancePath}/`);
  const hasAlternatives = errors.some(
    ({ instancePath, keyword }) => keyword === 'anyOf' && instancePath === error.instancePath,
  );
  if (!hasAlternatives || error.keyword === 'additionalProperties') return false;
  if (error.keyword === 'enum') return false;
  const better = errors.some(
    (other) =>
      inside(other) ||
      (other.instancePath === error.instancePath &&
        (other.keyword === 'additionalProperties' || other.keyword === 'enum')),
  );
  return error.keyword !== 'anyOf' || better;
}

function unknownField({ params, parentSchema }: SchemaError, field: string): Cause {
  const name = String(params['additionalProperty']);
  const { properties = {} } = (parentSchema ?? {}) as { properties?: object };
  const known = Object.keys(properties);
  const nearest = nearestOf(name, known);
  const hint = nearest ? `did you mean ${quoted(nearest)}?` : `known here: ${known.toSorted().join(', ') || 'nothing'}`;
  return forbidden(field, `unknown field ${quoted(name)}; ${hint}`);
}

const causeTypes: Readonly<Record<string, CauseType>> = {
  type: 'FieldValueTypeInvalid',
  enum: 'FieldValueNotSupported',
  maxItems: 'FieldValueTooMany',
  maxLength: 'FieldValueTooLong',
};

function causeOf({ instancePath, keyword, params, data, message }: SchemaError): Cause {
  const path = partsOf(instancePath);
  if (keyword === 'required') {
    const name = String(params['missingProperty']);
    return required(fieldOf([...path, name]), `${quoted(name)} is needed here`);
  }
  const field = fieldOf(path);
  if (keyword === 'enum') {
    const allowed = (params['allowedValues'] as unknown[]).filter((value) => typeof value === 'string');
    const nearest = typeof data === 'string' ? nearestOf(data, allowed) : undefined;
    const hint = nearest ? `. Did you mean ${quoted(nearest)}?` : '';
    return {
      type: 'FieldValueNotSupported',
      field,
      message: `${quoted(data)} is not known; allowed: ${allowed.join(', ')}${hint}`,
    };
  }
  return {
    ...invalid(field, `${quoted(data)}: ${message ?? keyword}`),
    type: causeTypes[keyword] ?? 'FieldValueInvalid',
  };
}

function partsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `spec.disks[0].name`, as the API server writes paths. */
function fieldOf(path: readonly string[]): string {
  return path.reduce(
    (field, part) => (/^\d+$/.test(part) ? `${field}[${part}]` : field === '' ? part : `${field}.${part}`),
    '',
  );
}

function withoutTwins(causes: readonly Cause[]): Cause[] {
  const seen = new Map(causes.map((cause) => [`${cause.type} ${cause.field}`, cause]));
  return [...seen.values()];
}
