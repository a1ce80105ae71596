import type { Resource } from '@quickvirt/api';
import type { Definitions, JsonSchema } from './json-schema.ts';

/** Types that are written as a word of their own, not as a link. */
const scalars: Record<string, string> = {
  Quantity: 'quantity',
  IntOrString: 'number or string',
  Int32: 'integer',
  Int64: 'integer',
  Integer: 'integer',
  Duration: 'duration',
  Time: 'time',
  EmptyObject: 'empty object',
  ObjectMeta: 'metadata',
};

const intro = `<!-- Made from the interfaces of packages/api by npm run generate; change them there. -->

# API reference

Every kind of the API, then every type in alphabetical order. A quantity is a number with an optional suffix (\`500m\`,
\`64Mi\`), a duration has units (\`1h30m\`), a time is an RFC 3339 string. Metadata is as in every Kubernetes object. Fields in
**bold** are needed. \`kubectl explain\` shows the same sentences.
`;

/** The API reference as Markdown. */
export function apiDocs(resources: readonly Resource[], definitions: Definitions): string {
  const kinds = new Set(resources.map(({ kind }) => kind));
  const types = Object.keys(definitions)
    .filter((name) => !kinds.has(name) && !(name in scalars) && definitions[name]?.properties)
    .toSorted();
  return [
    intro,
    '## Kinds',
    ...resources.map((resource) => kindSection(resource, definitions)),
    '## Types',
    ...types.map((name) => `### ${name}\n\n${typeBody(name, definitions)}`),
    '',
  ].join('\n\n');
}

function kindSection(resource: Resource, definitions: Definitions): string {
  const versions = resource.versions.map(({ name, deprecated }) => `\`${name}\`${deprecated ? ' (deprecated)' : ''}`);
  const facts = [
    `\`${resource.plural}.${resource.group}\``,
    resource.namespaced ? 'in a namespace' : 'of the whole cluster',
    `versions ${versions.join(', ')}`,
    ...(resource.shortNames.length > 0
      ? [`short names ${resource.shortNames.map((name) => `\`${name}\``).join(', ')}`]
      : []),
    ...(resource.scale ? ['can be scaled'] : []),
  ];
  return `### ${resource.kind}\n\n${facts.join('; ')}.\n\n${typeBody(resource.kind, definitions)}`;
}

function typeBody(name: string, definitions: Definitions): string {
  const type = definitions[name] ?? {};
  const rows = Object.entries(type.properties ?? {}).map(([field, schema]) => {
    const isNeeded = type.required?.includes(field) ?? false;
    const text = cell([schema.description, knownValues(schema, definitions)].filter(Boolean).join(' '));
    return `| ${isNeeded ? `**${field}**` : field} | ${typeName(schema, definitions)} | ${text} |`;
  });
  return [cell(type.description ?? ''), '', '| field | type | |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function targetOf({ $ref }: JsonSchema): string | undefined {
  return $ref?.split('/').at(-1);
}

/** Leaves out a null alternative. */
function plain(schema: JsonSchema): JsonSchema {
  return schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
}

function typeName(schema: JsonSchema, definitions: Definitions): string {
  const node = plain(schema);
  const target = targetOf(node);
  if (target !== undefined) {
    const isObject = definitions[target]?.properties !== undefined;
    return scalars[target] ?? (isObject ? `[${target}](#${target.toLowerCase()})` : 'string');
  }
  if (node.items) {
    return `list of ${typeName(node.items, definitions)}`;
  }
  if (typeof node.additionalProperties === 'object' && !node.properties) {
    return `map to ${typeName(node.additionalProperties, definitions)}`;
  }
  return Array.isArray(node.type) ? (node.type.find((type) => type !== 'null') ?? '') : (node.type ?? '');
}

function knownValues(schema: JsonSchema, definitions: Definitions): string {
  const node = plain(schema);
  const values = definitions[targetOf(node.items ?? node) ?? '']?.enum ?? [];
  const named = values.filter((value) => value !== '').map((value) => `\`${value}\``);
  return named.length > 0 ? `${schema.enforced ? 'One of' : 'Known values:'} ${named.join(', ')}.` : '';
}
